// @ts-check
/** The attention operators, and what each of them cannot do. */
import { visibleKeys } from '../counting.mjs';
import { headsFirst, headsLast } from '../layouts.mjs';
import { float32, narrowed } from './graph.mjs';

/** @import { AttentionCase, Inputs } from '../types.js' */
/** @import { Filled, Graph } from './types.js' */

/** @param {AttentionCase} item */
export function refusedByMultiHead(item) {
  if (item.queryHeads !== item.kvHeads) return 'has as many key heads as query heads';
  if (item.window) return 'has no window';
  return narrowed(item);
}

/** @param {AttentionCase} item */
export function refusedByGroupQuery(item) {
  if (item.score) return narrowed(item);
  const isCausal = item.causal || item.window?.[1] === 0 || item.queryLength === 1;
  if (!isCausal) return 'is causal';
  if (item.lengths) return 'is causal';
  return item.dtype ? narrowed(item) : undefined;
}

/** ONNX's own, opset 23: takes `[b, h, s, d]` as it is, groups heads, and knows a window or lengths as a mask only. @param {AttentionCase} item @param {Inputs} inputs @returns {Graph} */
export function attention(item, inputs) {
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim, causal } = item;
  const mask = item.window ? [windowMask(item)] : item.lengths ? [lengthMask(item)] : [];
  return {
    nodes: [
      {
        operator: 'Attention',
        attributes: { is_causal: causal && !item.window ? 1 : 0 },
        takes: ['q', 'k', 'v', ...mask.map(({ name }) => name)],
        gives: ['output'],
      },
    ],
    inputs: [
      float32('q', [batch, queryHeads, queryLength, headDim], inputs.q),
      float32('k', [batch, kvHeads, keyLength, headDim], inputs.k),
      float32('v', [batch, kvHeads, keyLength, valueDim], inputs.v),
      ...mask,
    ],
    outputs: [{ name: 'output', type: 'float32', dims: [batch, queryHeads, queryLength, valueDim] }],
  };
}

/** com.microsoft's: queries `[b, s, h·d]`, keys and values may stay `[b, h, s, d]`. @param {AttentionCase} item @param {Inputs} inputs @returns {Graph} */
export function multiHead(item, inputs) {
  const { batch, queryHeads: heads, queryLength, keyLength, headDim, valueDim, causal } = item;
  const padding = item.lengths
    ? [{ name: 'padding', type: /** @type {const} */ ('int32'), dims: [batch, keyLength], data: Int32Array.from(keysThere(item)) }]
    : [];
  return {
    nodes: [
      {
        operator: 'MultiHeadAttention',
        domain: 'com.microsoft',
        attributes: { num_heads: heads, unidirectional: causal ? 1 : 0 },
        takes: ['q', 'k', 'v', ...(padding.length > 0 ? ['', 'padding'] : [])],
        gives: ['output'],
      },
    ],
    inputs: [
      float32('q', [batch, queryLength, heads * headDim], headsLast(inputs.q, batch, heads, queryLength, headDim)),
      float32('k', [batch, heads, keyLength, headDim], inputs.k),
      float32('v', [batch, heads, keyLength, valueDim], inputs.v),
      ...padding,
    ],
    outputs: [{ name: 'output', type: 'float32', dims: [batch, queryLength, heads * valueDim] }],
    read: (output) => headsFirst(output, batch, heads, queryLength, valueDim),
  };
}

/**
 * com.microsoft's for decoders: causal, grouped heads, a window to the left; it appends the newest keys to a cache, here one that has
 * the right size. Of the ways to hand the cache over (none at first, one key short, the same memory in and out) this is the fastest.
 * @param {AttentionCase} item @param {Inputs} inputs @returns {Graph}
 */
export function groupQuery(item, inputs) {
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim, window } = item;
  const cache = [batch, kvHeads, keyLength, headDim];
  /** @param {string} name @param {Float32Array} data @returns {Filled} the last queryLength keys */
  const appended = (name, data) => {
    const newest = lastKeys(data, batch * kvHeads, keyLength, queryLength, headDim);
    return float32(name, [batch, queryLength, kvHeads * headDim], headsLast(newest, batch, kvHeads, queryLength, headDim));
  };
  return {
    nodes: [
      {
        operator: 'GroupQueryAttention',
        domain: 'com.microsoft',
        attributes: { num_heads: queryHeads, kv_num_heads: kvHeads, ...(window && { local_window_size: window[0] + 1 }) },
        takes: ['q', 'k', 'v', 'past_k', 'past_v', 'seqlens', 'total'],
        gives: ['output', 'present_k', 'present_v'],
      },
    ],
    inputs: [
      float32('q', [batch, queryLength, queryHeads * headDim], headsLast(inputs.q, batch, queryHeads, queryLength, headDim)),
      appended('k', inputs.k),
      appended('v', inputs.v),
      float32('past_k', cache, inputs.k),
      float32('past_v', cache, inputs.v),
      { name: 'seqlens', type: 'int32', dims: [batch], data: new Int32Array(batch).fill(keyLength - 1) },
      { name: 'total', type: 'int32', dims: [1], data: Int32Array.of(keyLength) },
    ],
    outputs: [
      { name: 'output', type: 'float32', dims: [batch, queryLength, queryHeads * valueDim] },
      { name: 'present_k', type: 'float32', dims: cache },
      { name: 'present_v', type: 'float32', dims: cache },
    ],
    read: (output) => headsFirst(output, batch, queryHeads, queryLength, valueDim),
  };
}

/** @param {Float32Array} data `[heads, keys, d]` @param {number} heads @param {number} keys @param {number} count @param {number} d */
function lastKeys(data, heads, keys, count, d) {
  const last = new Float32Array(heads * count * d);
  for (let head = 0; head < heads; head++)
    last.set(data.subarray((head * keys + keys - count) * d, (head + 1) * keys * d), head * count * d);
  return last;
}

/** @param {AttentionCase} item @returns {Filled} true where a query sees a key */
function windowMask(item) {
  const { queryLength, keyLength } = item;
  const data = new Uint8Array(queryLength * keyLength);
  for (let query = 0; query < queryLength; query++) {
    const [first, end] = visibleKeys(item, query);
    data.fill(1, query * keyLength + first, query * keyLength + end);
  }
  return { name: 'mask', type: 'bool', dims: [1, 1, queryLength, keyLength], data };
}

/** @param {AttentionCase} item @returns {Filled} true where a key is none of the padding, for every query */
function lengthMask(item) {
  const { batch, queryLength, keyLength } = item;
  const there = keysThere(item);
  const data = new Uint8Array(batch * queryLength * keyLength);
  for (let row = 0; row < batch * queryLength; row++) {
    const start = Math.floor(row / queryLength) * keyLength;
    data.set(there.subarray(start, start + keyLength), row * keyLength);
  }
  return { name: 'mask', type: 'bool', dims: [batch, 1, queryLength, keyLength], data };
}

/** @param {AttentionCase} item @returns {Uint8Array} `[b, skv]`: 1 where a key is none of the padding */
function keysThere({ batch, keyLength, lengths = [] }) {
  const there = new Uint8Array(batch * keyLength);
  for (const [row, length] of lengths.entries()) there.fill(1, row * keyLength, row * keyLength + length);
  return there;
}
