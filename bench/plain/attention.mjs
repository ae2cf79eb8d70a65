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
  const weights = new Float32Array(keys);
  for (let query = 0; query < queries; query++) {
    const [first, visibleEnd] = visibleKeys(item, query);
    const end = Math.min(visibleEnd, keys);
    scoresOf(weights, q, k, query, first, end, headDim);
    softmax(weights, weights, first, 1, end - first);
    sum(out, query, weights, v, first, end, valueDim);
  }
}

/** Of one query, from the first key to the end. @param {Float32Array} scores @param {Float32Array} q @param {Float32Array} k @param {number} query @param {number} first @param {number} end @param {number} dim */
export function scoresOf(scores, q, k, query, first, end, dim) {
  const scale = 1 / Math.sqrt(dim);
  for (let key = first; key < end; key++) {
    let score = 0;
    for (let p = 0; p < dim; p++) score += q[query * dim + p] * k[key * dim + p];
    scores[key] = scale * score;
  }
}

/** @param {Float32Array} out @param {number} query @param {Float32Array} weights @param {Float32Array} v @param {number} first @param {number} end @param {number} dim */
export function sum(out, query, weights, v, first, end, dim) {
  for (let p = 0; p < dim; p++) {
    let total = 0;
    for (let key = first; key < end; key++) total += weights[key] * v[key * dim + p];
    out[query * dim + p] = total;
  }
}
