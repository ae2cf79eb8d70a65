// @ts-check
/** Rows of layerNorm, rmsNorm, rotary and gelu. */
import { epsilons, rotaryBase } from '../rows-options.mjs';
import { sumError, unitRoundoff } from './rounding.mjs';

/** @import { Inputs, RowsCase } from '../types.js' */
/** @import { Row } from './rounding.mjs' */

/** @param {RowsCase} item @param {Inputs} inputs @param {number} index @returns {Row} */
export function opRow(item, inputs, index) {
  const columns = item.shape[1];
  const x = Float64Array.from(inputs.x.subarray(index * columns, (index + 1) * columns));
  const { exact, bound } = { layerNorm, rmsNorm, rotary, gelu }[item.op](x, inputs, index, columns / (item.heads ?? 1));
  return { start: index * columns, step: 1, exact, bound };
}

/** @param {Float64Array} values */
const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The mean is off by the error of a sum, and the variance by that of its own; it may be the mean of x² less the mean's square. @param {Float64Array} x @param {Inputs} inputs */
function layerNorm(x, { gamma, beta }) {
  const mean = meanOf(x);
  const square = meanOf(x.map((value) => value * value));
  const deviation = Math.sqrt(meanOf(x.map((value) => (value - mean) ** 2)) + epsilons.layerNorm);
  const ofMean = sumError(x.length) * meanOf(x.map(Math.abs));
  const relative = ((sumError(x.length) + 4 * unitRoundoff) * 2 * square) / deviation ** 2 + 4 * unitRoundoff;
  const exact = x.map((value, i) => ((value - mean) / deviation) * gamma[i] + beta[i]);
  const bound = x.map(
    (value, i) => (Math.abs(gamma[i]) / deviation) * (ofMean + relative * Math.abs(value - mean)) + 2 * unitRoundoff * Math.abs(beta[i]),
  );
  return { exact, bound };
}

/** @param {Float64Array} x @param {Inputs} inputs */
function rmsNorm(x, { gamma }) {
  const root = Math.sqrt(meanOf(x.map((value) => value * value)) + epsilons.rmsNorm);
  const exact = x.map((value, i) => (value / root) * gamma[i]);
  return { exact, bound: exact.map((value) => (sumError(x.length) + 4 * unitRoundoff) * Math.abs(value)) };
}

/** Sine and cosine are rounded, and then two products and their sum. @param {Float64Array} x @param {Inputs} _ @param {number} position @param {number} dim of a head */
function rotary(x, _, position, dim) {
  const exact = new Float64Array(x.length);
  const bound = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += dim) {
    for (let pair = 0; pair < dim / 2; pair++) {
      const [i, j] = [start + pair, start + pair + dim / 2];
      const angle = position * rotaryBase ** ((-2 * pair) / dim);
      exact[i] = x[i] * Math.cos(angle) - x[j] * Math.sin(angle);
      exact[j] = x[j] * Math.cos(angle) + x[i] * Math.sin(angle);
      bound[i] = bound[j] = 3 * unitRoundoff * (Math.abs(x[i]) + Math.abs(x[j]));
    }
  }
  return { exact, bound };
}

/** x·Φ(x): 2⁻²¹ of x allows for an approximation of erf that is right to 1.5·10⁻⁷, as many are (Abramowitz & Stegun 1964, 7.1.26). @param {Float64Array} x */
function gelu(x) {
  return { exact: x.map((value) => (value / 2) * (1 + erf(value / Math.SQRT2))), bound: x.map((value) => 2 ** -21 * Math.abs(value)) };
}

/** By its series, which is enough for the inputs: none is beyond √3. @param {number} x */
function erf(x) {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
