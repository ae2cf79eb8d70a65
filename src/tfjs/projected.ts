/**
 * A linear map of the last dimension, differentiable: what several ops and layers of fovea/tfjs do to rows.
 * @module
 */
import { add, matMul, reshape, type Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { sizeOf } from './shape.js';

/** x · weight + bias, of all rows at once. @param x `[…, width]` @param weight `[width, columns]` @param bias `[columns]` @returns `[…, columns]` */
export function projected(x: TfTensor, weight: TfTensor, bias?: TfTensor): TfTensor {
  const [outer, width] = [x.shape.slice(0, -1), x.shape.at(-1) ?? 1];
  const product = matMul(reshape(x, [sizeOf(outer), width]), weight);
  return reshape(bias === undefined ? product : add(product, bias), [...outer, weight.shape.at(-1) ?? 1]);
}
