/**
 * The arguments of relu, gelu, tanh and sigmoid → {@link ActivatePlan}: dimensions as few as the strides allow.
 * @module
 */
import { shapeError } from '../errors.js';
import type { Activation, ActivationOptions, DType, FloatData, Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { checkFloats } from '../validate/tensor.js';
import { planWalk } from './dimensions.js';
import { type Draft, frames, noView } from './frame.js';
import { activateOuterRank } from './layout.js';
import type { ActivatePlan, Floats, View } from './plan.js';
import { checkApart, resultIn } from './result.js';

const rules = { out: rule.floatTensor } satisfies rule.Rules<ActivationOptions>;

class ActivateDraft implements Draft<ActivatePlan> {
  op = 'activate' as const;
  name: Activation = 'relu';
  outer: readonly number[] = [];
  length = 0;
  dtype: DType = 'float32';
  outDtype: DType = 'float32';
  x: View<Floats> = noView;
  out: View<Floats> = noView;

  /** Its tensors are the workspace's. */
  forget(): void {}
}

const spare = frames<Tensor<FloatData>, ActivateDraft, typeof rules>(() => new ActivateDraft(), rules);

export function planActivate(op: Activation, x: unknown, options: unknown): ReturnType<typeof spare.take> {
  const frame = spare.take();
  const { plan } = frame;
  const input = checkFloats(op, 'x', x, frame);
  const { out } = rule.checkOptions(op, options, rules, frame, frame.givenOptions);
  const { shape } = input;
  const result = resultIn(op, out, shape, input, frame);
  checkApart(op, out, 'x', input);

  plan.name = op;
  plan.dtype = input.dtype;
  plan.outDtype = result.dtype;
  planWalk(plan, shape, -1, input, result, undefined, frame);
  if (plan.outer.length > activateOuterRank)
    throw shapeError(
      op,
      'x',
      `rank ${shape.length}`,
      `at most ${activateOuterRank + 1} dimensions that cannot be joined`,
      `x is ${list(shape)}`,
    );
  frame.result = result.source as Tensor<FloatData>;
  return frame;
}
