/**
 * Images to words. Begin here:
 *
 *   image → 4 × (convolution, relu), halved twice → a map of features, 7 × 28, with the place of each → attended to; their mean → what the decoder begins with
 */
import * as tf from '@tensorflow/tfjs-core';
import { initializers, input, layers } from '@tensorflow/tfjs-layers';
import { sinusoidalPositions } from 'fovea';
import { withDecoder } from '../seq2seq-training/decoder.mjs';
import { seedFor } from '../training/seed.mjs';
import { height, width } from './images.mjs';

/** Filters of the convolutions, the last of which is the width of a place of the map; of the decoder. */
export const sizes = { filters: [16, 32, 64, 64], placeDim: 32, units: 128, embedding: 32 };
const { placeDim } = sizes;

/** Rows and columns of the map: each place is made of 26 × 26 pixels around 4 × 4 of its own, about as many as a digit has. */
export const map = [height / 4, width / 4];

/**
 * Puts to the features of each place of the map where it is: sines and cosines of its row, and of its column. Features alone do not tell a 7 on the left from
 * one on the right.
 */
class Places extends layers.Layer {
  static className = 'Places';

  /** @override @param {tf.Tensor | tf.Tensor[]} inputs `[b, rows, columns, d]` @returns {tf.Tensor} `[b, rows · columns, d + 2 · placeDim]` */
  call(inputs) {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      const [batch, rows, columns, d] = /** @type {[number, number, number, number]} */ (x.shape);
      const [ofRows, ofColumns] = [rows, columns].map((count) => tf.tensor(sinusoidalPositions(count, placeDim).data, [count, placeDim]));
      const there = [
        tf.tile(tf.reshape(ofRows, [1, rows, 1, placeDim]), [batch, 1, columns, 1]),
        tf.tile(tf.reshape(ofColumns, [1, 1, columns, placeDim]), [batch, rows, 1, 1]),
      ];
      return tf.reshape(tf.concat([x, ...there], 3), [batch, rows * columns, d + 2 * placeDim]);
    });
  }

  /** @override @param {number[]} shape */
  computeOutputShape([batch, rows, columns, d]) {
    return [batch, rows * columns, d + 2 * placeDim];
  }
}

/**
 * @param {number} vocabulary ids of words
 * @param {{ attends: boolean, seed: number }} options without attention the decoder begins with the mean of the map, and sees nothing else
 * @returns {import('../seq2seq-training/decoder.mjs').Model} its sources are images `[b, height, width, 1]`
 */
export function createCaptioner(vocabulary, { attends, seed }) {
  /** @typedef {import('@tensorflow/tfjs-layers').SymbolicTensor} Symbolic */
  const { filters, units, embedding } = sizes;
  const reads = input({ shape: [height, width, 1] });
  const features = filters.reduce((x, count, i) => {
    const kernelInitializer = initializers.heNormal({ seed: seedFor(seed, `convolution ${i}`) });
    const y = layers.conv2d({ filters: count, kernelSize: 3, padding: 'same', activation: 'relu', kernelInitializer }).apply(x);
    return /** @type {Symbolic} */ (i < 2 ? layers.maxPooling2d({ poolSize: 2 }).apply(y) : y);
  }, reads);
  const mean = layers.globalAveragePooling2d({}).apply(features);
  const first = layers.dense({
    units,
    activation: 'tanh',
    kernelInitializer: initializers.glorotUniform({ seed: seedFor(seed, 'first state') }),
  });
  return withDecoder(
    { reads, values: /** @type {Symbolic} */ (new Places().apply(features)), state: /** @type {Symbolic} */ (first.apply(mean)) },
    { vocabulary, embedding, units, valueDim: filters[3] + 2 * placeDim, attends, seed },
  );
}
