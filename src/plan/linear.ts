/**
 * linear's arguments → {@link MatmulPlan}: rows of any shape times one weight.
 * @module
 */
import { dtypeError, shapeError } from '../errors.js';
import type { FloatData, LinearOptions, Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { type Checked, type CheckedFloats, checkFloats } from '../validate/tensor.js';
import { sized, type TensorSlot } from '../validate/workspace.js';
import { frames } from './frame.js';
import { matmulBatchRank } from './layout.js';
import { floats, MatmulDraft, panelsOf } from './matmul.js';
import { Packed } from './packed-matrix.js';
import type { View } from './plan.js';
import { checkApart, resultIn } from './result.js';
import { joinRows } from './tall-rows.js';

const op = 'linear' as const;

const rules = {
  bias: rule.float32Tensor,
  activation: rule.activation,
  out: rule.floatTensor,
} satisfies rule.Rules<LinearOptions>;

type LinearFrame = ReturnType<typeof spare.take>;

const spare = frames<Tensor<FloatData>, MatmulDraft, typeof rules>(() => new MatmulDraft(op), rules);

export function planLinear(x: unknown, weight: unknown, options: unknown): LinearFrame {
  const frame = spare.take();
  const { plan, given } = frame;
  const input = checkFloats(op, 'x', x, frame);
  const packed = Packed.of(weight);
  const panels = packed?.panels(op);
  const right = packed ?? checkFloats(op, 'weight', weight, frame);
  rule.checkOptions(op, options, rules, frame, frame.givenOptions);
  relateLinear(op, input, right, given.bias);
  relate(frame, input, right);

  const shape = outShape(frame, input.shape);
  const result = resultIn(op, given.out, shape, input, frame);
  checkApart(op, given.out, 'x', input);
  if ('source' in right) checkApart(op, given.out, 'weight', right);
  checkApart(op, given.out, 'bias', given.bias);

  plan.dtype = input.dtype;
  plan.outDtype = result.dtype;
  plan.bias = given.bias;
  plan.activation = given.activation ?? 'none';
  const xWalk = rowsOf(frame, input);
  const outWalk = rowsOf(frame, result);
  const weightWalk = weightOf(frame, panels ?? (right as CheckedFloats));
  joinRows(plan, xWalk.strides, weightWalk.strides, outWalk.strides, frame);
  plan.a = floats(xWalk);
  plan.b = panels ? panelsOf(panels, weightWalk.strides) : floats(weightWalk);
  plan.out = floats(outWalk);
  frame.result = result.source as Tensor<FloatData>;
  return frame;
}

/** Whether x, its weight and the bias fit each other. */
export function relateLinear(op: string, x: CheckedFloats, weight: CheckedFloats | Packed, bias: Checked | undefined): void {
  const { shape } = x;
  const rank = shape.length;
  const highest = matmulBatchRank + 2;
  if (rank < 1 || rank > highest) throw shapeError(op, 'x', `rank ${rank}`, `rank 1 to ${highest}`, `x is ${list(shape)}`);
  if (weight.shape.length !== 2)
    throw shapeError(op, 'weight', `rank ${weight.shape.length}`, 'rank 2, [in, out]', `weight is ${list(weight.shape)}`);
  const rows = weight.shape[0] ?? 0;
  const columns = weight.shape[1] ?? 0;
  const width = shape[rank - 1] ?? 0;
  if (rows !== width)
    throw shapeError(
      op,
      'weight',
      `${rows} rows`,
      `${width}, the numbers in a row of x`,
      `x is ${list(shape)}, weight is ${list(weight.shape)}`,
    );
  if ('source' in weight && weight.dtype !== x.dtype) throw dtypeError(op, 'weight', `dtype ${weight.dtype}`, `${x.dtype}, the dtype of x`);
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== columns))
    throw shapeError(op, 'bias', `shape ${list(bias.shape)}`, `[${columns}], one for each column of weight`);
}

/** Fills in m, n, k and the batch, which is all of x but its rows. */
function relate(frame: LinearFrame, { shape }: CheckedFloats, weight: CheckedFloats | Packed): void {
  const { plan } = frame;
  const rank = shape.length;
  plan.m = rank === 1 ? 1 : (shape[rank - 2] ?? 0);
  plan.n = weight.shape[1] ?? 0;
  plan.k = weight.shape[0] ?? 0;
  const batch = frame.list(Math.max(0, rank - 2));
  for (let i = 0; i < batch.length; i++) batch[i] = shape[i] ?? 1;
  plan.batch = batch;
}

function outShape(frame: LinearFrame, x: readonly number[]): readonly number[] {
  const last = x.length - 1;
  const shape = frame.list(x.length);
  for (let i = 0; i < last; i++) shape[i] = x[i] ?? 1;
  shape[last] = frame.plan.n;
  return shape;
}

/** x or out with the strides of `[...batch, row, column]`: a vector is one row. */
function rowsOf(frame: LinearFrame, tensor: CheckedFloats): TensorSlot {
  const walk = frame.view(tensor);
  const { strides } = tensor;
  const missing = strides.length === 1 ? 1 : 0;
  sized(walk.strides, strides.length + missing);
  walk.strides[0] = 0;
  for (let i = 0; i < strides.length; i++) walk.strides[i + missing] = strides[i] ?? 0;
  return walk;
}

/** The weight is the same for the whole batch. */
function weightOf(frame: LinearFrame, weight: View<ArrayBufferView>): TensorSlot {
  const walk = frame.view(weight);
  const outer = frame.plan.batch.length;
  sized(walk.strides, outer + 2).fill(0);
  walk.strides[outer] = weight.strides[0] ?? 0;
  walk.strides[outer + 1] = weight.strides[1] ?? 0;
  return walk;
}
