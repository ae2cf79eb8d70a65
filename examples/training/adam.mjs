/** TensorFlow.js' Adam with what a training needs beside it: a rate that changes, and a state that is restored to the bit. */
import * as tf from '@tensorflow/tfjs-core';

/** @typedef {Parameters<tf.Optimizer['setWeights']>[0]} NamedTensors */

/** @see Kingma & Ba 2015 */
export class Adam extends tf.AdamOptimizer {
  /** @param {{ rate?: number, beta1?: number, beta2?: number, epsilon?: number }} [options] */
  constructor({ rate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = {}) {
    super(rate, beta1, beta2, epsilon);
  }

  /** From the next step on. @param {number} rate */
  setRate(rate) {
    this.learningRate = rate;
  }

  /** The moments, as the parent's, and the powers of both betas, which the parent would work out anew, to other last digits. @override */
  async getWeights() {
    return [...(await super.getWeights()), ...Object.entries(this.#powers()).map(([name, tensor]) => ({ name, tensor }))];
  }

  /** @override @param {NamedTensors} weights as `getWeights` gave them */
  async setWeights(weights) {
    const powers = this.#powers();
    await super.setWeights(weights.filter(({ name }) => !Object.hasOwn(powers, name)));
    for (const { name, tensor } of weights) if (Object.hasOwn(powers, name)) powers[name].assign(tensor);
  }

  /** @returns {Record<string, tf.Variable>} */
  #powers() {
    const { accBeta1, accBeta2 } = /** @type {Record<string, tf.Variable>} */ (/** @type {unknown} */ (this));
    return { accBeta1, accBeta2 };
  }
}

/**
 * Up in a straight line, then down along half a cosine to a tenth: what most transformers are trained with.
 * @param {number} step from 0
 * @param {{ steps: number, warmup: number, rate: number }} schedule rate: at the top
 * @see Loshchilov & Hutter 2017 (SGDR)
 */
export function scheduledRate(step, { steps, warmup, rate }) {
  if (step < warmup) return (rate * (step + 1)) / warmup;
  const share = (step - warmup) / Math.max(1, steps - warmup);
  return rate * (0.1 + 0.45 * (1 + Math.cos(Math.PI * share)));
}

/**
 * Gradients no longer, all together, than `longest`.
 * @param {tf.NamedTensorMap} gradients
 * @param {number} longest
 * @returns {NamedTensors} for `applyGradients`
 * @see Pascanu et al. 2013
 */
export function clipped(gradients, longest) {
  return tf.tidy(() => {
    const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
    const factor = tf.minimum(1, tf.div(longest, tf.add(tf.sqrt(tf.addN(squares)), 1e-6)));
    return Object.entries(gradients).map(([name, gradient]) => ({ name, tensor: tf.mul(gradient, factor) }));
  });
}
