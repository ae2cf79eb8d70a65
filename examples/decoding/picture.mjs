/** The heatmap of what the last tokens looked at, row by row as the steps gave it. */
import { heatmap } from 'fovea/viz';

/** Tokens that are shown, at most. */
const mostShown = 48;

/**
 * Takes the last tokens back and decodes them again, watched.
 * @param {import('./model.mjs').Model} model
 * @param {readonly import('fovea').KVCache[]} caches that hold `ids`; they do so again afterwards
 * @param {Int32Array} ids
 * @returns {string} an SVG
 */
export function drawLastSteps(model, caches, ids) {
  const shown = Math.min(mostShown, ids.length);
  const first = ids.length - shown;
  const cells = new Float32Array(shown * shown);
  for (const cache of caches) cache.truncate(first);
  for (let row = 0; row < shown; row++) {
    const at = first + row;
    model.forward(ids.subarray(at, at + 1), {
      caches,
      onWeights: (layer, weights) => layer === 0 && addHeads(cells.subarray(row * shown), weights, first),
    });
  }
  const queryTokens = Array.from({ length: shown }, (_, i) => `${first + i}:${ids[first + i]}`);
  return heatmap(
    { data: cells, shape: [shown, shown] },
    {
      queryTokens,
      title: `Attention of the last ${shown} of ${ids.length} tokens to each other (layer 1)`,
      description:
        'A row for each step of decoding, which sees the tokens up to its own; position:token at both sides; the mean of the heads. The weights of the model are random, and so is the pattern.',
    },
  );
}

/**
 * row += the mean of the heads, from token `first` on.
 * @param {Float32Array} row
 * @param {import('fovea').Tensor} weights `[1, heads, 1, tokens]`
 * @param {number} first
 */
function addHeads(row, { data, shape: [, heads, , tokens] }, first) {
  for (let head = 0; head < heads; head++) for (let at = first; at < tokens; at++) row[at - first] += data[head * tokens + at] / heads;
}
