/** Writing: character by character, each drawn by what the decoder says; and whether that is what TensorFlow.js says of the same text. */
import * as tf from '@tensorflow/tfjs-core';
import { softmax } from 'fovea';
import { createDecoder } from './decoder.mjs';
import { expansion, logitsOf } from './network.mjs';
import { vocabulary } from './vocabulary.mjs';

/**
 * @typedef {import('./network.mjs').Sizes} Sizes
 * @typedef {import('./network.mjs').Variables} Variables
 * @typedef {{ ids: Int32Array, logits: Float32Array, seconds: number }} Written ids: the prompt and what was drawn behind it; logits `[ids, vocabulary]`
 * @typedef {{ difference: number, bound: number, largest: number, holds: boolean }} Agreement
 */

/**
 * @param {Variables} variables
 * @param {Sizes} sizes
 * @param {Int32Array} prompt
 * @param {number} characters
 * @param {{ temperature: number, uniform: () => number }} draw
 * @returns {Written}
 */
export function write(variables, sizes, prompt, characters, { temperature, uniform }) {
  const ids = new Int32Array(prompt.length + characters);
  const logits = new Float32Array(ids.length * vocabulary);
  const decoder = createDecoder(variables, sizes, ids.length);
  ids.set(prompt);
  logits.set(decoder.forward(prompt));
  const start = performance.now();
  for (let at = prompt.length; at < ids.length; at++) {
    ids[at] = drawn(logits.subarray((at - 1) * vocabulary, at * vocabulary), temperature, uniform());
    logits.set(decoder.forward(ids.subarray(at, at + 1)), at * vocabulary);
  }
  const seconds = (performance.now() - start) / 1000;
  decoder.dispose();
  return { ids, logits, seconds };
}

/** @param {Float32Array} logits @param {number} temperature @param {number} share evenly in [0, 1) */
function drawn(logits, temperature, share) {
  const { data } = softmax({ data: logits, shape: [vocabulary] }, { scale: 1 / temperature });
  let left = share;
  const found = data.findIndex((own) => {
    left -= own;
    return left < 0;
  });
  return found < 0 ? vocabulary - 1 : found;
}

/**
 * All logits, of one pass of TensorFlow.js over the text.
 * @param {Variables} variables
 * @param {Sizes} sizes
 * @param {Written} written
 * @returns {Agreement}
 */
export function compareWithTensorFlow(variables, sizes, { ids, logits }) {
  const expected = tf.tidy(() => logitsOf(variables, sizes, tf.tensor2d(ids, [1, ids.length], 'int32')).dataSync());
  let [difference, largest] = [0, 0];
  for (let i = 0; i < logits.length; i++) {
    // NaN is no agreement, and Math.max keeps it.
    difference = Math.max(difference, Math.abs(logits[i] - expected[i]));
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  const bound = roundingBound(sizes, largest);
  return { difference, bound, largest, holds: difference <= bound };
}

/**
 * How far float32 may take two computations of the same logits apart. From a character to a logit there are 6 sums of products a layer, one behind the
 * other (projection, scores, values, output, expansion, contraction), of which the square counts the expansion twice, and that of the logits. The errors of
 * n products, of either sign, come to about √n · u of the sum's size, u = 2⁻²⁴ (Higham & Mary 2019, "A New Approach to Probabilistic Rounding Error
 * Analysis"), in each of the two. Counted as if all sums erred to one side, which leaves room for the largest of many logits and for what norms and softmax
 * make of errors.
 * @param {Sizes} sizes
 * @param {number} largest logit
 */
export function roundingBound({ layers, width, context }, largest) {
  const products = Math.max(expansion * width, context);
  return 2 * (7 * layers + 1) * Math.sqrt(products) * 2 ** -24 * largest;
}
