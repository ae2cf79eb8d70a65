/**
 * What every attention has, wherever its keys and values lie: its options, and what they mean beside the sizes of queries and keys.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import type { AttentionResult, CacheAttentionOptions, FloatData, Layout, Tensor } from '../types.js';
import * as rule from '../validate/options.js';
import type { Checked, CheckedFloats } from '../validate/tensor.js';
import { fromHeads, toHeads } from './heads.js';
import type { AttentionOp, AttentionRules, Floats, View } from './plan.js';
import { freshFloat32, freshResult, givenResult } from './result.js';
import { stretchedStrides } from './stretch.js';

/** All but `keyLengths`, which a cache knows by itself. */
export const attentionOptions = {
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

export type Sizes = Pick<AttentionRules, 'batch' | 'queryHeads' | 'kvHeads' | 'queryLength' | 'keyLength' | 'headDim' | 'valueDim'>;

/** Where the queries stand among the keys: each attention has defaults of its own. */
export type Positions = Pick<AttentionRules, 'windowLeft' | 'windowRight' | 'queryOffset' | 'queryOffsets' | 'keyLengths'>;

type ViewOf<Keys> = Keys extends CheckedFloats ? View<Floats> : undefined;

export interface PlannedRules<Op extends AttentionOp, Keys extends CheckedFloats | undefined> {
  readonly plan: AttentionRules<Op, ViewOf<Keys>>;
  readonly result: AttentionResult<FloatData>;
}

/**
 * Checks what is left to be checked, allocates what is to be written, and writes the plan in one literal: to add to an object or to
 * spread it takes longer than all the checks.
 * @param op for messages
 * @param key `key` and `value` are what the caller has given of the keys
 */
export function planRules<Op extends AttentionOp, Keys extends CheckedFloats | undefined>(
  op: string,
  planOp: Op,
  query: CheckedFloats,
  key: Keys,
  value: Keys,
  layout: Layout,
  sizes: Sizes,
  positions: Positions,
  given: Given,
): PlannedRules<Op, Keys> {
  const rank = query.shape.length;
  const { batch, queryHeads, queryLength, keyLength, headDim, valueDim } = sizes;
  const { windowLeft, windowRight, queryOffset, queryOffsets, keyLengths } = positions;
  // What is indexed by query and key has no dimensions that q left out.
  const scores = fromHeads(batch, queryHeads, queryLength, keyLength, rank, 'bhsd');
  const mask = given.mask && scoresView(op, 'mask', given.mask, scores);
  const bias = given.bias && scoresView(op, 'bias', given.bias, scores);
  checkLengths(op, 'queryLengths', given.queryLengths, batch, queryLength);
  checkEntries(op, 'alibi', given.alibi, queryHeads, 'query heads');
  checkEntries(op, 'sinks', given.sinks, queryHeads, 'query heads');

  const outShape = fromHeads(batch, queryHeads, queryLength, valueDim, rank, layout);
  const output = given.out
    ? givenResult(op, outShape, query, given.out, {
        query,
        key,
        value,
        mask: given.mask,
        bias: given.bias,
        alibi: given.alibi,
        sinks: given.sinks,
        keyLengths,
        queryLengths: given.queryLengths,
        queryOffset: queryOffsets,
      })
    : freshResult(op, outShape, query);
  const weights = given.returnWeights ? freshFloat32(op, scores) : undefined;
  const logSumExp = given.returnLogSumExp ? freshFloat32(op, scores.slice(0, -1)) : undefined;
  return {
    plan: {
      op: planOp,
      batch,
      queryHeads,
      kvHeads: sizes.kvHeads,
      queryLength,
      keyLength,
      headDim,
      valueDim,
      dtype: query.dtype,
      outDtype: output.dtype,
      scale: given.scale ?? (headDim === 0 ? 1 : 1 / Math.sqrt(headDim)),
      softcap: given.softcap ?? 0,
      windowLeft,
      windowRight,
      queryOffset,
      queryOffsets,
      q: headsOf(query, layout),
      k: (key && headsOf(key, layout)) as ViewOf<Keys>,
      v: (value && headsOf(value, layout)) as ViewOf<Keys>,
      out: headsOf(output, layout),
      mask,
      bias,
      alibi: given.alibi,
      sinks: given.sinks,
      keyLengths,
      queryLengths: given.queryLengths,
      weights: weights?.data,
      logSumExp: logSumExp?.data,
    },
    result: resultOf(output.tensor, weights?.tensor, logSumExp?.tensor),
  };
}

/** A tensor of any rank and layout as plans read it. */
export function headsOf<D extends ArrayBufferView>({ data, offset, strides }: View<D>, layout: Layout): View<D> {
  return { data, offset, strides: toHeads(strides, layout, 0) };
}

/** Only what was asked for; without a spread, which costs more than the checks. */
function resultOf(output: Tensor<FloatData>, weights: Tensor | undefined, logSumExp: Tensor | undefined): AttentionResult<FloatData> {
  if (weights !== undefined) return logSumExp === undefined ? { output, weights } : { output, weights, logSumExp };
  return logSumExp === undefined ? { output } : { output, logSumExp };
}

/** The mask or bias as it is read at `[batch, query head, query, key]`. */
function scoresView<D extends ArrayBufferView>(op: string, name: string, tensor: Checked<D>, scores: readonly number[]): View<D> {
  const strides = stretchedStrides(op, name, tensor, scores);
  return { data: tensor.data, offset: tensor.offset, strides: toHeads(strides, 'bhsd', 0) };
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
  for (const [row, length] of lengths.entries()) {
    if (length < 0 || length > limit) throw optionError(op, `${name}[${row}]`, String(length), `0 to ${limit}`);
  }
}
