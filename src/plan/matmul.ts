/**
 * matmul's arguments → {@link MatmulPlan}: which dimensions meet, how the batches broadcast.
 * @module
 */
import { dtypeError, optionError, shapeError } from '../errors.js';
import type { DType, FloatData, MatmulOptions, Tensor } from '../types.js';
import { broadcastShape, broadcastStrides } from '../validate/broadcast.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { type Checked, type CheckedFloats, checkFloats } from '../validate/tensor.js';
import { sized, type TensorSlot } from '../validate/workspace.js';
import { type Draft, frames, noView } from './frame.js';
import { matmulBatchRank } from './layout.js';
import { Packed } from './packed-matrix.js';
import type { Floats, MatmulPlan, Panels, View } from './plan.js';
import { checkApart, resultIn } from './result.js';
import { joinRows } from './tall-rows.js';

const op = 'matmul' as const;

const rules = {
  transposeA: rule.boolean,
  transposeB: rule.boolean,
  bias: rule.float32Tensor,
  activation: rule.activation,
  out: rule.floatTensor,
} satisfies rule.Rules<MatmulOptions>;

/** Of matmul, and of linear. */
export class MatmulDraft implements Draft<MatmulPlan> {
  op = 'matmul' as const;
  name: 'matmul' | 'linear';
  batch: readonly number[] = [];
  m = 0;
  n = 0;
  k = 0;
  dtype: DType = 'float32';
  outDtype: DType = 'float32';
  a: View<Floats> = noView;
  b: View<Floats> | Panels = noView;
  out: View<Floats> = noView;
  bias: View | undefined = undefined;
  activation: MatmulPlan['activation'] = 'none';

  constructor(name: 'matmul' | 'linear') {
    this.name = name;
  }

  forget(): void {
    this.b = noView; // a packed one is no tensor of the workspace
  }
}

const spare = frames<Tensor<FloatData>, MatmulDraft, typeof rules>(() => new MatmulDraft(op), rules);

type MatmulFrame = ReturnType<typeof spare.take>;

export function planMatmul(a: unknown, b: unknown, options: unknown): MatmulFrame {
  const frame = spare.take();
  const { plan } = frame;
  const left = checkFloats(op, 'a', a, frame);
  const packed = Packed.of(b);
  const panels = packed?.panels(op);
  const right = packed ?? checkFloats(op, 'b', b, frame);
  const given = rule.checkOptions(op, options, rules, frame, frame.givenOptions);
  checkRank('a', left.shape);
  checkRank('b', right.shape);
  if (packed && given.transposeB)
    throw optionError(op, 'transposeB', 'true', 'false', 'b is a packed matrix; packMatrix has an option transpose');
  if (!packed && right.dtype !== left.dtype) throw dtypeError(op, 'b', `dtype ${right.dtype}`, `${left.dtype}, the dtype of a`);
  relate(frame, left.shape, right.shape);
  if (given.bias) checkBias(given.bias, plan.n);

  const shape = outShape(frame);
  const result = resultIn(op, given.out, shape, left, frame);
  checkApart(op, given.out, 'a', left);
  if ('source' in right) checkApart(op, given.out, 'b', right);
  checkApart(op, given.out, 'bias', given.bias);

  plan.dtype = left.dtype;
  plan.outDtype = result.dtype;
  plan.bias = given.bias;
  plan.activation = given.activation ?? 'none';
  const aWalk = walkOf(frame, left, left.shape, given.transposeA);
  const bWalk = walkOf(frame, panels ?? (right as CheckedFloats), right.shape, given.transposeB);
  const outWalk = walkOf(frame, result, shape, false);
  joinRows(plan, aWalk.strides, bWalk.strides, outWalk.strides, frame);
  plan.a = floats(aWalk);
  plan.b = panels ? panelsOf(panels, bWalk.strides) : floats(bWalk);
  plan.out = floats(outWalk);
  frame.result = result.source as Tensor<FloatData>;
  return frame;
}

function checkRank(name: string, shape: readonly number[]): void {
  const highest = matmulBatchRank + 2;
  if (shape.length >= 2 && shape.length <= highest) return;
  const vector = shape.length === 1 ? '; a vector is a matrix of one row or one column' : '';
  throw shapeError(op, name, `rank ${shape.length}`, `rank 2 to ${highest}`, `${name} is ${list(shape)}${vector}`);
}

/** Fills in m, n, k and the batch that a and b, of these shapes, agree on. */
function relate(frame: MatmulFrame, a: readonly number[], b: readonly number[]): void {
  const { plan, given } = frame;
  const { transposeA, transposeB } = given;
  plan.m = rowsOf(a, transposeA);
  plan.k = columnsOf(a, transposeA);
  plan.n = columnsOf(b, transposeB);
  const rows = rowsOf(b, transposeB);
  if (rows !== plan.k) throw shapeError(op, 'b', `${rows} rows`, `${plan.k}, the columns of a`, said(a, b, transposeA, transposeB));
  const aBatch = batchOf(a, frame);
  const bBatch = batchOf(b, frame);
  const batch = broadcastShape(aBatch, bBatch, frame);
  if (batch === undefined) {
    const expected = `one that broadcasts with ${list(aBatch)}`;
    throw shapeError(op, 'b', `batch ${list(bBatch)}`, expected, said(a, b, transposeA, transposeB));
  }
  plan.batch = batch;
}

function rowsOf(shape: readonly number[], transposed = false): number {
  return shape[shape.length - (transposed ? 1 : 2)] ?? 0;
}

function columnsOf(shape: readonly number[], transposed = false): number {
  return rowsOf(shape, !transposed);
}

/** All sizes but those of the matrix. */
function batchOf(shape: readonly number[], frame: MatmulFrame): readonly number[] {
  const batch = frame.list(shape.length - 2);
  for (let i = 0; i < batch.length; i++) batch[i] = shape[i] ?? 1;
  return batch;
}

function said(a: readonly number[], b: readonly number[], transposeA = false, transposeB = false): string {
  return `a is ${list(a)}${transposeA ? ' transposed' : ''}, b is ${list(b)}${transposeB ? ' transposed' : ''}`;
}

function outShape(frame: MatmulFrame): readonly number[] {
  const { batch, m, n } = frame.plan;
  const outer = batch.length;
  const shape = frame.list(outer + 2);
  for (let i = 0; i < outer; i++) shape[i] = batch[i] ?? 1;
  shape[outer] = m;
  shape[outer + 1] = n;
  return shape;
}

/** An operand with the strides of `[...batch, row, column]`; transposing swaps strides, no data. */
function walkOf(frame: MatmulFrame, tensor: View<ArrayBufferView>, shape: readonly number[], transposed = false): TensorSlot {
  const { batch } = frame.plan;
  const walk = frame.view(tensor);
  sized(walk.strides, batch.length + 2);
  broadcastStrides(batchOf(shape, frame), tensor.strides, batch, walk.strides);
  walk.strides[batch.length] = rowsOf(tensor.strides, transposed);
  walk.strides[batch.length + 1] = columnsOf(tensor.strides, transposed);
  return walk;
}

export function floats(walk: TensorSlot): View<Floats> {
  return walk as View<ArrayBufferView> as View<Floats>;
}

/** Panels with such strides: those that they have, unless there is a batch. */
export function panelsOf(panels: Panels, strides: readonly number[]): Panels {
  return strides.length === 2 ? panels : { ...panels, strides: strides.slice() };
}

function checkBias({ shape }: Checked, n: number): void {
  if (shape.length !== 1 || shape[0] !== n) throw shapeError(op, 'bias', `shape ${list(shape)}`, `[${n}], one for each column`);
}
