// @ts-check
/** The score of a query and a key, scaled, and how far off it may be. */
import { gammaOf, scaleOf } from '../scores.mjs';
import { expError, int8Deviation, lastPlace, spread, sumError, unitRoundoff } from './rounding.mjs';

/** @import { AttentionCase, DType, Inputs } from '../types.js' */

/** @typedef {(query: number, key: number) => { readonly value: number, readonly error: number }} Score of rows of q and k */

/** @param {AttentionCase} item @param {Inputs} inputs @returns {Score} */
export function scoreOf(item, inputs) {
  const { score, headDim, dtype } = item;
  const scale = scaleOf(item);
  if (score === 'additive') return additive(item, inputs);
  const row = (/** @type {Float32Array} */ data, /** @type {number} */ index) => data.subarray(index * headDim, (index + 1) * headDim);
  return (queryRow, keyRow) => {
    const [query, key] = [row(inputs.q, queryRow), row(inputs.k, keyRow)];
    switch (score) {
      case 'cosine': {
        const { value, size } = dot(query, key);
        const lengths = lengthOf(query) * lengthOf(key);
        return {
          value: (scale * value) / lengths,
          error: ((scale * (sumError(headDim) + 4 * unitRoundoff)) / lengths) * (size + Math.abs(value)),
        };
      }
      case 'euclidean': {
        const { value, error } = distance(query, key);
        return { value: -scale * value, error: scale * error };
      }
      case 'rbf': {
        const gamma = gammaOf(item);
        const { value, error } = distance(query, key);
        const closeness = Math.exp(-gamma * value);
        return { value: scale * closeness, error: scale * closeness * (gamma * error + expError) };
      }
      default: {
        const { value, size } = dot(query, key);
        const ofType = errorOfType(dtype, query, key, size);
        return { value: scale * value, error: scale * (ofType + (sumError(headDim) + 3 * unitRoundoff) * size) };
      }
    }
  };
}

/** @param {Float32Array} a @param {Float32Array} b */
function dot(a, b) {
  let value = 0;
  let size = 0;
  for (let p = 0; p < a.length; p++) {
    const product = a[p] * b[p];
    value += product;
    size += Math.abs(product);
  }
  return { value, size };
}

/** Squared. As ‖q‖² + ‖k‖² − 2·q·k its terms may be as large as (‖q‖ + ‖k‖)², from wherever it is measured. @param {Float32Array} query @param {Float32Array} key */
function distance(query, key) {
  let value = 0;
  for (let p = 0; p < query.length; p++) value += (query[p] - key[p]) ** 2;
  return { value, error: (sumError(query.length) + 4 * unitRoundoff) * (lengthOf(query) + lengthOf(key)) ** 2 };
}

/** @param {AttentionCase} item @param {Inputs} inputs @returns {Score} */
function additive({ headDim, units = 0 }, { q, k, queryWeight, keyWeight, scoreWeight, bias }) {
  const queries = projections(q, queryWeight, headDim, units);
  const keys = projections(k, keyWeight, headDim, units);
  return (queryRow, keyRow) => {
    const [query, key] = [queries(queryRow), keys(keyRow)];
    let value = 0;
    let size = 0;
    let squares = 0; // of the units' errors, which do not conspire either
    for (let unit = 0; unit < units; unit++) {
      const weight = scoreWeight[unit];
      const activation = Math.tanh(query.values[unit] + key.values[unit] + bias[unit]);
      value += weight * activation;
      size += Math.abs(weight * activation);
      const inner = (sumError(headDim) + 3 * unitRoundoff) * (query.sizes[unit] + key.sizes[unit] + Math.abs(bias[unit]));
      squares += (weight * ((1 - activation * activation) * inner + expError * Math.abs(activation))) ** 2; // tanh is made of an exponential
    }
    return { value, error: Math.sqrt(squares) + sumError(units) * size };
  };
}

/** Rows times a weight, each worked out once. @param {Float32Array} data @param {Float32Array} weight @param {number} dim @param {number} units */
function projections(data, weight, dim, units) {
  /** @type {Map<number, { values: Float64Array, sizes: Float64Array }>} */
  const known = new Map();
  return (/** @type {number} */ row) => {
    const before = known.get(row);
    if (before) return before;
    const [values, sizes] = [new Float64Array(units), new Float64Array(units)];
    for (let p = 0; p < dim; p++) {
      for (let unit = 0; unit < units; unit++) {
        const product = data[row * dim + p] * weight[p * units + unit];
        values[unit] += product;
        sizes[unit] += Math.abs(product);
      }
    }
    known.set(row, { values, sizes });
    return { values, sizes };
  };
}

/**
 * How far off a product may be because of its type: half types are exact but for a query that was rounded to them; in int8 keys, and perhaps
 * queries, have a step each.
 * @param {DType | undefined} dtype @param {Float32Array} query @param {Float32Array} key @param {number} sumOfSizes
 */
function errorOfType(dtype, query, key, sumOfSizes) {
  if (dtype === undefined) return 0;
  if (dtype !== 'int8') return lastPlace(dtype) * sumOfSizes;
  return spread * (int8Deviation(largestOf(key)) * lengthOf(query) + int8Deviation(largestOf(query)) * lengthOf(key));
}

/** @param {Float32Array} data */
export const largestOf = (data) => data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** @param {Float32Array} data */
const lengthOf = (data) => Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
