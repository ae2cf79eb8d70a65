// @ts-check
/** Additive attention of one head: both projections, then a tanh for each unit of each pair. */
import { sum } from './attention.mjs';
import { jobOf } from './job.mjs';
import { matmul } from './matmul.mjs';
import { softmax } from './softmax.mjs';

/** @import { AttentionCase, Inputs, Job } from '../types.js' */

/** A decoder's step finds the keys projected. @param {AttentionCase} item @param {Inputs} inputs @returns {Job} */
export function additiveJob({ queryLength, keyLength, headDim, valueDim, units = 0, through, allocates }, inputs) {
  const { q, k, v, queryWeight, keyWeight, scoreWeight, bias } = inputs;
  const [queries, keys] = [new Float32Array(queryLength * units), new Float32Array(keyLength * units)];
  if (through) matmul(k, keyWeight, keys, keyLength, units, headDim);
  const weights = new Float32Array(keyLength);
  return jobOf(allocates, queryLength * valueDim, (out) => {
    matmul(q, queryWeight, queries, queryLength, units, headDim);
    if (!through) matmul(k, keyWeight, keys, keyLength, units, headDim);
    for (let query = 0; query < queryLength; query++) {
      for (let key = 0; key < keyLength; key++) {
        let score = 0;
        for (let unit = 0; unit < units; unit++) {
          score += scoreWeight[unit] * Math.tanh(queries[query * units + unit] + keys[key * units + unit] + bias[unit]);
        }
        weights[key] = score;
      }
      softmax(weights, weights, 0, 1, keyLength);
      sum(out, query, weights, v, 0, keyLength, valueDim);
    }
  });
}
