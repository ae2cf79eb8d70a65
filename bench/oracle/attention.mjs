// @ts-check
/** Rows of an attention's output. */
import { visibleKeys } from '../counting.mjs';
import { expError, int8Deviation, lastPlace, spread, sumError, unitRoundoff } from './rounding.mjs';
import { softmax } from './softmax.mjs';

/** @import { AttentionCase, DType, Inputs } from '../types.js' */
/** @import { Row } from './rounding.mjs' */

/** @param {AttentionCase} item @param {Inputs} inputs @param {number} index @returns {Row} */
export function attentionRow(item, { q, k, v }, index) {
  const { queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim, dtype, through } = item;
  const head = Math.floor(index / queryLength);
  const kvHead = Math.floor(head / queryHeads) * kvHeads + Math.floor(((head % queryHeads) * kvHeads) / queryHeads);
  const [first, visibleEnd] = visibleKeys(item, index % queryLength);
  const end = Math.min(visibleEnd, item.lengths?.[Math.floor(head / queryHeads)] ?? keyLength);
  const scale = 1 / Math.sqrt(headDim);
  const scores = new Float64Array(end - first);
  const query = q.subarray(index * headDim, (index + 1) * headDim);
  let scoreError = 0;
  for (let key = first; key < end; key++) {
    const row = (kvHead * keyLength + key) * headDim;
    let sum = 0;
    let sumOfSizes = 0;
    for (let p = 0; p < headDim; p++) {
      const product = query[p] * k[row + p];
      sum += product;
      sumOfSizes += Math.abs(product);
    }
    scores[key - first] = scale * sum;
    const ofType = scoreErrorOf(dtype, query, k.subarray(row, row + headDim), sumOfSizes);
    scoreError = Math.max(scoreError, scale * (ofType + (sumError(headDim) + 3 * unitRoundoff) * sumOfSizes));
  }
  const { weights } = softmax(scores);
  const exact = new Float64Array(valueDim);
  const sizes = new Float64Array(valueDim);
  let valueError = 0;
  for (let key = first; key < end; key++) {
    const weight = weights[key - first];
    const value = v.subarray((kvHead * keyLength + key) * valueDim, (kvHead * keyLength + key + 1) * valueDim);
    if (dtype === 'int8') valueError += (weight * largestOf(value)) / 127 / 2;
    for (let p = 0; p < valueDim; p++) {
      const product = weight * value[p];
      exact[p] += product;
      sizes[p] += Math.abs(product);
    }
  }
  // An error of a score is a relative error of its weight; the weights' sum has it too, and both sums round. Weights may be rounded to
  // the type of the values that they are multiplied with.
  const relative = 2 * (scoreError + expError + sumError(end - first)) + (dtype ? lastPlace('bfloat16') : 0);
  const written = lastPlace(through ? undefined : dtype);
  const bound = sizes.map((sum, p) => relative * sum + valueError + written * Math.abs(exact[p]));
  return { start: index * valueDim, step: 1, exact, bound };
}

/**
 * How far off a score may be, before its scale, because of its type: half types are exact but for a query that was rounded to them; in
 * int8 keys, and perhaps queries, have a step each.
 * @param {DType | undefined} dtype @param {Float32Array} query @param {Float32Array} key @param {number} sumOfSizes
 */
function scoreErrorOf(dtype, query, key, sumOfSizes) {
  if (dtype === undefined) return 0;
  if (dtype !== 'int8') return lastPlace(dtype) * sumOfSizes;
  return spread * (int8Deviation(largestOf(key)) * lengthOf(query) + int8Deviation(largestOf(query)) * lengthOf(key));
}

/** @param {Float32Array} data */
const largestOf = (data) => data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** @param {Float32Array} data */
const lengthOf = (data) => Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));

/** @param {AttentionCase} item @param {number} index of a row of the result */
export function isPadding({ lengths, queryHeads, queryLength }, index) {
  return index % queryLength >= (lengths?.[Math.floor(index / queryLength / queryHeads)] ?? queryLength);
}
