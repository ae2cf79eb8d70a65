/**
 * The option `score` → what a plan says of it: its kind, and its weights as views that every query head has one of.
 * @module
 */
import { type FoveaError, optionError, shapeError } from '../errors.js';
import type { Score } from '../types.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import type { Checked, CheckedFloats } from '../validate/tensor.js';
import { sized, type Workspace } from '../validate/workspace.js';
import type { Draft } from './frame.js';
import type { AttentionPlan, CacheAttentionPlan, View } from './plan.js';
import { checkApart } from './result.js';

/** The frame of any attention. */
interface ScoreFrame extends Workspace {
  readonly plan: Draft<AttentionPlan> | Draft<CacheAttentionPlan>;
}

type Fields<Kind extends string> = Extract<Score, { readonly kind: Kind }>;

const fieldsOfRbf = ['kind', 'gamma'] satisfies (keyof Fields<'rbf'>)[];
const fieldsOfGeneral = ['kind', 'weight'] satisfies (keyof Fields<'general'>)[];
const fieldsOfAdditive = ['kind', 'queryWeight', 'keyWeight', 'v', 'bias'] satisfies (keyof Fields<'additive'>)[];

/** Whether q and k may be of different widths. */
export function bringsToOneWidth(score: Score | undefined): boolean {
  return typeof score === 'object' && score.kind !== 'rbf';
}

/**
 * Fills in all that the plan says of its score, once its sizes are there.
 * @param plan says the dot product yet
 * @param out the caller's, which must lie apart from the weights
 */
export function planScore(op: string, frame: ScoreFrame, score: Score, out: CheckedFloats | undefined): void {
  const { plan } = frame;
  if (typeof score === 'string') {
    plan.score = score;
    return;
  }
  plan.score = score.kind;
  switch (score.kind) {
    case 'rbf':
      checkFields(op, score, fieldsOfRbf);
      plan.gamma = rule.positive(op, 'score.gamma', score.gamma, frame);
      break;
    case 'general':
      checkFields(op, score, fieldsOfGeneral);
      if (score.weight === undefined) throw optionError(op, 'score.weight', 'undefined', 'a float32 Tensor');
      plan.queryWeight = matrixOf(op, frame, 'weight', score.weight, plan.headDim, plan.keyDim, out);
      break;
    case 'additive':
      checkFields(op, score, fieldsOfAdditive);
      planAdditive(op, frame, score, out);
      break;
  }
}

function planAdditive(op: string, frame: ScoreFrame, score: Fields<'additive'>, out: CheckedFloats | undefined): void {
  const { plan } = frame;
  const { queryWeight, keyWeight, bias } = score;
  const v = rule.float32Tensor(op, 'score.v', score.v, frame);
  const units = v.shape.at(-1) ?? 0;
  plan.units = units;
  plan.scoreVector = rowOf(op, frame, 'v', v, units, out);
  if (bias !== undefined) plan.scoreBias = rowOf(op, frame, 'bias', rule.float32Tensor(op, 'score.bias', bias, frame), units, out);
  if (queryWeight === undefined) checkProjected(op, 'query', 'queryWeight', plan.headDim, units);
  else plan.queryWeight = matrixOf(op, frame, 'queryWeight', queryWeight, plan.headDim, units, out);
  if (keyWeight === undefined) checkProjected(op, 'key', 'keyWeight', plan.keyDim, units);
  else plan.keyWeight = matrixOf(op, frame, 'keyWeight', keyWeight, plan.keyDim, units, out);
}

function checkFields(op: string, score: object, known: readonly string[]): void {
  for (const name in score) if (!known.includes(name)) throw rule.unknownField(op, 'score', name, known);
}

/** Without a weight the vectors are projected already. */
function checkProjected(op: string, name: string, weight: string, width: number, units: number): void {
  if (width !== units)
    throw shapeError(op, name, `head dim ${width}`, `${units}, the units of score.v`, `without score.${weight} it is that product already`);
}

/** Made once: a string is memory too. */
const names = {
  weight: 'score.weight',
  queryWeight: 'score.queryWeight',
  keyWeight: 'score.keyWeight',
  v: 'score.v',
  bias: 'score.bias',
} as const;

/** What the sizes of a field are, for messages. */
const meanings = {
  weight: ['head dim of query', 'head dim of key'],
  queryWeight: ['head dim of query', 'units of v'],
  keyWeight: ['head dim of key', 'units of v'],
  v: ['units'],
  bias: ['units of v'],
} as const;

/** `[rows, columns]` for all query heads, or one a head, as the latter: what heads share has stride 0. */
function matrixOf(
  op: string,
  frame: ScoreFrame,
  field: 'weight' | 'queryWeight' | 'keyWeight',
  value: unknown,
  rows: number,
  columns: number,
  out: CheckedFloats | undefined,
): View {
  const weight = rule.float32Tensor(op, names[field], value, frame);
  const { shape, strides } = weight;
  const heads = frame.plan.queryHeads;
  const rank = shape.length;
  if (!(rank === 2 || (rank === 3 && shape[0] === heads)) || shape[rank - 2] !== rows || shape[rank - 1] !== columns)
    throw misfit(op, field, weight, heads, [rows, columns]);
  checkApart(op, out, names[field], weight);
  const view = frame.view(weight);
  const own = sized(view.strides, 3);
  own[0] = rank === 3 ? (strides[0] ?? 0) : 0;
  own[1] = strides[rank - 2] ?? 0;
  own[2] = strides[rank - 1] ?? 0;
  return view as View<ArrayBufferView> as View;
}

/** `[columns]` for all query heads, or one a head. */
function rowOf(op: string, frame: ScoreFrame, field: 'v' | 'bias', weight: Checked, columns: number, out: CheckedFloats | undefined): View {
  const { shape, strides } = weight;
  const heads = frame.plan.queryHeads;
  const rank = shape.length;
  if (!(rank === 1 || (rank === 2 && shape[0] === heads)) || shape[rank - 1] !== columns) throw misfit(op, field, weight, heads, [columns]);
  checkApart(op, out, names[field], weight);
  const view = frame.view(weight);
  const own = sized(view.strides, 2);
  own[0] = rank === 2 ? (strides[0] ?? 0) : 0;
  own[1] = strides[rank - 1] ?? 0;
  return view as View<ArrayBufferView> as View;
}

function misfit(op: string, field: keyof typeof meanings, { shape }: Checked, heads: number, sizes: readonly number[]): FoveaError {
  const named = sizes.map((size, i) => `${size} (${meanings[field][i]})`).join(', ');
  return shapeError(op, names[field], `shape ${list(shape)}`, `[${named}] or [${heads} (query heads), ${named}]`);
}
