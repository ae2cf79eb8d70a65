/**
 * attentionBackward's arguments → {@link BackwardPlan}: those of the attention, checked as it checks them, then what it gave, and what is
 * wanted.
 * @module
 */
import { dtypeError, optionError, renamed, shapeError } from '../errors.js';
import type { AttentionGradients, FloatData, GradientName, Layout, Tensor } from '../types.js';
import { list, received } from '../validate/describe.js';
import { isRecord, unknownField } from '../validate/options.js';
import { type Checked, type CheckedFloats, checkAny, checkFloat32, checkFloats, rowMajor } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';
import { planAttention } from './attention.js';
import { headsOf } from './heads.js';
import type { AttentionPlan, BackwardPlan, View } from './plan.js';
import { checkApart, freshFloat32, resultIn } from './result.js';
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
  const { batch, queryHeads } = attention;
  const layout: Layout = own.layout === 'bshd' ? 'bshd' : 'bhsd';

  const result = checkFloats(op, 'forward.output', output, workspace);
  const seed = checkSeed(dOutput, result, attention, workspace);
  const rows = [batch, queryHeads, attention.queryLength].slice(4 - result.shape.length);
  const sums = checkSums(logSumExp, rows, workspace);
  const inputs = { query: q, key: k, value: v };
  const others = { 'forward.output': output, 'forward.logSumExp': logSumExp, dOutput, ...inputsAmong(own) };
  const [dQuery, dKey, dValue] = resultsIn(out, inputs, others, workspace);
  const dBias = gradients.includes('bias') ? freshFloat32(op, shapeOf(own.bias)) : undefined;
  const dSinks = gradients.includes('sinks') ? new Float32Array(queryHeads) : undefined;
  const found: PlannedBackward['result'] = {
    dQuery: dQuery.source as Tensor<FloatData>,
    dKey: dKey.source as Tensor<FloatData>,
    dValue: dValue.source as Tensor<FloatData>,
  };
  if (dBias) found.dBias = dBias;
  if (dSinks) found.dSinks = dSinks;
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
  if (!Array.isArray(gradients)) throw optionError(op, 'gradients', received(gradients), "a list of 'bias' and 'sinks'");
  for (const name of gradients) {
    if (name !== 'bias' && name !== 'sinks') throw optionError(op, 'gradients', list(gradients), "a list of 'bias' and 'sinks'");
    if (own[name] === undefined) throw optionError(op, 'gradients', list(gradients), 'gradients of what the call has', `it has no ${name}`);
  }
  return { ...own, gradients, out };
}

const outNames = ['dQuery', 'dKey', 'dValue'] as const;

/** The gradients of query, key and value, in that order: where `out` says, or in new memory. */
function resultsIn(
  out: unknown,
  inputs: Readonly<Record<string, unknown>>,
  others: Readonly<Record<string, unknown>>,
  workspace: Workspace,
): [CheckedFloats, CheckedFloats, CheckedFloats] {
  const given = out ?? {};
  if (!isRecord(given)) throw optionError(op, 'out', received(out), 'an object { dQuery, dKey, dValue }');
  for (const name in given) if (!outNames.some((known) => known === name)) throw unknownField(op, 'out', name, outNames);
  const tensors = outNames.map((name) => (given[name] === undefined ? undefined : checkFloats(op, `out.${name}`, given[name], workspace)));
  const results = Object.entries(inputs).map(([name, tensor], at) => {
    const input = checkFloats(op, name, tensor, workspace);
    const own = tensors[at];
    if (own && own.dtype !== input.dtype)
      throw dtypeError(op, `out.${outNames[at]}`, `dtype ${own.dtype}`, input.dtype, `the dtype of ${name}`);
    return resultIn(op, own, input.shape, input, workspace, `out.${outNames[at]}`);
  });
  tensors.forEach((tensor, at) => {
    if (tensor === undefined) return;
    const name = `out.${outNames[at]}`;
    for (const [input, value] of Object.entries({ ...inputs, ...others }))
      checkApart(op, tensor, input, ArrayBuffer.isView(value) ? value : checkAny(op, input, value), name);
    for (let other = 0; other < at; other++) checkApart(op, tensor, `out.${outNames[other]}`, tensors[other], name);
  });
  return results as [CheckedFloats, CheckedFloats, CheckedFloats];
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
  let plan: AttentionPlan;
  try {
    ({ plan } = planAttention(q, k, v, options));
  } catch (error) {
    throw renamed(op, error, ['attention: out ', 'attention: forward.output ']);
  }
  if (plan.score === 'general' || plan.score === 'additive')
    throw optionError(op, 'score', `'${plan.score}'`, "'dot', 'cosine', 'euclidean' or rbf", 'the others have no gradient yet');
  return plan;
}

function checkSeed(dOutput: unknown, output: CheckedFloats, attention: AttentionPlan, workspace: Workspace): CheckedFloats {
  const seed = checkFloats(op, 'dOutput', dOutput, workspace);
  if (list(seed.shape) !== list(output.shape))
    throw shapeError(op, 'dOutput', `shape ${list(seed.shape)}`, list(output.shape), 'the shape of forward.output');
  if (seed.dtype !== 'float32' && seed.dtype !== attention.dtype)
    throw dtypeError(op, 'dOutput', `dtype ${seed.dtype}`, attention.dtype === 'float32' ? 'float32' : `float32 or ${attention.dtype}`);
  return seed;
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
