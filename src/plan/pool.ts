/**
 * Maps whose columns are to be pooled → {@link PoolPlan}. For our own functions, which have checked their arguments: tensors of rank 3.
 * @module
 */
import type { Tensor } from '../types.js';
import type { PoolPlan } from './plan.js';
import { freshFloat32 } from './result.js';
import { viewOf } from './view.js';

/**
 * @param name of the function that the caller called, for errors
 * @param x `[batch, rows, columns]`
 * @param factor `[batch, columns]`, multiplies each row; 1 where there is none
 * @returns `[2, batch, rows]`: the means, then the maxima
 */
export function planPool(name: string, x: Tensor, factor?: Tensor): { readonly plan: PoolPlan; readonly result: Tensor } {
  const [batch = 0, rows = 0, columns = 0] = x.shape;
  const result = freshFloat32(name, [2, batch, rows]);
  const means = { data: result.data, offset: 0, strides: [rows, 1] };
  const plan: PoolPlan = {
    op: 'pool',
    name,
    batch,
    rows,
    columns,
    x: viewOf(x),
    factor: factor && viewOf(factor),
    mean: means,
    max: { ...means, offset: batch * rows },
  };
  return { plan, result };
}
