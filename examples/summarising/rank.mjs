/**
 * How central each sentence is: attention among sentence embeddings is a random walk (from a sentence on to one that means about the same),
 * and a sentence is as central as often as the walk is there (LexRank: Erkan & Radev 2004, "LexRank: Graph-based Lexical Centrality as
 * Salience in Text Summarization", with embeddings in the place of tf-idf).
 */
import { attention, matmul } from 'fovea';

/** @typedef {import('fovea').Tensor} Tensor */

/** Sharpness of the softmax: cosines differ by tenths, so that 10 tells neighbours from strangers, and hears more than the nearest one. */
export const sharpness = 10;
/** Share of steps that follow the weights; the others go anywhere, so that no circle of sentences holds the walk (Erkan & Radev: 0.85). */
export const damping = 0.85;
/** The ranks are found when none moves by more than this times their mean: some units of float32's rounding. */
export const settled = 1e-6;
/** Each step shrinks what is left by `damping` at least: 0.85^200 is 8e-15. */
const mostSteps = 200;

/**
 * Who looks at whom: softmax over the other sentences of sharpness · cosine.
 * @param {Tensor} embeddings `[n, width]`
 * @returns {Tensor} `[n, n]`, rows add up to 1 (of one sentence alone: 0), the diagonal is 0: no sentence votes for itself
 */
export function attentionAmong(embeddings) {
  const [n] = embeddings.shape;
  const others = new Uint8Array(n * n).fill(1);
  for (let i = 0; i < n; i++) others[i * n + i] = 0;
  const mask = { data: others, shape: [n, n] };
  return attention(embeddings, embeddings, embeddings, { score: 'cosine', scale: sharpness, mask, returnWeights: true }).weights;
}

/**
 * Where the walk is: p = (1 − damping)/n + damping · p · weights, found step by step.
 * @param {Tensor} weights `[n, n]`, rows add up to 1
 * @returns {{ ranks: Float32Array, steps: number }} ranks add up to 1
 */
export function centrality(weights) {
  const [n] = weights.shape;
  let ranks = new Float32Array(n).fill(1 / n);
  for (let steps = 1; ; steps++) {
    const { data } = matmul({ data: ranks, shape: [1, n] }, weights);
    const next = data.map((arrived) => (1 - damping) / n + damping * arrived);
    const moved = next.reduce((most, rank, i) => Math.max(most, Math.abs(rank - ranks[i])), 0);
    ranks = next;
    if (moved <= settled / n || steps === mostSteps) return { ranks, steps };
  }
}
