// @ts-check
/** Rows of an attention's output. */
import { visibleKeys } from '../counting.mjs';
import { expError, lastPlace, sumError } from './rounding.mjs';
import { largestOf } from './scores.mjs';
import { softmax } from './softmax.mjs';

/** @import { AnyAttention, AttentionCase, Inputs } from '../types.js' */
/** @import { Row } from './rounding.mjs' */
/** @import { Score } from './scores.mjs' */

/** @param {AttentionCase} item @param {Inputs} inputs @param {Score} score @param {number} index @returns {Row} */
export function attentionRow(item, { v }, score, index) {
  const { valueDim, dtype, through } = item;
  const { firstRow, count, weights, relative } = weightsOf(item, score, index);
  const exact = new Float64Array(valueDim);
  const sizes = new Float64Array(valueDim);
  let valueError = 0;
  for (let key = 0; key < count; key++) {
    const weight = weights[key];
    const value = v.subarray((firstRow + key) * valueDim, (firstRow + key + 1) * valueDim);
    if (dtype === 'int8') valueError += (weight * largestOf(value)) / 127 / 2;
    for (let p = 0; p < valueDim; p++) {
      const product = weight * value[p];
      exact[p] += product;
      sizes[p] += Math.abs(product);
    }
  }
  // The sum rounds, too, and weights may be rounded to the type of the values that they are multiplied with.
  const ofSum = 2 * sumError(count) + (dtype ? lastPlace('bfloat16') : 0);
  const written = lastPlace(through ? undefined : dtype);
  const bound = sizes.map((sum, p) => (relative + ofSum) * sum + valueError + written * Math.abs(exact[p]));
  return { start: index * valueDim, step: 1, exact, bound };
}

/**
 * The weights of a query, how far off they may be relative to themselves, and the rows of k and v that they belong to. An error of a score is a
 * relative error of its weight; the weights' sum has it, too.
 * @param {AnyAttention} item
 * @param {Score} score
 * @param {number} index of the query, over all heads
 */
export function weightsOf(item, score, index) {
  const { queryHeads, kvHeads, queryLength, keyLength } = item;
  const head = Math.floor(index / queryLength);
  const kvHead = Math.floor(head / queryHeads) * kvHeads + Math.floor(((head % queryHeads) * kvHeads) / queryHeads);
  const [first, visibleEnd] = visibleKeys(item, index % queryLength);
  const end = Math.min(visibleEnd, item.lengths?.[Math.floor(head / queryHeads)] ?? keyLength);
  const firstRow = kvHead * keyLength + first;
  const scores = new Float64Array(end - first);
  let scoreError = 0;
  for (let key = 0; key < scores.length; key++) {
    const { value, error } = score(index, firstRow + key);
    scores[key] = value;
    scoreError = Math.max(scoreError, error);
  }
  const { weights, largest } = softmax(scores);
  return { firstRow, count: scores.length, weights, largest, relative: 2 * (scoreError + expError) };
}

/** @param {AttentionCase} item @param {number} index of a row of the result */
export function isPadding({ lengths, queryHeads, queryLength }, index) {
  return index % queryLength >= (lengths?.[Math.floor(index / queryLength / queryHeads)] ?? queryLength);
}
