/**
 * softmax's arguments → {@link SoftmaxPlan}: the axis apart from all other dimensions, these as few as the strides allow.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import type { FloatData, SoftmaxOptions, Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { checkFloats } from '../validate/tensor.js';
import { softmaxOuterRank } from './layout.js';
import type { SoftmaxPlan } from './plan.js';
import { freshResult, givenResult } from './result.js';
import { stretchedStrides } from './stretch.js';

const rules = {
  axis: rule.integer,
  scale: rule.finite,
  mask: rule.maskTensor,
  out: rule.floatTensor,
} satisfies rule.Rules<SoftmaxOptions>;

export interface PlannedSoftmax {
  readonly plan: SoftmaxPlan;
  readonly result: Tensor<FloatData>;
}

/** @param sign 1 for softmax, −1 for softmin, which is the softmax of −scale·x */
export function planSoftmax(op: 'softmax' | 'softmin', x: unknown, options: unknown, sign: 1 | -1): PlannedSoftmax {
  const input = checkFloats(op, 'x', x);
  const given = rule.checkOptions(op, options, rules);
  const { shape } = input;
  const rank = shape.length;
  if (rank < 1 || rank > softmaxOuterRank + 1)
    throw shapeError(op, 'x', `rank ${rank}`, `rank 1 to ${softmaxOuterRank + 1}`, `x is ${list(shape)}`);
  const axis = resolveAxis(op, given.axis ?? -1, shape);
  const maskStrides = given.mask && stretchedStrides(op, 'mask', given.mask, shape);
  const result = given.out ? givenResult(op, shape, input, given.out, { x: input, mask: given.mask }) : freshResult(op, shape, input);

  const outer = outerDimensions(shape, axis, input.strides, result.strides, maskStrides);
  const strides = (all: readonly number[], of: 'x' | 'out' | 'mask') => [...outer.map((dimension) => dimension[of]), all[axis] ?? 0];
  const plan: SoftmaxPlan = {
    op: 'softmax',
    name: op,
    outer: outer.map(({ size }) => size),
    length: shape[axis] ?? 0,
    dtype: input.dtype,
    outDtype: result.dtype,
    scale: sign * (given.scale ?? 1),
    x: { data: input.data, offset: input.offset, strides: strides(input.strides, 'x') },
    out: { data: result.data, offset: result.offset, strides: strides(result.strides, 'out') },
    mask: given.mask && maskStrides && { data: given.mask.data, offset: given.mask.offset, strides: strides(maskStrides, 'mask') },
  };
  return { plan, result: result.tensor };
}

function resolveAxis(op: string, axis: number, shape: readonly number[]): number {
  const rank = shape.length;
  if (axis < -rank || axis >= rank) throw optionError(op, 'axis', String(axis), `${-rank} to ${rank - 1}`, `x is ${list(shape)}`);
  return axis < 0 ? axis + rank : axis;
}

/** A dimension beside the axis: its size, and its stride in each tensor. */
interface Dimension {
  readonly size: number;
  readonly x: number;
  readonly out: number;
  readonly mask: number;
}

/**
 * The dimensions beside the axis, longest stride first, so that the last one is the one that kernels can run their lanes
 * along when the axis itself is strided; and those that step on evenly in every tensor made one.
 */
function outerDimensions(
  shape: readonly number[],
  axis: number,
  x: readonly number[],
  out: readonly number[],
  mask: readonly number[] | undefined,
): readonly Dimension[] {
  const dimensions: Dimension[] = [];
  for (const [i, size] of shape.entries()) {
    if (i !== axis && size !== 1) dimensions.push({ size, x: x[i] ?? 0, out: out[i] ?? 0, mask: mask?.[i] ?? 0 });
  }
  dimensions.sort((a, b) => b.x + b.out - a.x - a.out);
  const joined: Dimension[] = [];
  for (const inner of dimensions) {
    const before = joined.at(-1);
    const isEven =
      before && before.x === inner.x * inner.size && before.out === inner.out * inner.size && before.mask === inner.mask * inner.size;
    if (isEven) joined[joined.length - 1] = { ...inner, size: before.size * inner.size };
    else joined.push(inner);
  }
  return joined;
}
