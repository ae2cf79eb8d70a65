/**
 * The transformer, of tensors of TensorFlow.js:
 *
 *   characters → table → layers × [ x += out(attention(norm(x))); x += contract(relu(expand(norm(x)))²) ] → norm → logits by the table
 *
 * norm is rmsNorm; attention is causal, of queries and keys turned by rotary; both have gradients in fovea/tfjs.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers TensorFlow.js' gradients
import { attention, rmsNorm, rotary } from 'fovea/tfjs';
import { seedFor } from '../training/seed.mjs';
import { vocabulary } from './vocabulary.mjs';

/**
 * @typedef {{ layers: number, width: number, heads: number, context: number }} Sizes width: a multiple of 2 · heads; context: how far back it looks
 * @typedef {Readonly<Record<string, tf.Variable>>} Variables by name: table, norm, and of each layer, such as 0.query, what `layerShapes` has
 */

/** Width inside the feed-forward layers, in widths. */
export const expansion = 4;

/** @param {number} width @returns {Readonly<Record<string, number[]>>} */
const layerShapes = (width) => ({
  attentionNorm: [width],
  query: [width, width],
  key: [width, width],
  value: [width, width],
  out: [width, width],
  feedNorm: [width],
  expand: [width, expansion * width],
  contract: [expansion * width, width],
});

/** @param {Sizes} sizes @param {number} seed @returns {Variables} */
export function createVariables({ layers, width }, seed) {
  const shapes = Object.fromEntries([
    ['table', [vocabulary, width]],
    ...Array.from({ length: layers }, (_, layer) =>
      Object.entries(layerShapes(width)).map(([name, shape]) => [`${layer}.${name}`, shape]),
    ).flat(),
    ['norm', [width]],
  ]);
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, tf.tidy(() => tf.variable(initial(name, shape, layers, seed)))]),
  );
}

/**
 * Norms begin as 1; maps keep the size of what they are given, and what is added to x is small beside it, the smaller the more layers add (GPT-2).
 * @param {string} name
 * @param {readonly number[]} shape
 * @param {number} layers
 * @param {number} seed
 */
function initial(name, shape, layers, seed) {
  if (shape.length === 1) return tf.ones([...shape]);
  const share = /\.(out|contract)$/.test(name) ? 1 / Math.sqrt(2 * layers) : 1;
  const deviation = share / Math.sqrt(name === 'table' ? shape[1] : shape[0]);
  return tf.truncatedNormal([...shape], 0, deviation, 'float32', seedFor(seed, name));
}

/**
 * @param {Variables} variables
 * @param {Sizes} sizes
 * @param {tf.Tensor} ids int32 `[b, s]`
 * @returns {tf.Tensor} logits `[b · s, vocabulary]`: row i is what may follow character i
 */
export function logitsOf(variables, { layers, width, heads, context }, ids) {
  const [batch, length] = ids.shape;
  const layout = 'bshd';
  let x = tf.gather(variables.table, tf.reshape(ids, [-1]));
  for (let layer = 0; layer < layers; layer++) {
    /** @param {string} name */
    const weight = (name) => variables[`${layer}.${name}`];
    const normed = rmsNorm(x, { gamma: weight('attentionNorm') });
    const [q, k, v] = ['query', 'key', 'value'].map((name) =>
      tf.reshape(tf.matMul(normed, weight(name)), [batch, length, heads, width / heads]),
    );
    const attended = attention(rotary(q, { layout }), rotary(k, { layout }), v, { layout, causal: true, window: [context - 1, 0] });
    x = tf.add(x, tf.matMul(tf.reshape(attended, [-1, width]), weight('out')));
    const inner = tf.relu(tf.matMul(rmsNorm(x, { gamma: weight('feedNorm') }), weight('expand')));
    x = tf.add(x, tf.matMul(tf.square(inner), weight('contract')));
  }
  return tf.matMul(rmsNorm(x, { gamma: variables.norm }), variables.table, false, true);
}

/**
 * Of every character of windows `[b, s + 1]` but the first, by those before it: −log of its share, in nats.
 * @param {Variables} variables
 * @param {Sizes} sizes
 * @param {tf.Tensor2D} windows int32
 * @returns {tf.Tensor} `[b, s]`
 */
export function surpriseOf(variables, sizes, windows) {
  const [batch, length] = [windows.shape[0], windows.shape[1] - 1];
  const logits = logitsOf(variables, sizes, tf.slice(windows, [0, 0], [batch, length]));
  const next = tf.oneHot(tf.reshape(tf.slice(windows, [0, 1], [batch, length]), [-1]), vocabulary, 1, 0, 'float32');
  return tf.reshape(tf.neg(tf.sum(tf.mul(next, tf.logSoftmax(logits)), -1)), [batch, length]);
}
