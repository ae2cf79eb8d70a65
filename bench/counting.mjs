// @ts-check
/** What a case costs: flops, the bytes that must cross from and to memory, and which keys a query sees. */

/** @import { AttentionCase, Case, DType } from './types.js' */

const bytesPerNumber = Float32Array.BYTES_PER_ELEMENT;

/** @param {DType | undefined} dtype */
const bytesPer = (dtype) => (dtype === 'int8' ? 1 : dtype ? 2 : bytesPerNumber);

/**
 * Keys that a query sees: `[first, end)`. Query 0 stands at key keyLength − queryLength, so the last query sees the last key.
 * @param {AttentionCase} item
 * @param {number} query
 * @returns {readonly [number, number]}
 */
export function visibleKeys(item, query) {
  const place = query + item.keyLength - item.queryLength;
  const [left, right] = item.window ?? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const first = Math.max(0, place - left);
  const end = Math.min(item.keyLength, place + (item.causal ? Math.min(right, 0) : right) + 1);
  return [first, Math.max(first, end)];
}

/** Pairs of a query and a key that it sees, over all heads. @param {AttentionCase} item */
function pairs(item) {
  const heads = item.batch * item.queryHeads;
  const square = item.queryLength * item.keyLength;
  if (item.lengths) return item.queryHeads * item.lengths.reduce((sum, length) => sum + length * length, 0);
  if (!item.window) return heads * (item.causal && item.queryLength === item.keyLength ? square / 2 : square);
  let seen = 0;
  for (let query = 0; query < item.queryLength; query++) {
    const [first, end] = visibleKeys(item, query);
    seen += end - first;
  }
  return heads * seen;
}

/**
 * 2·m·n·k for a matmul and 2·(d + dv) for each pair of a query and a key: 4·b·h·sq·skv·d, half of that when causal, the exact
 * number of pairs in a window, and of those that are no padding. A softmax has none that anyone would agree on.
 * @param {Case} item
 */
export function flopsOf(item) {
  if (item.op === 'matmul') return 2 * item.batch * item.m * item.n * item.k;
  if (item.op === 'attention') return 2 * (item.headDim + item.valueDim) * pairs(item);
  return 0;
}

/** Every input read once and the output written once; a scale of int8 is a float32 beside them. @param {Case} item */
export function bytesOf(item) {
  const size = bytesPer(item.dtype);
  if (item.op === 'softmax') return 2 * item.shape[0] * item.shape[1] * size;
  if (item.op === 'matmul') {
    const { batch, m, n, k, weights } = item;
    const scales = weights === 'int8' ? n * bytesPerNumber : 0;
    return batch * ((m * k + m * n) * size + k * n * bytesPer(weights ?? item.dtype) + scales);
  }
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim, dtype, through } = item;
  const perKey = (headDim + valueDim) * size + (dtype === 'int8' ? 2 * bytesPerNumber : 0);
  const perQuery = (headDim + valueDim) * (through ? bytesPerNumber : size);
  return batch * (kvHeads * keyLength * perKey + queryHeads * queryLength * perQuery);
}

/** Rough cost for plain JavaScript, to say what is too much for it: a number from memory counts as 16 flops. @param {Case} item */
export const workOf = (item) => flopsOf(item) + (16 * bytesOf(item)) / bytesPerNumber;
