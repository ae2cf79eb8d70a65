/** A step of the training: teacher forcing, and gradients that are held short. */
import * as tf from '@tensorflow/tfjs-core';
import { clipped } from '../training/adam.mjs';
import { padding } from './vocabulary.mjs';

/** Gradients no longer than this: recurrent ones are large at times. */
const longestGradient = 1;

/**
 * The mean of −log p of the tokens, each step being given the right ones before it.
 * @param {import('./decoder.mjs').Model} model
 * @param {tf.Tensor} source
 * @param {import('./batches.mjs').Taught} taught
 * @returns {tf.Scalar}
 */
export function lossOf(model, source, { given, expected }) {
  const logits = model.teach(source, given);
  const wanted = tf.oneHot(expected, logits.shape[2] ?? 0);
  const isToken = tf.cast(tf.notEqual(expected, padding), 'float32');
  return /** @type {tf.Scalar} */ (tf.losses.softmaxCrossEntropy(wanted, logits, isToken));
}

/**
 * Trains once.
 * @param {import('./decoder.mjs').Model} model
 * @param {tf.Optimizer} optimizer
 * @param {() => { source: tf.Tensor, taught: import('./batches.mjs').Taught }} batch
 * @returns {number} the loss before
 */
export function trainOnce(model, optimizer, batch) {
  return tf.tidy(() => {
    const { source, taught } = batch();
    const { value, grads } = tf.variableGrads(() => lossOf(model, source, taught), Object.values(model.variables));
    optimizer.applyGradients(clipped(grads, longestGradient));
    return value.dataSync()[0];
  });
}
