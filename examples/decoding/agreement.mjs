/** How far two runs over the same tokens are apart, and how far rounding alone may take them. */
import { expansion, vocabulary } from './model.mjs';

/**
 * @typedef {object} Agreement
 * @property {number} largest difference of two logits; NaN where one is
 * @property {number} sameBest share of the rows whose highest logit is that of the same token
 */

/**
 * @param {Float32Array} a `[rows, vocabulary]`
 * @param {Float32Array} b the same
 * @returns {Agreement}
 */
export function compare(a, b) {
  if (a.length !== b.length) throw new Error(`${a.length} logits beside ${b.length}`);
  const rows = a.length / vocabulary;
  let [largest, same] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const [ofA, ofB] = [a, b].map((logits) => logits.subarray(row * vocabulary, (row + 1) * vocabulary));
    largest = ofA.reduce((most, logit, i) => Math.max(most, Math.abs(logit - ofB[i])), largest);
    if (bestOf(ofA) === bestOf(ofB)) same += 1;
  }
  return { largest, sameBest: same / rows };
}

/** @param {Float32Array} logits */
const bestOf = (logits) => logits.reduce((best, logit, i) => (logit > logits[best] ? i : best), 0);

/** @param {Float32Array} logits */
export const largestOf = (logits) => logits.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);

/**
 * How far float32 may take two computations of the same logits apart. From a token to a logit there are 6 sums of products a layer, one behind the
 * other (projection, scores, values, output, expansion, contraction), and that of the logits. The errors of n products, of either sign, come to
 * about √n · u of the sum's size, u = 2⁻²⁴ (Higham & Mary 2019, "A New Approach to Probabilistic Rounding Error Analysis"), in each of the two. Counted
 * as if all sums erred to one side, which leaves room for the largest of many logits and for what norms and softmax make of errors.
 * @param {import('./model.mjs').Sizes} sizes
 * @param {number} length tokens seen at most
 * @param {number} largest logit
 */
export function roundingBound({ layers, width }, length, largest) {
  const products = Math.max(expansion * width, length);
  return 2 * (6 * layers + 1) * Math.sqrt(products) * 2 ** -24 * largest;
}
