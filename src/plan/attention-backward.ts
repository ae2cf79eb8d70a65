/**
 * attentionBackward's arguments → {@link BackwardPlan}: those of the attention, checked as it checks them, then what it gave, and what is
 * wanted.
 * @module
 */
import { dtypeError, optionError, renamed, shapeError } from '../errors.js';
import type { AttentionGradients, FloatData, GradientName, Layout, Tensor } from '../types.js';
import { list, received } from '../validate/describe.js';
import { type Checked, type CheckedFloats, checkFloat32, checkFloats, rowMajor } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';
import { planAttention } from './attention.js';
import { headsOf } from './heads.js';
import type { AttentionPlan, BackwardPlan, View } from './plan.js';
import { freshFloat32, resultIn } from './result.js';
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
  const { gradients, ...own } = checkGradients(options);
  const attention = planForward(q, k, v, { ...own, out: output });
  const { batch, queryHeads } = attention;
  const layout: Layout = own.layout === 'bshd' ? 'bshd' : 'bhsd';

  const result = checkFloats(op, 'forward.output', output, workspace);
  const seed = checkSeed(dOutput, result, attention, workspace);
  const rows = [batch, queryHeads, attention.queryLength].slice(4 - result.shape.length);
  const gradient = (name: string, tensor: unknown): CheckedFloats => {
    const input = checkFloats(op, name, tensor, workspace);
    return resultIn(op, undefined, input.shape, input, workspace);
  };
  const dQuery = gradient('query', q);
  const dKey = gradient('key', k);
  const dValue = gradient('value', v);
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
    logSumExp: checkSums(logSumExp, rows, workspace),
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
function checkGradients(options: unknown): { gradients: readonly GradientName[] } & Record<string, unknown> {
  if (options === undefined) return { gradients: [] };
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw optionError(op, 'the last argument', received(options), 'an object of options');
  const { gradients = [], ...own } = options as Record<string, unknown>;
  for (const name of ['out', 'returnWeights', 'returnLogSumExp'])
    if (own[name] !== undefined) throw optionError(op, name, received(own[name]), 'none', 'gradients lie in new memory');
  if (!Array.isArray(gradients)) throw optionError(op, 'gradients', received(gradients), "a list of 'bias' and 'sinks'");
  for (const name of gradients) {
    if (name !== 'bias' && name !== 'sinks') throw optionError(op, 'gradients', list(gradients), "a list of 'bias' and 'sinks'");
    if (own[name] === undefined) throw optionError(op, 'gradients', list(gradients), 'gradients of what the call has', `it has no ${name}`);
  }
  return { ...own, gradients };
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
