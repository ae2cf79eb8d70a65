// @ts-check
/** The gradients of an attention, query by query, from the weights that the forward pass kept. */
import { visibleKeys } from '../counting.mjs';
import { scoresOf } from './attention.mjs';
import { jobOf } from './job.mjs';
import { softmax } from './softmax.mjs';

/** @import { BackwardCase, Inputs, Job } from '../types.js' */

/** @param {BackwardCase} item @param {Inputs} inputs @returns {Job} */
export function backwardJob(item, { q, k, v, dOutput }) {
  const { batch, queryHeads, queryLength, keyLength, headDim, valueDim } = item;
  const heads = batch * queryHeads;
  const [ofQuery, ofKey, ofValue] = [queryLength * headDim, keyLength * headDim, keyLength * valueDim];
  const at = (/** @type {Float32Array} */ data, /** @type {number} */ index, /** @type {number} */ size) =>
    data.subarray(index * size, (index + 1) * size);
  const weights = Array.from({ length: heads }, (_, head) => weightsOf(item, at(q, head, ofQuery), at(k, head, ofKey)));
  return jobOf(item.allocates, heads * (ofQuery + ofKey + ofValue), (out) => {
    const [dQuery, dKey] = [out.subarray(0, heads * ofQuery), out.subarray(heads * ofQuery, heads * (ofQuery + ofKey))];
    const dValue = out.subarray(heads * (ofQuery + ofKey));
    out.fill(0);
    for (let head = 0; head < heads; head++) {
      const inputs = { q: at(q, head, ofQuery), k: at(k, head, ofKey), v: at(v, head, ofValue) };
      const gradients = { dQuery: at(dQuery, head, ofQuery), dKey: at(dKey, head, ofKey), dValue: at(dValue, head, ofValue) };
      backward(item, inputs, weights[head], at(dOutput, head, queryLength * valueDim), gradients);
    }
  });
}

/** `[sq, skv]`, what is not seen 0. @param {BackwardCase} item @param {Float32Array} q @param {Float32Array} k */
function weightsOf(item, q, k) {
  const { queryLength, keyLength } = item;
  const weights = new Float32Array(queryLength * keyLength);
  for (let query = 0; query < queryLength; query++) {
    const row = weights.subarray(query * keyLength, (query + 1) * keyLength);
    const [first, end] = visibleKeys(item, query);
    scoresOf(row, q, k, query, first, end, item.headDim);
    softmax(row, row, first, 1, end - first);
  }
  return weights;
}

/**
 * One head.
 * @param {BackwardCase} item
 * @param {{ q: Float32Array, k: Float32Array, v: Float32Array }} inputs
 * @param {Float32Array} weights
 * @param {Float32Array} dOutput
 * @param {{ dQuery: Float32Array, dKey: Float32Array, dValue: Float32Array }} gradients
 */
function backward(item, { q, k, v }, weights, dOutput, { dQuery, dKey, dValue }) {
  const { queryLength, keyLength, headDim, valueDim } = item;
  const scale = 1 / Math.sqrt(headDim);
  const ofWeights = new Float32Array(keyLength);
  for (let query = 0; query < queryLength; query++) {
    const [first, end] = visibleKeys(item, query);
    let mean = 0;
    for (let key = first; key < end; key++) {
      const weight = weights[query * keyLength + key];
      let sum = 0;
      for (let p = 0; p < valueDim; p++) {
        sum += dOutput[query * valueDim + p] * v[key * valueDim + p];
        dValue[key * valueDim + p] += weight * dOutput[query * valueDim + p];
      }
      ofWeights[key] = sum;
      mean += weight * sum;
    }
    for (let key = first; key < end; key++) {
      const ofScore = scale * weights[query * keyLength + key] * (ofWeights[key] - mean);
      for (let p = 0; p < headDim; p++) {
        dQuery[query * headDim + p] += ofScore * k[key * headDim + p];
        dKey[key * headDim + p] += ofScore * q[query * headDim + p];
      }
    }
  }
}
