/**
 * attention's arguments → {@link AttentionPlan}: how query, key and value fit together, what each option means, every default.
 * @module
 */
import { dtypeError, shapeError } from '../errors.js';
import type { AttentionOptions, AttentionResult, FloatData, Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { type CheckedFloats, checkFloats } from '../validate/tensor.js';
import { fromHeads, toHeads } from './heads.js';
import type { AttentionPlan } from './plan.js';
import { freshFloat32, freshResult, givenResult } from './result.js';
import { checkEntries, checkLengths, stretch } from './rows-and-keys.js';

const op = 'attention';

const rules = {
  scale: rule.finite,
  mask: rule.maskTensor,
  bias: rule.float32Tensor,
  causal: rule.boolean,
  queryOffset: rule.integerOrInt32Array,
  window: rule.window,
  keyLengths: rule.int32Array,
  queryLengths: rule.int32Array,
  softcap: rule.positive,
  alibi: rule.float32Array,
  sinks: rule.float32Array,
  layout: rule.layout,
  returnWeights: rule.boolean,
  returnLogSumExp: rule.boolean,
  out: rule.floatTensor,
} satisfies rule.Rules<AttentionOptions>;

export interface PlannedAttention {
  readonly plan: AttentionPlan;
  readonly result: AttentionResult<FloatData>;
}

export function planAttention(q: unknown, k: unknown, v: unknown, options: unknown): PlannedAttention {
  const query = checkFloats(op, 'query', q);
  const key = checkFloats(op, 'key', k);
  const value = checkFloats(op, 'value', v);
  const given = rule.checkOptions(op, options, rules);

  const rank = query.shape.length;
  const layout = given.layout ?? 'bhsd';
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim } = relate(query, key, value, layout);

  // What is indexed by query and key has no dimensions that q left out.
  const scores = [batch, queryHeads, queryLength, keyLength].slice(4 - rank);
  const mask = given.mask && stretch(op, 'mask', given.mask, scores);
  const bias = given.bias && stretch(op, 'bias', given.bias, scores);
  checkLengths(op, 'keyLengths', given.keyLengths, batch, keyLength);
  checkLengths(op, 'queryLengths', given.queryLengths, batch, queryLength);
  checkEntries(op, 'alibi', given.alibi, queryHeads, 'query heads');
  checkEntries(op, 'sinks', given.sinks, queryHeads, 'query heads');
  const { queryOffset } = given;
  const queryOffsets = typeof queryOffset === 'object' ? queryOffset : undefined;
  checkEntries(op, 'queryOffset', queryOffsets, batch, 'batch');
  const [windowLeft, windowRight] = given.window ?? [Infinity, Infinity];

  const outShape = fromHeads([batch, queryHeads, queryLength, valueDim], rank, layout);
  const output = given.out
    ? givenResult(op, outShape, query, given.out, {
        query,
        key,
        value,
        mask: given.mask,
        bias: given.bias,
        alibi: given.alibi,
        sinks: given.sinks,
        keyLengths: given.keyLengths,
        queryLengths: given.queryLengths,
        queryOffset: queryOffsets,
      })
    : freshResult(op, outShape, query);
  const weights = given.returnWeights ? freshFloat32(op, scores) : undefined;
  const logSumExp = given.returnLogSumExp ? freshFloat32(op, scores.slice(0, -1)) : undefined;

  return {
    plan: {
      op,
      dtype: query.dtype,
      outDtype: output.dtype,
      scale: given.scale ?? (headDim === 0 ? 1 : 1 / Math.sqrt(headDim)),
      softcap: given.softcap ?? 0,
      windowLeft,
      windowRight: given.causal ? 0 : windowRight,
      queryOffset: typeof queryOffset === 'number' ? queryOffset : keyLength - queryLength,
      queryOffsets,
      q: { data: query.data, offset: query.offset, strides: toHeads(query.strides, layout, 0) },
      k: { data: key.data, offset: key.offset, strides: toHeads(key.strides, layout, 0) },
      v: { data: value.data, offset: value.offset, strides: toHeads(value.strides, layout, 0) },
      out: { data: output.data, offset: output.offset, strides: toHeads(output.strides, layout, 0) },
      mask,
      bias,
      alibi: given.alibi,
      sinks: given.sinks,
      keyLengths: given.keyLengths,
      queryLengths: given.queryLengths,
      weights: weights?.data,
      logSumExp: logSumExp?.data,
      batch,
      queryHeads,
      kvHeads,
      queryLength,
      keyLength,
      headDim,
      valueDim,
    },
    result: resultOf(output.tensor, weights?.tensor, logSumExp?.tensor),
  };
}

/** Only what was asked for; without a spread, which costs more than the checks. */
function resultOf(output: Tensor<FloatData>, weights: Tensor | undefined, logSumExp: Tensor | undefined): AttentionResult<FloatData> {
  if (weights !== undefined) return logSumExp === undefined ? { output, weights } : { output, weights, logSumExp };
  return logSumExp === undefined ? { output } : { output, logSumExp };
}

type Sizes = Pick<AttentionPlan, 'batch' | 'queryHeads' | 'kvHeads' | 'queryLength' | 'keyLength' | 'headDim' | 'valueDim'>;

/** The sizes that query, key and value agree on. */
function relate(query: CheckedFloats, key: CheckedFloats, value: CheckedFloats, layout: 'bhsd' | 'bshd'): Sizes {
  const rank = query.shape.length;
  if (rank < 2 || rank > 4) {
    throw shapeError(op, 'query', `rank ${rank}`, 'rank 2 [s, d], 3 [h, s, d] or 4 [b, h, s, d]', `query is ${list(query.shape)}`);
  }
  const said = (name: string, tensor: CheckedFloats) =>
    `query is ${list(query.shape)}, ${name} is ${list(tensor.shape)}${layout === 'bhsd' ? '' : `, layout is '${layout}'`}`;
  for (const tensor of [key, value]) {
    const name = tensor === key ? 'key' : 'value';
    if (tensor.shape.length !== rank)
      throw shapeError(op, name, `rank ${tensor.shape.length}`, `${rank}, the rank of query`, said(name, tensor));
    if (tensor.dtype !== query.dtype) throw dtypeError(op, name, `dtype ${tensor.dtype}`, `${query.dtype}, the dtype of query`);
  }
  const [batch, queryHeads, queryLength, headDim] = toHeads(query.shape, layout, 1);
  const [keyBatch, kvHeads, keyLength, keyDim] = toHeads(key.shape, layout, 1);
  const [valueBatch, valueHeads, valueLength, valueDim] = toHeads(value.shape, layout, 1);
  if (keyBatch !== batch) throw shapeError(op, 'key', `batch ${keyBatch}`, String(batch), said('key', key));
  if (valueBatch !== batch) throw shapeError(op, 'value', `batch ${valueBatch}`, String(batch), said('value', value));
  if (keyDim !== headDim) throw shapeError(op, 'key', `head dim ${keyDim}`, String(headDim), said('key', key));
  if (valueHeads !== kvHeads) throw shapeError(op, 'value', `${valueHeads} heads`, `${kvHeads}, as key has`, said('value', value));
  if (valueLength !== keyLength) throw shapeError(op, 'value', `length ${valueLength}`, `${keyLength}, as key has`, said('value', value));
  if (kvHeads === 0 ? queryHeads > 0 : queryHeads % kvHeads > 0) {
    throw shapeError(op, 'query', `${queryHeads} heads`, `a multiple of the ${kvHeads} key/value heads`, said('key', key));
  }
  return { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim };
}
