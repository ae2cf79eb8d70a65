// @ts-check
/**
 * The right answer in float64, and how far a float32 result may be from it. Whole results would take minutes in plain
 * JavaScript, so rows are checked: all of a small case, a spread sample of a large one, always with the first and the last.
 * Written apart from fovea's reference backend, which is a contender here like the others.
 */
import { visibleKeys } from './counting.mjs';

/** @import { AttentionCase, Case, DType, Inputs, MatmulCase, SoftmaxCase } from './types.js' */

/**
 * A row of the result: where its elements lie, what they should be, and how far off they may be.
 * @typedef {{ readonly start: number, readonly step: number, readonly exact: Float64Array, readonly bound: Float64Array }} Row
 */

const unitRoundoff = 2 ** -24;

/**
 * Relative error of a float32 sum of n products in any order. Rounding errors seldom conspire: |error| ≤ λ·√n·u·Σ|aᵢ||bᵢ| holds
 * but for a probability of about 2·exp(−λ²/2) (Higham & Mary 2019), here 8·10⁻⁹ a number at λ = 6; n·u always does.
 * @param {number} n
 */
const sumError = (n) => Math.min(n, 6 * Math.sqrt(n)) * unitRoundoff;

/** Half of the last place of a number in the type that results are written in, relative to it. @param {DType | undefined} dtype */
const lastPlace = (dtype) => (dtype === 'bfloat16' ? 2 ** -8 : dtype === 'float16' ? 2 ** -11 : unitRoundoff);

/** Standard deviations of a sum of independent rounding errors that are allowed, as in sumError. */
const spread = 6;

/** Rounding to int8 with a scale of largest / 127: the error of an element is spread evenly over one step. @param {number} largest */
const int8Deviation = (largest) => largest / 127 / Math.sqrt(12);

/** Of an exponential in float32, e.g. 2ˣ by a polynomial: 8 ulp cover every contender's. */
const expError = 8 * unitRoundoff;

/**
 * Indices to check: all when their work is small, otherwise first, last and others at irregular distances.
 * @param {number} count
 * @param {number} workEach
 * @param {number} work that all of them may cost
 */
function sampled(count, workEach, work) {
  const affordable = Math.max(4, Math.floor(work / workEach));
  if (count <= affordable) return Array.from({ length: count }, (_, index) => index);
  const golden = (Math.sqrt(5) - 1) / 2; // multiples of it spread evenly and meet every remainder of a tile size
  const others = Array.from({ length: affordable - 2 }, (_, index) => Math.floor((((index + 1) * golden) % 1) * count));
  return [...new Set([0, count - 1, ...others])];
}

/** @param {MatmulCase} item @param {Inputs} inputs @param {number} index @returns {Row} */
function matmulRow({ m, n, k, dtype, weights }, { a, b }, index) {
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

/** @param {SoftmaxCase} item @param {Inputs} inputs @param {number} index @returns {Row} */
function softmaxRow({ shape, axis }, { x }, index) {
  const [start, step] = axis === 1 ? [index * shape[1], 1] : [index, shape[1]];
  const values = new Float64Array(shape[axis]);
  for (let i = 0; i < values.length; i++) values[i] = x[start + i * step];
  const { weights, largest } = softmax(values);
  // x − max is rounded once (relative to its own size), then the exponential, the sum and the division.
  const bound = weights.map((weight, i) => weight * ((largest - values[i]) * unitRoundoff + 2 * expError + sumError(values.length)));
  return { start, step, exact: weights, bound };
}

/** @param {AttentionCase} item @param {Inputs} inputs @param {number} index @returns {Row} */
function attentionRow(item, { q, k, v }, index) {
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

/** @param {Float64Array} values */
function softmax(values) {
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const weights = values.map((value) => Math.exp(value - largest));
  const sum = weights.reduce((a, b) => a + b, 0);
  return { weights: weights.map((weight) => weight / sum), largest };
}

/** @param {AttentionCase} item @param {number} index of a row of the result */
function isPadding({ lengths, queryHeads, queryLength }, index) {
  return index % queryLength >= (lengths?.[Math.floor(index / queryLength / queryHeads)] ?? queryLength);
}

/**
 * @param {Case} item
 * @param {Inputs} inputs
 * @param {number} work multiplications and additions that the check may cost
 * @returns {{ readonly length: number, readonly rows: readonly Row[] }}
 */
export function oracleOf(item, inputs, work) {
  switch (item.op) {
    case 'matmul': {
      const rows = item.batch * item.m;
      return { length: rows * item.n, rows: sampled(rows, item.n * item.k, work).map((index) => matmulRow(item, inputs, index)) };
    }
    case 'softmax': {
      const [rows, columns] = item.shape;
      const count = item.axis === 1 ? rows : columns;
      const indices = sampled(count, 32 * item.shape[item.axis], work);
      return { length: rows * columns, rows: indices.map((index) => softmaxRow(item, inputs, index)) };
    }
    case 'attention': {
      const rows = item.batch * item.queryHeads * item.queryLength;
      const workEach = item.keyLength * (item.headDim + item.valueDim);
      const indices = sampled(rows, workEach, work).filter((index) => !isPadding(item, index));
      return { length: rows * item.valueDim, rows: indices.map((index) => attentionRow(item, inputs, index)) };
    }
  }
}

/**
 * The largest distance from the right answer, and in words what is wrong where one is too large.
 * @param {Float32Array} output
 * @param {{ readonly length: number, readonly rows: readonly Row[] }} oracle
 * @returns {{ readonly maxError: number, readonly wrong?: string }}
 */
export function check(output, oracle) {
  if (output.length !== oracle.length) return { maxError: Number.NaN, wrong: `${output.length} numbers, expected ${oracle.length}` };
  let maxError = 0;
  for (const { start, step, exact, bound } of oracle.rows) {
    for (let i = 0; i < exact.length; i++) {
      const at = start + i * step;
      const error = Math.abs(output[at] - exact[i]);
      // Not `error > bound`, so that NaN is wrong too. The last rounding to float32 is always allowed.
      const allowed = bound[i] + unitRoundoff * Math.abs(exact[i]);
      if (!(error <= allowed))
        return { maxError: error, wrong: `element ${at} is ${output[at]}, expected ${exact[i]} ± ${allowed.toExponential(1)}` };
      maxError = Math.max(maxError, error);
    }
  }
  return { maxError };
}
