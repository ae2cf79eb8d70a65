/**
 * layerNorm's and rmsNorm's arguments → {@link NormPlan}: rows along the last dimension, all others as few as the strides allow.
 * @module
 */
import { shapeError } from '../errors.js';
import type { DType, FloatData, LayerNormOptions, RmsNormOptions, Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { type Checked, checkFloats } from '../validate/tensor.js';
import { planWalk } from './dimensions.js';
import { type Draft, frames, noView } from './frame.js';
import { normOuterRank } from './layout.js';
import type { Floats, NormPlan, View } from './plan.js';
import { checkApart, resultIn } from './result.js';

const layerRules = {
  gamma: rule.float32Tensor,
  beta: rule.float32Tensor,
  epsilon: rule.notNegative,
  out: rule.floatTensor,
} satisfies rule.Rules<LayerNormOptions>;

const { beta: _, ...rmsRules } = layerRules satisfies rule.Rules<RmsNormOptions>;

class NormDraft implements Draft<NormPlan> {
  op = 'norm' as const;
  name: NormPlan['name'] = 'layerNorm';
  outer: readonly number[] = [];
  length = 0;
  dtype: DType = 'float32';
  outDtype: DType = 'float32';
  centered = true;
  epsilon = 0;
  x: View<Floats> = noView;
  out: View<Floats> = noView;
  gamma: View | undefined = undefined;
  beta: View | undefined = undefined;

  /** Its tensors are the workspace's. */
  forget(): void {}
}

const spare = frames<Tensor<FloatData>, NormDraft, typeof layerRules>(() => new NormDraft(), layerRules);

export function planNorm(op: NormPlan['name'], x: unknown, options: unknown): ReturnType<typeof spare.take> {
  const frame = spare.take();
  const { plan, given } = frame;
  const input = checkFloats(op, 'x', x, frame);
  const isLayer = op === 'layerNorm';
  rule.checkOptions(op, options, isLayer ? layerRules : rmsRules, frame, frame.givenOptions);
  const { gamma, beta, epsilon } = given;
  const { shape } = input;
  const rank = shape.length;
  if (rank < 1 || rank > normOuterRank + 1)
    throw shapeError(op, 'x', `rank ${rank}`, `rank 1 to ${normOuterRank + 1}`, `x is ${list(shape)}`);
  checkRow(op, 'gamma', gamma, shape);
  checkRow(op, 'beta', beta, shape);
  const result = resultIn(op, given.out, shape, input, frame);
  checkApart(op, given.out, 'x', input);
  checkApart(op, given.out, 'gamma', gamma);
  checkApart(op, given.out, 'beta', beta);

  plan.name = op;
  plan.dtype = input.dtype;
  plan.outDtype = result.dtype;
  plan.centered = isLayer;
  plan.epsilon = epsilon ?? (isLayer ? 1e-5 : 1e-6);
  plan.gamma = gamma;
  plan.beta = beta;
  planWalk(plan, shape, rank - 1, input, result, undefined, frame);
  frame.result = result.source as Tensor<FloatData>;
  return frame;
}

/** Gamma or beta: a number for each of a row of x. */
export function checkRow(op: string, name: string, row: Checked | undefined, shape: readonly number[]): void {
  if (row === undefined) return;
  const length = shape.at(-1) ?? 0;
  if (row.shape.length !== 1 || row.shape[0] !== length)
    throw shapeError(op, name, `shape ${list(row.shape)}`, `[${length}], one for each of a row of x`, `x is ${list(shape)}`);
}
