/**
 * What every attention has, wherever its keys and values lie: its options, and what they mean beside the sizes of queries and keys.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import type { AttentionResult, CacheAttentionOptions, FloatData, Layout, Tensor } from '../types.js';
import { broadcastStrides } from '../validate/broadcast.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import type { Checked, CheckedFloats } from '../validate/tensor.js';
import { fromHeads, toHeads } from './heads.js';
import type { AttentionRules, View } from './plan.js';
import { freshFloat32, freshResult, givenResult } from './result.js';

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

/** What of the keys the caller has given, too, and `out` must keep off. */
interface Keys {
  readonly key?: CheckedFloats;
  readonly value?: CheckedFloats;
}

export interface PlannedRules {
  readonly rules: AttentionRules;
  readonly result: AttentionResult<FloatData>;
}

/** Checks what is left to be checked and allocates what is to be written. */
export function planRules(
  op: string,
  query: CheckedFloats,
  keys: Keys,
  layout: Layout,
  sizes: Sizes,
  positions: Positions,
  given: Given,
): PlannedRules {
  const rank = query.shape.length;
  const { batch, queryHeads, queryLength, keyLength, headDim, valueDim } = sizes;
  const { windowLeft, windowRight, queryOffset, queryOffsets, keyLengths } = positions;
  // What is indexed by query and key has no dimensions that q left out.
  const scores = [batch, queryHeads, queryLength, keyLength].slice(4 - rank);
  const mask = given.mask && stretch(op, 'mask', given.mask, scores);
  const bias = given.bias && stretch(op, 'bias', given.bias, scores);
  checkLengths(op, 'queryLengths', given.queryLengths, batch, queryLength);
  checkEntries(op, 'alibi', given.alibi, queryHeads, 'query heads');
  checkEntries(op, 'sinks', given.sinks, queryHeads, 'query heads');

  const outShape = fromHeads([batch, queryHeads, queryLength, valueDim], rank, layout);
  const output = given.out
    ? givenResult(op, outShape, query, given.out, {
        query,
        key: keys.key,
        value: keys.value,
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
    rules: {
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
function stretch<D extends ArrayBufferView>(op: string, name: string, tensor: Checked<D>, scores: readonly number[]): View<D> {
  const strides = broadcastStrides(tensor.shape, tensor.strides, scores);
  if (strides === undefined)
    throw shapeError(op, name, `shape ${list(tensor.shape)}`, `one that broadcasts from the right to ${list(scores)}`);
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
