/**
 * Attention by its definition: all scores of a query, their softmax, the weighted sum of the values. float64 throughout.
 * @module
 */
import type { AttentionPlan, AttentionRules, CacheAttentionPlan } from '../../plan/plan.js';
import { readTokens } from './cache.js';
import { position, readMatrix, write } from './numbers.js';
import { rowAt, type Scoring, scoringOf } from './score.js';
import { softmaxRow } from './softmax-row.js';

export function attention(plan: AttentionPlan): void {
  const { keyLength, keyDim, valueDim, dtype } = plan;
  attendHeads(plan, (b, kvHead) => ({
    keys: readMatrix(plan.k, dtype, [b, kvHead], keyLength, keyDim),
    values: readMatrix(plan.v, dtype, [b, kvHead], keyLength, valueDim),
  }));
}

export function cacheAttention(plan: CacheAttentionPlan): void {
  attendHeads(plan, (b, kvHead) => readTokens(plan, b, kvHead));
}

/** @param tokens the keys and values of one head of one row, dense and row-major */
function attendHeads(plan: AttentionRules, tokens: (b: number, kvHead: number) => { keys: Float64Array; values: Float64Array }): void {
  const { batch, queryHeads, kvHeads, queryLength, headDim, dtype } = plan;
  const group = queryHeads / kvHeads;
  for (let b = 0; b < batch; b++) {
    for (let kvHead = 0; kvHead < kvHeads; kvHead++) {
      const { keys, values } = tokens(b, kvHead);
      for (let head = kvHead * group; head < (kvHead + 1) * group; head++) {
        const queries = readMatrix(plan.q, dtype, [b, head], queryLength, headDim);
        const scoring = scoringOf(plan, head, queries, keys);
        for (let i = 0; i < queryLength; i++) attendRow(plan, b, head, i, scoring, values);
      }
    }
  }
}

/** One query: its row of scores, of weights, of the output. */
function attendRow(
  plan: AttentionRules,
  b: number,
  head: number,
  i: number,
  { queries, keys, score }: Scoring,
  values: Float64Array,
): void {
  const { keyLength, valueDim } = plan;
  const query = rowAt(queries, i);
  const isComputed = i < (plan.queryLengths?.[b] ?? Infinity);
  const seen = new Uint8Array(keyLength);
  const row = new Float64Array(keyLength);
  if (isComputed) {
    for (let j = 0; j < keyLength; j++) {
      if (!isSeen(plan, b, head, i, j)) continue;
      seen[j] = 1;
      row[j] = changed(plan, b, head, i, j, score(query, rowAt(keys, j)));
    }
  }
  const sink = isComputed ? (plan.sinks?.[head] ?? -Infinity) : -Infinity;
  const logSumExp = softmaxRow(row, seen, sink);

  for (let c = 0; c < valueDim; c++) {
    let sum = 0;
    for (let j = 0; j < keyLength; j++) {
      if (seen[j]) sum += (row[j] ?? NaN) * (values[j * valueDim + c] ?? NaN); // a masked value is not even read: it may be NaN
    }
    write(plan.out.data, plan.outDtype, position(plan.out, b, head, i, c), sum);
  }
  const rowIndex = (b * plan.queryHeads + head) * plan.queryLength + i;
  plan.weights?.set(row, rowIndex * keyLength);
  if (plan.logSumExp) plan.logSumExp[rowIndex] = logSumExp;
}

/** Every boolean rule, joined by AND; a bias of −Infinity is one of them. */
export function isSeen(plan: AttentionRules, b: number, head: number, i: number, j: number): boolean {
  const distance = j - (i + offsetOf(plan, b));
  if (distance < -plan.windowLeft || distance > plan.windowRight) return false;
  if (j >= (plan.keyLengths?.[b] ?? Infinity)) return false;
  if (plan.mask && plan.mask.data[position(plan.mask, b, head, i, j)] === 0) return false;
  return !plan.bias || plan.bias.data[position(plan.bias, b, head, i, j)] !== -Infinity;
}

/** scale → softcap → ALiBi → bias. */
export function changed(plan: AttentionRules, b: number, head: number, i: number, j: number, raw: number): number {
  let s = plan.scale * raw;
  if (plan.softcap > 0) s = plan.softcap * Math.tanh(s / plan.softcap);
  if (plan.alibi) s -= (plan.alibi[head] ?? NaN) * Math.abs(j - (i + offsetOf(plan, b)));
  if (plan.bias) s += plan.bias.data[position(plan.bias, b, head, i, j)] ?? NaN;
  return s;
}

/** Where query 0 stands among the keys. */
function offsetOf(plan: AttentionRules, b: number): number {
  return plan.queryOffsets?.[b] ?? plan.queryOffset;
}
