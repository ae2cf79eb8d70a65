/**
 * What every attention has, wherever its keys and values lie: its options, and what they mean beside the sizes of queries and keys.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import type { AttentionResult, CacheAttentionOptions, FloatData, Layout, Tensor } from '../types.js';
import * as rule from '../validate/options.js';
import type { CheckedFloats } from '../validate/tensor.js';
import type { Workspace } from '../validate/workspace.js';
import type { Draft } from './frame.js';
import { fromHeads, headsOf } from './heads.js';
import type { AttentionPlan, CacheAttentionPlan } from './plan.js';
import { checkApart, freshFloat32, resultIn } from './result.js';
import { planScore } from './score.js';
import { stretched } from './stretch.js';

/** All but `keyLengths`, which a cache knows by itself. */
export const attentionOptions = {
  score: rule.score,
  scale: rule.finite,
  mask: rule.maskTensor,
  bias: rule.float32Tensor,
  causal: rule.boolean,
  queryOffset: rule.integerOrInt32Array,
  window: rule.window,
  queryLengths: rule.int32Array,
  softcap: rule.positive,
  alibi: rule.float32Array,
  sinks: rule.float32Array,
  layout: rule.layout,
  returnWeights: rule.boolean,
  returnLogSumExp: rule.boolean,
  out: rule.floatTensor,
} satisfies rule.Rules<CacheAttentionOptions>;

type Given = rule.CheckedOptions<typeof attentionOptions>;

/** The frame of any attention. */
interface RulesFrame extends Workspace {
  readonly plan: Draft<AttentionPlan> | Draft<CacheAttentionPlan>;
  readonly given: Given;
  result: AttentionResult<FloatData>;
}

/**
 * Checks what is left to be checked, allocates what is to be written, and fills in the rest of the plan: its sizes, and where the queries
 * stand among the keys, are there already.
 * @param op for messages
 * @param key `key` and `value` are what the caller has given of the keys
 */
export function planRules(
  op: string,
  frame: RulesFrame,
  query: CheckedFloats,
  key: CheckedFloats | undefined,
  value: CheckedFloats | undefined,
  layout: Layout,
): void {
  const { plan, given } = frame;
  const { batch, queryHeads, queryLength, headDim, valueDim } = plan;
  const rank = query.shape.length;
  plan.mask = given.mask && headsOf(stretched(op, 'mask', given.mask, scoresShape(frame, rank), frame), 'bhsd', frame);
  plan.bias = given.bias && headsOf(stretched(op, 'bias', given.bias, scoresShape(frame, rank), frame), 'bhsd', frame);
  checkLengths(op, 'queryLengths', given.queryLengths, batch, queryLength);
  checkEntries(op, 'alibi', given.alibi, queryHeads, 'query heads');
  checkEntries(op, 'sinks', given.sinks, queryHeads, 'query heads');
  if (given.score !== undefined) planScore(op, frame, given.score, given.out);

  const shape = fromHeads(batch, queryHeads, queryLength, valueDim, rank, layout, frame);
  const output = resultIn(op, given.out, shape, query, frame);
  if (given.out !== undefined) checkInputsApart(op, given.out, frame, query, key, value);
  const weights = given.returnWeights ? freshFloat32(op, scoresShape(frame, rank).slice()) : undefined;
  const logSumExp = given.returnLogSumExp ? freshFloat32(op, scoresShape(frame, rank).slice(0, -1)) : undefined;
  plan.dtype = query.dtype;
  plan.outDtype = output.dtype;
  plan.scale = given.scale ?? (plan.score !== 'dot' || headDim === 0 ? 1 : 1 / Math.sqrt(headDim));
  plan.softcap = given.softcap ?? 0;
  plan.q = headsOf(query, layout, frame);
  plan.out = headsOf(output, layout, frame);
  plan.alibi = given.alibi;
  plan.sinks = given.sinks;
  plan.queryLengths = given.queryLengths;
  plan.weights = weights?.data;
  plan.logSumExp = logSumExp?.data;
  frame.result = resultOf(output.source as Tensor<FloatData>, weights, logSumExp);
}

/** What is indexed by query and key has no dimensions that q left out. */
function scoresShape(frame: RulesFrame, rank: number): number[] {
  const { batch, queryHeads, queryLength, keyLength } = frame.plan;
  return fromHeads(batch, queryHeads, queryLength, keyLength, rank, 'bhsd', frame);
}

function checkInputsApart(
  op: string,
  out: CheckedFloats,
  { plan, given }: RulesFrame,
  query: CheckedFloats,
  key: CheckedFloats | undefined,
  value: CheckedFloats | undefined,
): void {
  checkApart(op, out, 'query', query);
  checkApart(op, out, 'key', key);
  checkApart(op, out, 'value', value);
  checkApart(op, out, 'mask', given.mask);
  checkApart(op, out, 'bias', given.bias);
  checkApart(op, out, 'alibi', given.alibi);
  checkApart(op, out, 'sinks', given.sinks);
  checkApart(op, out, 'keyLengths', plan.keyLengths);
  checkApart(op, out, 'queryLengths', given.queryLengths);
  checkApart(op, out, 'queryOffset', plan.queryOffsets);
}

/** Only what was asked for; without a spread, which costs more than the checks. */
function resultOf(output: Tensor<FloatData>, weights: Tensor | undefined, logSumExp: Tensor | undefined): AttentionResult<FloatData> {
  if (weights !== undefined) return logSumExp === undefined ? { output, weights } : { output, weights, logSumExp };
  return logSumExp === undefined ? { output } : { output, logSumExp };
}

export function checkEntries(
  op: string,
  name: string,
  array: { readonly length: number } | undefined,
  expected: number,
  what: string,
): void {
  if (array !== undefined && array.length !== expected)
    throw shapeError(op, name, `${array.length} entries`, `${expected}, one for each of the ${what}`);
}

export function checkLengths(op: string, name: string, lengths: Int32Array | undefined, batch: number, limit: number): void {
  if (lengths === undefined) return;
  checkEntries(op, name, lengths, batch, 'batch');
  for (let row = 0; row < batch; row++) {
    const length = lengths[row] ?? 0;
    if (length < 0 || length > limit) throw optionError(op, `${name}[${row}]`, String(length), `0 to ${limit}`);
  }
}
