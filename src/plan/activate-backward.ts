/**
 * What went into an activation, and the gradient of what came out → {@link ActivateBackwardPlan}. For our own functions, which have checked
 * their arguments: tensors of one shape, of at most 8 dimensions.
 * @module
 */
import type { Activation, DType, FloatData, Tensor } from '../types.js';
import { checkFloats } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';
import { walkGradient } from './gradient.js';
import type { ActivateBackwardPlan } from './plan.js';
import { resultIn } from './result.js';

/**
 * @param name of the function that the caller called, for errors
 * @param x ours: a result of its dtype is written over it
 */
export function planActivateBackward(
  name: string,
  activation: Activation,
  x: Tensor<FloatData>,
  dOut: Tensor<FloatData>,
  dtype: DType,
): { readonly plan: ActivateBackwardPlan; readonly result: Tensor<FloatData> } {
  const workspace = new Workspace();
  const input = checkFloats(name, 'x', x, workspace);
  const seed = checkFloats(name, 'dOut', dOut, workspace);
  const out = dtype === input.dtype ? input : resultIn(name, undefined, input.shape, { dtype, float16Array: false }, workspace);
  return {
    plan: { op: 'activateBackward', name, activation, ...walkGradient(-1, input, seed, out, workspace) },
    result: out.source as Tensor<FloatData>,
  };
}
