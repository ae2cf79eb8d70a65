/**
 * Maps and what they are multiplied with → {@link MultiplyPlan}. For our own functions, which have checked their arguments: tensors of
 * rank 3 and one shape, with strides of 0 where they broadcast.
 * @module
 */
import type { Tensor } from '../types.js';
import type { MultiplyPlan } from './plan.js';
import { viewOf } from './view.js';

/** What `multiply` takes beside x, all of the shape of x. */
export interface MultiplyOptions {
  readonly y?: Tensor | undefined;
  /** Constant along the last dimension. */
  readonly z?: Tensor | undefined;
  /** Added to the product. */
  readonly plus?: Tensor | undefined;
  /** Where the result goes: apart from all others, or x itself. */
  readonly out: Tensor;
}

/** @param name of the function that the caller called, for errors */
export function planMultiply(
  name: string,
  x: Tensor,
  { y, z, plus, out }: MultiplyOptions,
): { readonly plan: MultiplyPlan; readonly result: Tensor } {
  const [batch = 0, rows = 0, columns = 0] = x.shape;
  const plan: MultiplyPlan = {
    op: 'multiply',
    name,
    batch,
    rows,
    columns,
    x: viewOf(x),
    out: viewOf(out),
    y: y && viewOf(y),
    z: z && viewOf(z),
    plus: plus && viewOf(plus),
  };
  return { plan, result: out };
}
