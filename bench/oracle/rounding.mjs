// @ts-check
/** How far a float32 result may be from the right one, and which of its rows are checked. */

/** @import { DType } from '../types.js' */

/**
 * A row of the result: where its elements lie, what they should be, and how far off they may be.
 * @typedef {{ readonly start: number, readonly step: number, readonly exact: Float64Array, readonly bound: Float64Array }} Row
 */

export const unitRoundoff = 2 ** -24;

/**
 * Relative error of a float32 sum of n products in any order. Rounding errors seldom conspire: |error| ≤ λ·√n·u·Σ|aᵢ||bᵢ| holds
 * but for a probability of about 2·exp(−λ²/2) (Higham & Mary 2019), here 8·10⁻⁹ a number at λ = 6; n·u always does.
 * @param {number} n
 */
export const sumError = (n) => Math.min(n, 6 * Math.sqrt(n)) * unitRoundoff;

/** Half of the last place of a number in the type that results are written in, relative to it. @param {DType | undefined} dtype */
export const lastPlace = (dtype) => (dtype === 'bfloat16' ? 2 ** -8 : dtype === 'float16' ? 2 ** -11 : unitRoundoff);

/** Standard deviations of a sum of independent rounding errors that are allowed, as in sumError. */
export const spread = 6;

/** Rounding to int8 with a scale of largest / 127: the error of an element is spread evenly over one step. @param {number} largest */
export const int8Deviation = (largest) => largest / 127 / Math.sqrt(12);

/** Of an exponential in float32, e.g. 2ˣ by a polynomial: 8 ulp cover every contender's. */
export const expError = 8 * unitRoundoff;

/**
 * Indices to check: all when their work is small, otherwise first, last and others at irregular distances.
 * @param {number} count
 * @param {number} workEach
 * @param {number} work that all of them may cost
 */
export function sampled(count, workEach, work) {
  const affordable = Math.max(4, Math.floor(work / workEach));
  if (count <= affordable) return Array.from({ length: count }, (_, index) => index);
  const golden = (Math.sqrt(5) - 1) / 2; // multiples of it spread evenly and meet every remainder of a tile size
  const others = Array.from({ length: affordable - 2 }, (_, index) => Math.floor((((index + 1) * golden) % 1) * count));
  return [...new Set([0, count - 1, ...others])];
}
