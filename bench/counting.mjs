// @ts-check
/** What a case costs: flops, the bytes that must cross from and to memory, and which keys a query sees. */

/** @import { AttentionCase, Case } from './types.js' */

const bytesPerNumber = Float32Array.BYTES_PER_ELEMENT;

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
 * number of pairs in a window. A softmax has none that anyone would agree on.
 * @param {Case} item
 */
export function flopsOf(item) {
  if (item.op === 'matmul') return 2 * item.batch * item.m * item.n * item.k;
  if (item.op === 'attention') return 2 * (item.headDim + item.valueDim) * pairs(item);
  return 0;
}

/** Every input read once and the output written once. @param {Case} item */
export function bytesOf(item) {
  if (item.op === 'softmax') return 2 * item.shape[0] * item.shape[1] * bytesPerNumber;
  if (item.op === 'matmul') return item.batch * (item.m * item.k + item.k * item.n + item.m * item.n) * bytesPerNumber;
  const perKey = item.kvHeads * item.keyLength * (item.headDim + item.valueDim);
  const perQuery = item.queryHeads * item.queryLength * (item.headDim + item.valueDim);
  return item.batch * (perKey + perQuery) * bytesPerNumber;
}

/** Rough cost for plain JavaScript, to say what is too much for it: a number from memory counts as 16 flops. @param {Case} item */
export const workOf = (item) => flopsOf(item) + (16 * bytesOf(item)) / bytesPerNumber;
