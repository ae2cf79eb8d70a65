// @ts-check
/** Attention query by query: scores, softmax, sum. */
import { visibleKeys } from '../counting.mjs';
import { jobOf } from './job.mjs';
import { softmax } from './softmax.mjs';

/** @import { AttentionCase, Inputs, Job } from '../types.js' */

/** @param {AttentionCase} item @param {Inputs} inputs @returns {Job} */
export function attentionJob(item, { q, k, v }) {
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim } = item;
  return jobOf(item.allocates, batch * queryHeads * queryLength * valueDim, (out) => {
    for (let head = 0; head < batch * queryHeads; head++) {
      const kvHead = Math.floor(head / (queryHeads / kvHeads));
      const length = item.lengths?.[Math.floor(head / queryHeads)];
      attention(
        item,
        length ?? queryLength,
        length ?? keyLength,
        q.subarray(head * queryLength * headDim),
        k.subarray(kvHead * keyLength * headDim),
        v.subarray(kvHead * keyLength * valueDim),
        out.subarray(head * queryLength * valueDim),
      );
    }
  });
}

/** One head. @param {AttentionCase} item @param {number} queries @param {number} keys @param {Float32Array} q @param {Float32Array} k @param {Float32Array} v @param {Float32Array} out */
function attention(item, queries, keys, q, k, v, out) {
  const { headDim, valueDim } = item;
  const scale = 1 / Math.sqrt(headDim);
  const weights = new Float32Array(keys);
  for (let query = 0; query < queries; query++) {
    const [first, visibleEnd] = visibleKeys(item, query);
    const end = Math.min(visibleEnd, keys);
    for (let key = first; key < end; key++) {
      let score = 0;
      for (let p = 0; p < headDim; p++) score += q[query * headDim + p] * k[key * headDim + p];
      weights[key] = scale * score;
    }
    softmax(weights, weights, first, 1, end - first);
    for (let p = 0; p < valueDim; p++) {
      let sum = 0;
      for (let key = first; key < end; key++) sum += weights[key] * v[key * valueDim + p];
      out[query * valueDim + p] = sum;
    }
  }
}
