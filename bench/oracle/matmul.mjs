// @ts-check
/** Rows of a product, with a step of int8 or a rounding to bfloat16 where its weights are of them. */
import { int8Deviation, lastPlace, spread, sumError } from './rounding.mjs';

/** @import { Inputs, MatmulCase } from '../types.js' */
/** @import { Row } from './rounding.mjs' */

/** @param {MatmulCase} item @param {Inputs} inputs @param {number} index @returns {Row} */
export function matmulRow({ m, n, k, dtype, weights }, { a, b }, index) {
  const exact = new Float64Array(n);
  const sizes = new Float64Array(n);
  const squares = new Float64Array(n);
  const largest = new Float64Array(n);
  const aStart = index * k;
  const bStart = Math.floor(index / m) * k * n;
  let aSquares = 0;
  for (let p = 0; p < k; p++) {
    const factor = a[aStart + p];
    aSquares += factor * factor;
    for (let j = 0; j < n; j++) {
      const element = b[bStart + p * n + j];
      const product = factor * element;
      exact[j] += product;
      sizes[j] += Math.abs(product);
      squares[j] += product * product;
      largest[j] = Math.max(largest[j], Math.abs(element));
    }
  }
  // Weights in bfloat16 are exact, but may be multiplied with a rounded to it; those in int8 have a step a column.
  const ofWeights = (/** @type {number} */ j) => {
    if (weights === 'bfloat16') return spread * lastPlace('bfloat16') * Math.sqrt(squares[j]);
    return weights === 'int8'
      ? spread * (int8Deviation(largest[j]) * Math.sqrt(aSquares) + lastPlace('bfloat16') * Math.sqrt(squares[j]))
      : 0;
  };
  const bound = exact.map((value, j) => sumError(k) * sizes[j] + ofWeights(j) + lastPlace(dtype) * Math.abs(value));
  return { start: index * n, step: 1, exact, bound };
}
