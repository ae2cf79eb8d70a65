/**
 * tensor's arguments → the tensor itself, once it is known to be sound.
 * @module
 */
import type { DType, Tensor, TensorData } from '../types.js';
import { checkAny } from '../validate/tensor.js';

export function planTensor<D extends TensorData>(data: D, shape: readonly number[], dtype: DType | undefined): Tensor<D> {
  const tensor = dtype === undefined ? { data, shape } : { data, shape, dtype };
  return { ...tensor, shape: checkAny('tensor', 'the tensor', tensor).shape };
}
