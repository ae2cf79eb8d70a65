/**
 * The sentences of the summary: one by one the most central that says something new (maximal marginal relevance, Carbonell & Goldstein 1998,
 * with λ = 1/2: rank, of the highest one, less likeness to the nearest chosen one, so that a repetition is worth nothing).
 */
import { matmul } from 'fovea';

/** @typedef {import('fovea').Tensor} Tensor */

/**
 * @param {Float32Array} ranks one a sentence
 * @param {Tensor} cosines `[n, n]`
 * @param {number} count at most n
 * @returns {number[]} indices, in the order of the text
 */
export function choose(ranks, cosines, count) {
  const most = ranks.reduce((a, b) => Math.max(a, b), 0);
  /** Likeness to the nearest chosen one. */
  const nearest = new Float32Array(ranks.length);
  const left = new Set(ranks.keys());
  while (left.size > ranks.length - count) {
    /** @param {number} i */
    const worth = (i) => ranks[i] / most - nearest[i];
    const best = [...left].reduce((a, b) => (worth(b) > worth(a) ? b : a));
    left.delete(best);
    for (let i = 0; i < nearest.length; i++) nearest[i] = Math.max(nearest[i], cosines.data[best * nearest.length + i]);
  }
  return [...ranks.keys()].filter((i) => !left.has(i));
}

/** Cosine of every two sentences. @param {Tensor} embeddings `[n, width]`, rows of length 1 */
export const cosinesOf = (embeddings) => matmul(embeddings, embeddings, { transposeB: true });
