/**
 * softmax's arguments → {@link SoftmaxPlan}: the axis apart from all other dimensions, these as few as the strides allow.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import type { DType, FloatData, SoftmaxOptions, Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { checkFloats } from '../validate/tensor.js';
import { planWalk } from './dimensions.js';
import { type Draft, frames, noView } from './frame.js';
import { softmaxOuterRank } from './layout.js';
import type { Floats, SoftmaxPlan, View } from './plan.js';
import { checkApart, resultIn } from './result.js';
import { stretched } from './stretch.js';

const rules = {
  axis: rule.integer,
  scale: rule.finite,
  mask: rule.maskTensor,
  out: rule.floatTensor,
} satisfies rule.Rules<SoftmaxOptions>;

class SoftmaxDraft implements Draft<SoftmaxPlan> {
  op = 'softmax' as const;
  name: 'softmax' | 'softmin' = 'softmax';
  outer: readonly number[] = [];
  length = 0;
  dtype: DType = 'float32';
  outDtype: DType = 'float32';
  scale = 1;
  x: View<Floats> = noView;
  out: View<Floats> = noView;
  mask: View<Uint8Array> | undefined = undefined;

  /** Its tensors are the workspace's: which of them there are is all that it knows itself. */
  forget(): void {
    this.mask = undefined;
  }
}

const spare = frames<Tensor<FloatData>, SoftmaxDraft, typeof rules>(() => new SoftmaxDraft(), rules);

/** @param sign 1 for softmax, −1 for softmin, which is the softmax of −scale·x */
export function planSoftmax(op: 'softmax' | 'softmin', x: unknown, options: unknown, sign: 1 | -1): ReturnType<typeof spare.take> {
  const frame = spare.take();
  const { plan } = frame;
  const input = checkFloats(op, 'x', x, frame);
  const given = rule.checkOptions(op, options, rules, frame, frame.givenOptions);
  const { shape } = input;
  checkAxes(op, 'x', shape);
  const axis = resolveAxis(op, 'x', given.axis ?? -1, shape);
  const mask = given.mask && stretched(op, 'mask', given.mask, shape, frame);
  const result = resultIn(op, given.out, shape, input, frame);
  checkApart(op, given.out, 'x', input);
  checkApart(op, given.out, 'mask', given.mask);

  plan.name = op;
  plan.dtype = input.dtype;
  plan.outDtype = result.dtype;
  plan.scale = sign * (given.scale ?? 1);
  plan.mask = planWalk(plan, shape, axis, input, result, mask, frame) as View<Uint8Array> | undefined;
  frame.result = result.source as Tensor<FloatData>;
  return frame;
}

/** Whether a tensor, by name, has as many dimensions as can be walked along one of them. */
export function checkAxes(op: string, name: string, shape: readonly number[]): void {
  const rank = shape.length;
  if (rank < 1 || rank > softmaxOuterRank + 1)
    throw shapeError(op, name, `rank ${rank}`, `rank 1 to ${softmaxOuterRank + 1}`, `${name} is ${list(shape)}`);
}

/** An axis of a tensor, by name, counted from the first. */
export function resolveAxis(op: string, name: string, axis: number, shape: readonly number[]): number {
  const rank = shape.length;
  if (axis < -rank || axis >= rank) throw optionError(op, 'axis', String(axis), `${-rank} to ${rank - 1}`, `${name} is ${list(shape)}`);
  return axis < 0 ? axis + rank : axis;
}
