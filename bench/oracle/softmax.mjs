// @ts-check
/** Rows of a softmax, along either axis. */
import { expError, sumError, unitRoundoff } from './rounding.mjs';

/** @import { Inputs, SoftmaxCase } from '../types.js' */
/** @import { Row } from './rounding.mjs' */

/** @param {SoftmaxCase} item @param {Inputs} inputs @param {number} index @returns {Row} */
export function softmaxRow({ shape, axis }, { x }, index) {
  const [start, step] = axis === 1 ? [index * shape[1], 1] : [index, shape[1]];
  const values = new Float64Array(shape[axis]);
  for (let i = 0; i < values.length; i++) values[i] = x[start + i * step];
  const { weights, largest } = softmax(values);
  // x − max is rounded once (relative to its own size), then the exponential, the sum and the division.
  const bound = weights.map((weight, i) => weight * ((largest - values[i]) * unitRoundoff + 2 * expError + sumError(values.length)));
  return { start, step, exact: weights, bound };
}

/** @param {Float64Array} values */
export function softmax(values) {
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const weights = values.map((value) => Math.exp(value - largest));
  const sum = weights.reduce((a, b) => a + b, 0);
  return { weights: weights.map((weight) => weight / sum), largest };
}
