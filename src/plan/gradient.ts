/**
 * How the gradients along an axis are walked: what went in, the gradient of what came out, and that of what went in, which is of one shape.
 * @module
 */
import type { CheckedFloats } from '../validate/tensor.js';
import type { Workspace } from '../validate/workspace.js';
import { planWalk, type Walk } from './dimensions.js';
import type { Floats, SoftmaxBackwardPlan, View } from './plan.js';

type Gradient = Omit<SoftmaxBackwardPlan, 'op' | 'scale'>;

/** @param axis as of {@link planWalk} */
export function walkGradient(axis: number, x: CheckedFloats, dOut: CheckedFloats, out: CheckedFloats, workspace: Workspace): Gradient {
  const walk: Walk = { outer: [], length: 0, x, out };
  const beside = planWalk(walk, x.shape, axis, x, out, dOut, workspace) as View<Floats>;
  return { ...walk, dOut: beside, dtype: x.dtype, dOutDtype: dOut.dtype, outDtype: out.dtype };
}
