/**
 * Images to words. Begin here:
 *
 *   image → 3 × (convolution, relu), halved twice → a map of features, 7 × 28, with the place of each → attended to; their mean → what the decoder begins with
 */
import * as tf from '@tensorflow/tfjs-core';
import { initializers, input, layers } from '@tensorflow/tfjs-layers';
import { sinusoidalPositions } from 'fovea';
import { withDecoder } from '../seq2seq-training/decoder.mjs';
import { seedFor } from '../training/seed.mjs';
import { height, width } from './images.mjs';

/** Filters of the convolutions, the last of which is the width of a place of the map; of the decoder. */
export const sizes = { filters: [16, 32, 64], units: 128, embedding: 32 };

/** Rows and columns of the map: each place is made of 18 × 18 pixels around 4 × 4 of its own. */
export const map = [height / 4, width / 4];

/**
 * Adds to each place of the map where it is: sines and cosines of its row in one half of the numbers, of its column in the other. Features alone do not tell
 * a 7 on the left from one on the right.
 */
class Places extends layers.Layer {
  static className = 'Places';

  /** @param {tf.Tensor | tf.Tensor[]} inputs `[b, rows, columns, d]` @returns {tf.Tensor} `[b, rows · columns, d]` */
  call(inputs) {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      const [batch, rows, columns, d] = /** @type {[number, number, number, number]} */ (x.shape);
      const [ofRows, ofColumns] = [rows, columns].map((count) => tf.tensor2d(sinusoidalPositions(count, d / 2).data, [count, d / 2]));
      const places = tf.concat(
        [
          tf.tile(tf.reshape(ofRows, [rows, 1, d / 2]), [1, columns, 1]),
          tf.tile(tf.reshape(ofColumns, [1, columns, d / 2]), [rows, 1, 1]),
        ],
        2,
      );
      return tf.reshape(tf.add(x, places), [batch, rows * columns, d]);
    });
  }

  /** @param {number[]} shape */
  computeOutputShape([batch, rows, columns, d]) {
    return [batch, rows * columns, d];
  }
}

/**
 * @param {number} vocabulary ids of words
 * @param {{ seed: number }} options
 * @returns {import('../seq2seq-training/decoder.mjs').Model} its sources are images `[b, height, width, 1]`
 */
export function createCaptioner(vocabulary, { seed }) {
  /** @typedef {import('@tensorflow/tfjs-layers').SymbolicTensor} Symbolic */
  const { filters, units, embedding } = sizes;
  const reads = input({ shape: [height, width, 1] });
  const features = filters.reduce((x, count, i) => {
    const kernelInitializer = initializers.heNormal({ seed: seedFor(seed, `convolution ${i}`) });
    const y = layers.conv2d({ filters: count, kernelSize: 3, padding: 'same', activation: 'relu', kernelInitializer }).apply(x);
    return /** @type {Symbolic} */ (i < 2 ? layers.maxPooling2d({ poolSize: 2 }).apply(y) : y);
  }, reads);
  const mean = layers.globalAveragePooling2d({}).apply(features);
  const first = layers.dense({ units, activation: 'tanh', kernelInitializer: initializers.glorotUniform({ seed: seedFor(seed, 'first state') }) });
  return withDecoder(
    { reads, values: /** @type {Symbolic} */ (new Places().apply(features)), state: /** @type {Symbolic} */ (first.apply(mean)) },
    { vocabulary, embedding, units, valueDim: filters[2], attends: true, seed },
  );
}
