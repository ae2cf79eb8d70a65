/** One step of training, and how well a text is foretold. */
import * as tf from '@tensorflow/tfjs-core';
import { Adam, clipped, scheduledRate } from '../training/adam.mjs';
import { randomFor } from '../training/seed.mjs';
import { surpriseOf } from './network.mjs';

/**
 * @typedef {import('./network.mjs').Sizes} Sizes
 * @typedef {import('./network.mjs').Variables} Variables
 */

const schedule = { warmup: 100, rate: 2e-3 };
/** Of all gradients together, at most. */
const longestGradient = 1;

/**
 * @param {Variables} variables
 * @param {Sizes} sizes
 * @param {Int32Array} ids the training text
 * @param {{ steps: number, batch: number, seed: number }} course
 * @returns {{ optimizer: Adam, step: (index: number) => number }} step: trains on windows by chance, and gives the mean surprise in nats
 */
export function createTraining(variables, sizes, ids, { steps, batch, seed }) {
  const optimizer = new Adam({ rate: schedule.rate, beta2: 0.99 });
  const trained = Object.values(variables);
  const warmup = Math.min(schedule.warmup, Math.ceil(steps / 5));
  return {
    optimizer,
    step: (index) =>
      tf.tidy(() => {
        const windows = windowsOf(ids, sizes.context, batch, randomFor(seed, 'windows', index));
        const { value, grads } = tf.variableGrads(() => tf.mean(surpriseOf(variables, sizes, windows)), trained);
        optimizer.setRate(scheduledRate(index, { ...schedule, steps, warmup }));
        optimizer.applyGradients(clipped(grads, longestGradient));
        return value.dataSync()[0];
      }),
  };
}

/** @param {Int32Array} ids @param {number} context @param {number} batch @param {() => number} uniform @returns {tf.Tensor2D} `[batch, context + 1]` */
function windowsOf(ids, context, batch, uniform) {
  const windows = new Int32Array(batch * (context + 1));
  for (let i = 0; i < batch; i++) {
    const start = Math.floor(uniform() * (ids.length - context));
    windows.set(ids.subarray(start, start + context + 1), i * (context + 1));
  }
  return tf.tensor2d(windows, [batch, context + 1], 'int32');
}

/** Windows that are looked at together where nothing is learned. */
const together = 16;

/**
 * Bits a character of a text, but for its first. Windows overlap by half, so that each character is foretold by half a context at least, where there is one.
 * @param {Variables} variables
 * @param {Sizes} sizes
 * @param {Int32Array} ids
 * @returns {number}
 */
export function bitsPerCharacter(variables, sizes, ids) {
  const length = Math.min(sizes.context, ids.length - 1);
  const last = ids.length - 1 - length;
  const hop = Math.ceil(length / 2);
  const starts = Array.from({ length: Math.ceil(last / hop) + 1 }, (_, i) => Math.min(i * hop, last));
  let [nats, foretold] = [0, 0];
  for (let at = 0; at < starts.length; at += together) {
    const own = starts.slice(at, at + together);
    const surprise = tf.tidy(() => {
      const windows = own.flatMap((start) => Array.from(ids.subarray(start, start + length + 1)));
      return surpriseOf(variables, sizes, tf.tensor2d(windows, [own.length, length + 1], 'int32')).dataSync();
    });
    for (const [row, start] of own.entries()) {
      for (let i = foretold - start; i < length; i++) nats += surprise[row * length + i];
      foretold = start + length;
    }
  }
  return nats / foretold / Math.LN2;
}
