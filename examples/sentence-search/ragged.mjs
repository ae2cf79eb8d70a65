/**
 * What a sentence's tokens have to do with each other, in a batch that is nothing but the rows of its tokens: sentence i is the rows from
 * `starts[i]` to `starts[i + 1]`, and no row is padding.
 */
import { attention } from 'fovea';

/** @typedef {(weights: import('fovea').Tensor) => void} OnWeights hears of the weights of some sentences of one length, `[sentences, heads, length, length]` */

/**
 * @param {readonly Int32Array[]} sentences
 * @returns {Int32Array} `[sentences + 1]`: where each begins, and where the last one ends
 */
export function startsOf(sentences) {
  const starts = new Int32Array(sentences.length + 1);
  for (const [i, ids] of sentences.entries()) starts[i + 1] = starts[i] + ids.length;
  return starts;
}

/**
 * Attention of every token over its own sentence. Neighbours of one length are a batch as it lies: each such run is one call, which reads
 * and writes the rows where they are. (Padded to the longest, with queryLengths and keyLengths, the calls would be one, but the rows have to
 * be copied there and back: measured, that takes twice as long and more.)
 * @param {Float32Array} result `[tokens, heads, headDim]`
 * @param {Float32Array} qkv `[tokens, 3, heads, headDim]`
 * @param {Int32Array} starts
 * @param {number} heads
 * @param {OnWeights} [onWeights] told the weights of each call
 */
export function attendWithin(result, qkv, starts, heads, onWeights) {
  const width = result.length / Math.max(1, starts[starts.length - 1]);
  for (const { first, count, length } of runsOfOneLength(starts)) {
    const shape = [count, length, heads, width / heads];
    const strides = [length * 3 * width, 3 * width, width / heads, 1];
    const [q, k, v] = [0, 1, 2].map((part) => ({ data: qkv, shape, strides, offset: (3 * first + part) * width }));
    const out = { data: result, shape, offset: first * width };
    if (onWeights) onWeights(attention(q, k, v, { layout: 'bshd', out, returnWeights: true }).weights);
    else attention(q, k, v, { layout: 'bshd', out });
  }
}

/**
 * Mean over the tokens of each sentence; a sentence without tokens gives 0.
 * @param {Float32Array} x `[tokens, width]`
 * @param {Int32Array} starts
 * @param {number} width
 * @returns `[sentences, width]`
 */
export function meanWithin(x, starts, width) {
  const sentences = starts.length - 1;
  const means = new Float32Array(sentences * width);
  for (let sentence = 0; sentence < sentences; sentence++) {
    const length = starts[sentence + 1] - starts[sentence];
    for (let i = 0; i < width; i++) {
      let sum = 0;
      for (let token = starts[sentence]; token < starts[sentence + 1]; token++) sum += x[token * width + i];
      means[sentence * width + i] = sum / Math.max(length, 1);
    }
  }
  return means;
}

/** Neighbouring sentences of one length, those without tokens left out. @param {Int32Array} starts */
function* runsOfOneLength(starts) {
  const sentences = starts.length - 1;
  /** @param {number} sentence */
  const lengthOf = (sentence) => starts[sentence + 1] - starts[sentence];
  for (let from = 0, to = 0; from < sentences; from = to) {
    const length = lengthOf(from);
    while (to < sentences && lengthOf(to) === length) to += 1;
    if (length > 0) yield { first: starts[from], count: to - from, length };
  }
}
