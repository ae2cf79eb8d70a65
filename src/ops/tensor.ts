/**
 * tensor: a typed array with its shape, checked.
 * @module
 */
import { planTensor } from '../plan/tensor.js';
import type { DType, Tensor, TensorData } from '../types.js';

/**
 * A tensor over `data`, without a copy: what `{ data, shape, dtype }` says, checked. Row-major; for strides and an offset write
 * the object itself.
 * @param data Float32Array, Float16Array or Uint16Array of numbers, Uint8Array of a mask, Int32Array of ids
 * @param shape sizes, outermost first; `[]` is a scalar
 * @param dtype needed for a Uint16Array: 'float16' or 'bfloat16'; inferred otherwise
 * @throws {FoveaError} ERR_SHAPE when data is shorter than its shape, ERR_DTYPE when dtype and data do not fit
 */
export function tensor<D extends TensorData>(data: D, shape: readonly number[], dtype?: DType): Tensor<D> {
  return planTensor(data, shape, dtype);
}
