/** The heatmap of a summary: who looks at whom, with the chosen sentences marked. */
import { heatmap } from 'fovea/viz';

/**
 * @param {import('fovea').Tensor} weights `[n, n]`
 * @param {readonly { sentence: number, text: string }[]} summary counted from 1
 * @param {string} source the name of the text
 * @returns {string} an SVG
 */
export function drawAttention(weights, summary, source) {
  const chosen = new Set(summary.map(({ sentence }) => sentence));
  const queryTokens = Array.from({ length: weights.shape[0] }, (_, i) => (chosen.has(i + 1) ? `▸${i + 1}` : `${i + 1}`));
  return heatmap(weights, {
    queryTokens,
    title: `Attention among the sentences of ${source} (▸: in the summary)`,
    description: `Bright columns are sentences that many others look at. In the summary: ${summary.map(({ sentence, text }) => `${sentence}, ${text}`).join(' ')}`,
  });
}
