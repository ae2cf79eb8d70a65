/**
 * Maps whose columns are to be pooled → {@link PoolPlan}. For our own functions, which have checked their arguments: tensors of rank 3.
 * @module
 */
import type { Tensor } from '../types.js';
import type { PoolPlan } from './plan.js';
import { freshFloat32 } from './result.js';
import { viewOf } from './view.js';

/** What `pool` takes beside x. */
export interface PoolOptions {
  /** `[batch, columns]`, multiplies each row; 1 where there is none. */
  readonly factor?: Tensor | undefined;
  /** Written instead of allocating: float32, row-major; what it has beyond the result is left alone. */
  readonly out?: Float32Array | undefined;
}

/**
 * @param name of the function that the caller called, for errors
 * @param x `[batch, rows, columns]`
 * @returns `[2, batch, rows]`: the means, then the maxima
 */
export function planPool(name: string, x: Tensor, { factor, out }: PoolOptions = {}): { readonly plan: PoolPlan; readonly result: Tensor } {
  const [batch = 0, rows = 0, columns = 0] = x.shape;
  const shape = [2, batch, rows];
  const result = out ? { data: out, shape } : freshFloat32(name, shape);
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
