/**
 * A tensor that has been checked, or is our own, as a plan's view, and in memory of its own.
 * @module
 */
import { FoveaError } from '../errors.js';
import type { Tensor, TensorData } from '../types.js';
import { extentOf, rowMajor } from '../validate/tensor.js';
import type { View } from './plan.js';

export function viewOf({ data, shape, strides, offset = 0 }: Tensor): View {
  return { data, offset, strides: strides ?? rowMajor(shape) };
}

/** The stretch of memory that a tensor touches, elsewhere, in an array of the same kind. */
export function copyOf<D extends TensorData>(op: string, tensor: Tensor<D>): Tensor<D> {
  const { shape, data, offset = 0, strides = rowMajor(shape) } = tensor;
  const end = offset + extentOf(shape, strides);
  try {
    // Every kind of array has this method from one prototype, but for Buffer, whose own does not copy.
    const copy = Uint8Array.prototype.slice.call(data, offset, end) as unknown as D;
    return { data: copy, shape, strides, ...(tensor.dtype && { dtype: tensor.dtype }) };
  } catch (cause) {
    throw new FoveaError('ERR_OUT_OF_MEMORY', `${op}: no memory for a copy of ${end - offset} numbers (copy: false borrows them)`, {
      cause,
    });
  }
}
