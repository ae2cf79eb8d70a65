/**
 * attentionBackward's arguments → {@link BackwardPlan}: those of the attention, checked as it checks them, then what it gave, and what is
 * wanted.
 * @module
 */
import { dtypeError, optionError, renamed, shapeError } from '../errors.js';
import type { AttentionGradients, FloatData, GradientName, Layout, Score, Tensor } from '../types.js';
import { list, received } from '../validate/describe.js';
import { checkSeed, outOf } from '../validate/gradients.js';
import { isRecord } from '../validate/options.js';
import { type Checked, type CheckedFloats, checkAny, checkFloat32, checkFloats, rowMajor } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';
import { planAttention } from './attention.js';
import { headsOf } from './heads.js';
import type { AttentionPlan, BackwardPlan, View } from './plan.js';
import { checkAllApart, freshFloat32, resultIn } from './result.js';
import { noScoreGradients, planScoreGradients } from './score-gradients.js';
import { stretched } from './stretch.js';

const op = 'attentionBackward' as const;

type Writable<T> = { -readonly [Field in keyof T]: T[Field] };

/** dSinks of the plan are those of each batch row, for the caller to add up. */
export interface PlannedBackward {
  readonly plan: BackwardPlan;
  readonly result: Writable<AttentionGradients<FloatData>>;
}

export function planAttentionBackward(
  q: unknown,
  k: unknown,
  v: unknown,
  forward: unknown,
  dOutput: unknown,
  options: unknown,
): PlannedBackward {
  const workspace = new Workspace();
  const { output, logSumExp } = checkForward(forward);
  const { gradients, out, ...own } = checkGradients(options);
  const attention = planForward(q, k, v, { ...own, out: output });
  if (gradients.includes('score')) checkHasWeights(gradients, attention);
  const { batch, queryHeads } = attention;
  const layout: Layout = own.layout === 'bshd' ? 'bshd' : 'bhsd';

  const result = checkFloats(op, 'forward.output', output, workspace);
  const seed = checkSeed(op, dOutput, result.shape, 'the shape of forward.output', attention.dtype, workspace);
  const rows = [batch, queryHeads, attention.queryLength].slice(4 - result.shape.length);
  const sums = checkSums(logSumExp, rows, workspace);
  const inputs = { query: q, key: k, value: v };
  const others = { 'forward.output': output, 'forward.logSumExp': logSumExp, dOutput, ...inputsAmong(own) };
  const [dQuery, dKey, dValue] = resultsIn(out, inputs, others, workspace);
  const dBias = gradients.includes('bias') ? freshFloat32(op, shapeOf(own.bias)) : undefined;
  const dSinks = gradients.includes('sinks') ? new Float32Array(queryHeads) : undefined;
  const ofScore = gradients.includes('score') ? planScoreGradients(op, own.score as Score) : undefined;
  const found: PlannedBackward['result'] = {
    dQuery: dQuery.source as Tensor<FloatData>,
    dKey: dKey.source as Tensor<FloatData>,
    dValue: dValue.source as Tensor<FloatData>,
  };
  if (dBias) found.dBias = dBias;
  if (dSinks) found.dSinks = dSinks;
  if (ofScore) found.dScore = ofScore.dScore;
  const plan: BackwardPlan = {
    ...attention,
    op,
    weights: undefined,
    logSumExp: sums,
    dOut: headsOf(seed, layout, workspace),
    dOutDtype: seed.dtype,
    dQuery: headsOf(dQuery, layout, workspace),
    dKey: headsOf(dKey, layout, workspace),
    dValue: headsOf(dValue, layout, workspace),
    dBias: dBias && laidOver(dBias, [...rows, attention.keyLength], workspace),
    dSinks: dSinks && (batch === 1 ? dSinks : new Float32Array(batch * queryHeads)),
    ...(ofScore?.planned ?? noScoreGradients),
  };
  return { plan, result: found };
}

function checkForward(forward: unknown): { readonly output: unknown; readonly logSumExp: unknown } {
  const { output, logSumExp } = (typeof forward === 'object' && forward !== null ? forward : {}) as Record<string, unknown>;
  if (output === undefined || logSumExp === undefined)
    throw optionError(
      op,
      'forward',
      output === undefined ? received(forward) : 'without logSumExp',
      'what attention(…, { returnLogSumExp: true }) gave: output and logSumExp',
    );
  return { output, logSumExp };
}

