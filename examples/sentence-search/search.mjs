/** Semantic search is attention with paragraphs as keys: score every paragraph for a query, softmax the scores, take the best. */
import { matmul, softmax } from 'fovea';

/**
 * Sharpness of the shares: cosines differ by tenths, so 20 tells them apart by factors of about e².
 * It orders nothing, it only says how far a hit stands out.
 */
const sharpness = 20;

/**
 * @typedef {object} Match
 * @property {number} index paragraph
 * @property {number} score cosine of the angle between query and paragraph
 * @property {number} share softmax over all paragraphs: 1 when nothing else comes near
 */

/**
 * @param {import('fovea').Tensor} queries `[queries, 512]`, rows of length 1
 * @param {import('fovea').Tensor} paragraphs `[paragraphs, 512]`, rows of length 1
 * @param {number} count
 * @returns {Match[][]} for each query the best `count` paragraphs, best first
 */
export function search(queries, paragraphs, count) {
  const scores = matmul(queries, paragraphs, { transposeB: true });
  const shares = softmax(scores, { scale: sharpness });
  const [rows, columns] = scores.shape;
  return Array.from({ length: rows }, (_, row) => {
    const range = /** @type {const} */ ([row * columns, (row + 1) * columns]);
    return bestOf(scores.data.subarray(...range), shares.data.subarray(...range), count);
  });
}

/** @param {Float32Array} scores @param {Float32Array} shares @param {number} count @returns {Match[]} */
function bestOf(scores, shares, count) {
  const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a]);
  return order.slice(0, count).map((index) => ({ index, score: scores[index], share: shares[index] }));
}
