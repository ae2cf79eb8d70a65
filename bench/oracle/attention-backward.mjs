// @ts-check
/**
 * Rows of the gradients of an attention, dQuery, dKey and dValue one after another. Those of a key need the weights of every query that
 * sees it, so that of keys only some of the last head are checked.
 */
import { weightsOf } from './attention.mjs';
import { sampled, sumError, unitRoundoff } from './rounding.mjs';
import { scoreOf } from './scores.mjs';

/** @import { BackwardCase, Inputs } from '../types.js' */
/** @import { Row } from './rounding.mjs' */
/** @import { Score } from './scores.mjs' */

/** Keys that are checked. */
const keysChecked = 16;

/** @param {BackwardCase} item @param {Inputs} inputs @param {number} work @returns {{ length: number, rows: Row[] }} */
export function backwardRows(item, inputs, work) {
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim } = item;
  const [queries, keys] = [batch * queryHeads * queryLength, batch * kvHeads * keyLength];
  const score = scoreOf({ ...item, op: 'attention' }, inputs);
  const indices = sampled(queries, keyLength * 2 * (headDim + valueDim), work);
  return {
    length: (queries + keys) * headDim + keys * valueDim,
    rows: [...indices.map((index) => queryRow(item, inputs, score, index)), ...keyRows(item, inputs, score)],
  };
}

/**
 * How the loss changes with the scores of a query: P·(dO·v − dO·O), its weights P, and how far off both may be.
 * @param {BackwardCase} item @param {Inputs} inputs @param {Score} score @param {number} index
 */
function scoreGradients(item, { v, dOutput }, score, index) {
  const { valueDim } = item;
  const { firstRow, count, weights, largest, relative: ofScores } = weightsOf(item, score, index);
  const logSumExp = largest - Math.log(weights.reduce((a, b) => Math.max(a, b), 0));
  const relative = ofScores + 2 * sumError(count) + 2 * unitRoundoff * (Math.abs(logSumExp) + Math.abs(largest)); // exp(score − logSumExp)
  const ofWeights = new Float64Array(count);
  const sizes = new Float64Array(count);
  let mean = 0;
  let meanSize = 0;
  for (let key = 0; key < count; key++) {
    for (let p = 0; p < valueDim; p++) {
      const product = dOutput[index * valueDim + p] * v[(firstRow + key) * valueDim + p];
      ofWeights[key] += product;
      sizes[key] += Math.abs(product);
    }
    mean += weights[key] * ofWeights[key];
    meanSize += weights[key] * sizes[key];
  }
  const gradients = weights.map((weight, key) => weight * (ofWeights[key] - mean));
  const ofDot = sumError(valueDim) + 2 * unitRoundoff;
  const errors = gradients.map(
    (gradient, key) =>
      (relative + 4 * unitRoundoff) * Math.abs(gradient) + weights[key] * (ofDot * (sizes[key] + meanSize) + relative * meanSize),
  );
  return { firstRow, count, weights, relative, gradients, errors };
}

/** dQuery = scale · Σ dScore · k. @param {BackwardCase} item @param {Inputs} inputs @param {Score} score @param {number} index @returns {Row} */
function queryRow(item, inputs, score, index) {
  const { headDim } = item;
  const { firstRow, count, gradients, errors } = scoreGradients(item, inputs, score, index);
  const sum = createSum(headDim);
  for (let key = 0; key < count; key++) sum.add(gradients[key], errors[key], inputs.k, firstRow + key);
  return sum.row(index * headDim, count, 1 / Math.sqrt(headDim));
}

/** dKey = scale · Σ dScore · q, dValue = Σ P · dO, over all queries of the heads that share the last key/value head. @param {BackwardCase} item @param {Inputs} inputs @param {Score} score @returns {Row[]} */
function keyRows(item, inputs, score) {
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim } = item;
  const [queries, keys] = [batch * queryHeads * queryLength, batch * kvHeads * keyLength];
  const sums = sampled(keyLength, 1, keysChecked).map((key) => ({
    row: keys - keyLength + key,
    ofKey: createSum(headDim),
    ofValue: createSum(valueDim),
  }));
  for (let index = queries - (queryHeads / kvHeads) * queryLength; index < queries; index++) {
    const { firstRow, count, weights, relative, gradients, errors } = scoreGradients(item, inputs, score, index);
    for (const { row, ofKey, ofValue } of sums) {
      const key = row - firstRow;
      if (key < 0 || key >= count) continue;
      ofKey.add(gradients[key], errors[key], inputs.q, index);
      ofValue.add(weights[key], relative * weights[key], inputs.dOutput, index);
    }
  }
  const count = (queryHeads / kvHeads) * queryLength;
  return sums.flatMap(({ row, ofKey, ofValue }) => [
    ofKey.row((queries + row) * headDim, count, 1 / Math.sqrt(headDim)),
    ofValue.row((queries + keys) * headDim + row * valueDim, count, 1),
  ]);
}

/** A sum of rows, each times a factor that may be off. @param {number} dim */
function createSum(dim) {
  const exact = new Float64Array(dim);
  const sizes = new Float64Array(dim);
  const errors = new Float64Array(dim);
  return {
    /** @param {number} factor @param {number} error @param {Float32Array} data @param {number} row */
    add(factor, error, data, row) {
      for (let p = 0; p < dim; p++) {
        const value = data[row * dim + p];
        exact[p] += factor * value;
        sizes[p] += Math.abs(factor * value);
        errors[p] += error * Math.abs(value);
      }
    },
    /** @param {number} start @param {number} count how many were added @param {number} scale @returns {Row} */
    row(start, count, scale) {
      const bound = sizes.map((size, p) => scale * (errors[p] + (sumError(count) + 2 * unitRoundoff) * size));
      return { start, step: 1, exact: exact.map((value) => scale * value), bound };
    },
  };
}
