/**
 * A float32 tensor that has been checked, or is our own, as a plan's view, and in memory of its own.
 * @module
 */
import type { Tensor } from '../types.js';
import { extentOf, rowMajor } from '../validate/tensor.js';
import type { View } from './plan.js';
import { freshFloat32 } from './result.js';

export function viewOf({ data, shape, strides, offset = 0 }: Tensor): View {
  return { data, offset, strides: strides ?? rowMajor(shape) };
}

/** The stretch of memory that a tensor touches, elsewhere. */
export function copyOf(op: string, tensor: Tensor): Tensor {
  const { shape } = tensor;
  const { data, offset, strides } = viewOf(tensor);
  const extent = extentOf(shape, strides);
  const copy = freshFloat32(op, [extent]).data;
  if (extent > 0) copy.set(new Float32Array(data.buffer, data.byteOffset + offset * data.BYTES_PER_ELEMENT, extent));
  return { data: copy, shape, strides };
}
