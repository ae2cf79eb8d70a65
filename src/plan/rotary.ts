/**
 * rotary's arguments → {@link RotaryPlan}: rows along the last dimension, the table of their angles beside them, all other dimensions as few as
 * the strides allow.
 * @module
 */
import { shapeError } from '../errors.js';
import type { DType, FloatData, RotaryOptions, Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { checkFloats } from '../validate/tensor.js';
import { sized } from '../validate/workspace.js';
import { planWalk } from './dimensions.js';
import { type Draft, frames, noView } from './frame.js';
import { rotaryOuterRank } from './layout.js';
import type { Floats, RotaryPlan, View } from './plan.js';
import { checkApart, resultIn } from './result.js';
import { turnsOf } from './turns.js';

const op = 'rotary' as const;

const rules = {
  base: rule.positive,
  positions: rule.int32Array,
  interleaved: rule.boolean,
  layout: rule.layout,
  out: rule.floatTensor,
} satisfies rule.Rules<RotaryOptions>;

/** Of a call without elements. */
const noTable: View = { data: new Float32Array(0), offset: 0, strides: [] };

class RotaryDraft implements Draft<RotaryPlan> {
  op = op;
  outer: readonly number[] = [];
  length = 0;
  dtype: DType = 'float32';
  outDtype: DType = 'float32';
  interleaved = false;
  x: View<Floats> = noView;
  out: View<Floats> = noView;
  table: View = noTable;

  /** Its tensors are the workspace's. */
  forget(): void {}
}

type RotaryFrame = ReturnType<typeof spare.take>;

const spare = frames<Tensor<FloatData>, RotaryDraft, typeof rules>(() => new RotaryDraft(), rules);

export function planRotary(x: unknown, options: unknown): RotaryFrame {
  const frame = spare.take();
  const { plan, given } = frame;
  const input = checkFloats(op, 'x', x, frame);
  rule.checkOptions(op, options, rules, frame, frame.givenOptions);
  const { shape } = input;
  const rank = shape.length;
  if (rank < 2 || rank > rotaryOuterRank + 1)
    throw shapeError(op, 'x', `rank ${rank}`, `rank 2 to ${rotaryOuterRank + 1}`, `x is ${list(shape)}`);
  const width = shape[rank - 1] ?? 0;
  if (width % 2 !== 0) throw shapeError(op, 'x', `rows of ${width}`, 'an even number, since pairs are turned', `x is ${list(shape)}`);
  const sequence = rank - (given.layout === 'bshd' && rank > 2 ? 3 : 2);
  checkPositions(given.positions, shape[sequence] ?? 0, shape);
  const result = resultIn(op, given.out, shape, input, frame);
  checkApart(op, given.out, 'x', input);
  checkApart(op, given.out, 'positions', given.positions);

  plan.dtype = input.dtype;
  plan.outDtype = result.dtype;
  plan.interleaved = given.interleaved ?? false;
  const table = shape.includes(0) ? noTable : tableOf(frame, shape, sequence);
  plan.table = planWalk(plan, shape, rank - 1, input, result, table, frame) as View;
  frame.result = result.source as Tensor<FloatData>;
  return frame;
}

function checkPositions(positions: Int32Array | undefined, length: number, shape: readonly number[]): void {
  if (positions !== undefined && positions.length !== length)
    throw shapeError(op, 'positions', `${positions.length} entries`, `${length}, one for each of the sequence`, `x is ${list(shape)}`);
}

/** As it is read along with x: a row a position. */
function tableOf(frame: RotaryFrame, shape: readonly number[], sequence: number): View {
  const { base = 10000, positions } = frame.given;
  const last = shape.length - 1;
  const width = shape[last] ?? 0;
  const table = frame.view({ data: turnsOf(op, base, width, positions, shape[sequence] ?? 0), offset: 0 });
  sized(table.strides, shape.length).fill(0);
  table.strides[sequence] = width;
  table.strides[last] = 1;
  return table as View<ArrayBufferView> as View;
}
