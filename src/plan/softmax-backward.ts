/**
 * softmaxBackward's arguments → {@link SoftmaxBackwardPlan}: the axis apart from all other dimensions, these as few as the strides allow.
 * @module
 */
import type { FloatData, SoftmaxBackwardOptions, Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import { checkSeed } from '../validate/gradients.js';
import * as rule from '../validate/options.js';
import { checkFloats } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';
import { walkGradient } from './gradient.js';
import type { SoftmaxBackwardPlan } from './plan.js';
import { checkApart, resultIn } from './result.js';
import { checkAxes, resolveAxis } from './softmax.js';

const op = 'softmaxBackward' as const;

const rules = {
  axis: rule.integer,
  scale: rule.finite,
  out: rule.floatTensor,
} satisfies rule.Rules<SoftmaxBackwardOptions>;

export interface PlannedSoftmaxBackward {
  readonly plan: SoftmaxBackwardPlan;
  readonly result: Tensor<FloatData>;
}

export function planSoftmaxBackward(y: unknown, dOutput: unknown, options: unknown): PlannedSoftmaxBackward {
  const workspace = new Workspace();
  const output = checkFloats(op, 'y', y, workspace);
  const { shape } = output;
  checkAxes(op, 'y', shape);
  const seed = checkSeed(op, dOutput, shape, `y is ${list(shape)}`, output.dtype, workspace);
  const given = rule.checkOptions(op, options, rules, workspace);
  const axis = resolveAxis(op, 'y', given.axis ?? -1, shape);
  const result = resultIn(op, given.out, shape, output, workspace);
  checkApart(op, given.out, 'y', output);
  checkApart(op, given.out, 'dOutput', seed);
  return {
    plan: { op, ...walkGradient(axis, output, seed, result, workspace), scale: given.scale ?? 1 },
    result: result.source as Tensor<FloatData>,
  };
}