/** The options, those of attention yet unchecked. */
function checkGradients(options: unknown): { gradients: readonly GradientName[]; out: unknown } & Record<string, unknown> {
  if (options === undefined) return { gradients: [], out: undefined };
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw optionError(op, 'the last argument', received(options), 'an object of options');
  const { gradients = [], out, ...own } = options as Record<string, unknown>;
  for (const name of ['returnWeights', 'returnLogSumExp'])
    if (own[name] !== undefined) throw optionError(op, name, received(own[name]), 'none', 'the forward pass gives it');
  const expected = "a list of 'bias', 'sinks' and 'score'";
  if (!Array.isArray(gradients)) throw optionError(op, 'gradients', received(gradients), expected);
  for (const name of gradients) {
    if (name !== 'bias' && name !== 'sinks' && name !== 'score') throw optionError(op, 'gradients', list(gradients), expected);
    if (own[name] === undefined) throw optionError(op, 'gradients', list(gradients), 'gradients of what the call has', `it has no ${name}`);
  }
  return { ...own, gradients, out };
}

const outNames = ['dQuery', 'dKey', 'dValue'] as const;
const checkOut = outOf(...outNames);

/** The gradients of query, key and value, in that order: where `out` says, or in new memory. */
function resultsIn(
  out: unknown,
  inputs: Readonly<Record<string, unknown>>,
  others: Readonly<Record<string, unknown>>,
  workspace: Workspace,
): [CheckedFloats, CheckedFloats, CheckedFloats] {
  const given = out === undefined ? {} : checkOut(op, 'out', out, workspace);
  const tensors = outNames.map((name) => given[name]);
  const results = Object.entries(inputs).map(([name, tensor], at) => {
    const input = checkFloats(op, name, tensor, workspace);
    const own = tensors[at];
    if (own && own.dtype !== input.dtype)
      throw dtypeError(op, `out.${outNames[at]}`, `dtype ${own.dtype}`, input.dtype, `the dtype of ${name}`);
    return resultIn(op, own, input.shape, input, workspace, `out.${outNames[at]}`);
  }) as [CheckedFloats, CheckedFloats, CheckedFloats];
  if (out === undefined) return results;
  const read = Object.entries({ ...inputs, ...others }).map(([name, value]) => [
    name,
    ArrayBuffer.isView(value) ? value : checkAny(op, name, value),
  ]);
  checkAllApart(op, given, Object.fromEntries(read));
  return results;
}

/** The tensors and arrays among options that are checked already, and those of the score, by their names. */
function inputsAmong(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const ofScore = isRecord(options.score) ? Object.entries(options.score).map(([name, value]) => [`score.${name}`, value] as const) : [];
  return Object.fromEntries(
    [...Object.entries(options), ...ofScore].filter(([, value]) => ArrayBuffer.isView(value) || (isRecord(value) && 'data' in value)),
  );
}

/** As attention would be run again: its output stands for `out`, which has to be of the same shape and dtype. */
function planForward(q: unknown, k: unknown, v: unknown, options: Record<string, unknown>): AttentionPlan {
  try {
    return planAttention(q, k, v, options).plan;
  } catch (error) {
    throw renamed(op, error, ['attention: out ', 'attention: forward.output ']);
  }
}

function checkHasWeights(gradients: readonly GradientName[], { score }: AttentionPlan): void {
  if (score !== 'general' && score !== 'additive')
    throw optionError(op, 'gradients', list(gradients), 'gradients of what the call has', `a score of kind '${score}' has no weights`);
}

/** Row-major, as it comes out of attention; copied where it lies otherwise. */
function checkSums(logSumExp: unknown, rows: readonly number[], workspace: Workspace): Float32Array {
  const { data, shape, strides, offset } = checkFloat32(op, 'forward.logSumExp', logSumExp, workspace);
  if (list(shape) !== list(rows)) throw shapeError(op, 'forward.logSumExp', `shape ${list(shape)}`, list(rows));
  const count = rows.reduce((product, size) => product * size, 1);
  if (list(strides) === list(rowMajor(rows))) return data.subarray(offset, offset + count);
  const dense = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let place = offset;
    for (let rest = i, d = shape.length - 1; d >= 0; d--) {
      const size = shape[d] ?? 1;
      place += (rest % size) * (strides[d] ?? 0);
      rest = Math.floor(rest / size);
    }
    dense[i] = data[place] ?? NaN;
  }
  return dense;
}

function shapeOf(bias: unknown): readonly number[] {
  return [...(bias as Tensor).shape];
}

/** With stride 0 where the bias broadcasts. */
function laidOver(dBias: Tensor, scores: readonly number[], workspace: Workspace): View {
  const checked: Checked = { data: dBias.data, shape: dBias.shape, strides: rowMajor(dBias.shape), offset: 0 };
  return headsOf(stretched(op, 'bias', checked, scores, workspace), 'bhsd', workspace);
}
