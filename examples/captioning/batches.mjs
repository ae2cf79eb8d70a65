/** Batches of images: of digits that are trained on, another one each step, and of those that are held out. */
import * as tf from '@tensorflow/tfjs-core';
import { batchesOf, taught } from '../seq2seq-training/batches.mjs';
import { fingerprintOf } from '../seq2seq-training/fingerprint.mjs';
import { greedy } from '../seq2seq-training/greedy.mjs';
import { createVocabulary } from '../seq2seq-training/vocabulary.mjs';
import { randomFor } from '../training/seed.mjs';
import { compose, height, mostWords, width, words } from './images.mjs';

/** Images that are read at once. */
const readTogether = 100;

/** @typedef {import('./images.mjs').Image} Image */

/** @param {ReturnType<import('./digits.mjs').readDigits>} digits @param {number} seed @param {number} [size] images of a step */
export function createBatches(digits, seed, size = 32) {
  const vocabulary = createVocabulary(words);
  return {
    size,
    vocabulary: vocabulary.size,
    /** Of the digits that are learned. */
    fingerprint: fingerprintOf(digits.seen.flatMap((images) => [String(images.length), ...images])),
    /** Of a step of the training. @param {number} step */
    training(step) {
      const uniform = randomFor(seed, 'batch', step);
      const images = Array.from({ length: size }, () => compose(digits.seen, uniform));
      return { source: tensorOf(images), taught: taught(images.map((image) => vocabulary.idsOf(image.words))) };
    },
    /** So many, of digits that the training has not seen, the same ones each time. @param {number} count */
    heldOut(count) {
      const uniform = randomFor(seed, 'held out');
      return Array.from({ length: count }, () => compose(digits.heldOut, uniform));
    },
    /**
     * What a model writes of these.
     * @param {import('../seq2seq-training/decoder.mjs').Model} model
     * @param {readonly Image[]} images
     * @param {{ looks?: boolean }} [options]
     */
    write: (model, images, options) =>
      batchesOf(images, readTogether).flatMap((some) => {
        const results = tf.tidy(() => greedy(model, tensorOf(some), mostWords, options));
        return some.map((image, i) => ({
          image,
          source: image.words.join(' '),
          written: vocabulary.tokensOf(results[i].ids).join(' '),
          expected: image.words.join(' '),
          kind: `${image.words.length} digits`,
          looks: results[i].looks,
        }));
      }),
  };
}

/** @param {readonly Image[]} images */
function tensorOf(images) {
  const pixels = new Float32Array(images.length * height * width);
  for (const [i, image] of images.entries()) pixels.set(image.pixels, i * height * width);
  return tf.tensor4d(pixels, [images.length, height, width, 1]);
}
