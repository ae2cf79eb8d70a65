/** Token ids of different lengths as rectangles: what an encoder reads, and what a decoder is given and has to write. */
import * as tf from '@tensorflow/tfjs-core';
import { end, padding, start } from './vocabulary.mjs';

/**
 * @typedef {object} Taught
 * @property {tf.Tensor2D} given int32 `[b, t]`: start, then the tokens
 * @property {tf.Tensor2D} expected int32 `[b, t]`: the tokens, then end; padding behind it
 */

/** @param {readonly (readonly number[])[]} rows of ids @returns {tf.Tensor2D} int32 `[rows, the longest]`, filled up with padding */
export function padded(rows) {
  // Two at least: TensorFlow.js 4 has no gradient of what is unstacked into one, as a recurrent layer does with its steps.
  const longest = Math.max(2, ...rows.map(({ length }) => length));
  const ids = new Int32Array(rows.length * longest).fill(padding);
  for (const [i, row] of rows.entries()) ids.set(row, i * longest);
  return tf.tensor2d(ids, [rows.length, longest], 'int32');
}

/** Teacher forcing: each step is given the token that should have been written before it. @param {readonly (readonly number[])[]} targets of ids @returns {Taught} */
export function taught(targets) {
  return { given: padded(targets.map((ids) => [start, ...ids])), expected: padded(targets.map((ids) => [...ids, end])) };
}

/** So many items a batch, in their order. @template Item @param {readonly Item[]} items @param {number} size @returns {Item[][]} */
export function batchesOf(items, size) {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
