// @ts-check
/** A small network of convolutions that classifies images, of the layers of TensorFlow.js: the same on every backend. */
import { filterSize } from '../training.mjs';

/** @import { Tensor } from '@tensorflow/tfjs-core' */
/** @import { ConvnetCase, Inputs } from '../types.js' */
/** @import { Model, TfCore, TfLayers, TfWeights } from './training.mjs' */

/** @param {TfCore} tf @param {TfLayers} layers @param {ConvnetCase} item @param {Inputs} inputs @param {TfWeights} weights @returns {Model} */
export function convnet(tf, { layers }, { shape, filters, classes }, inputs, weights) {
  const [batch, height, width] = shape;
  const convolutions = filters.map((count) =>
    layers.conv2d({ filters: count, kernelSize: filterSize, activation: 'relu', kernelInitializer: 'zeros' }),
  );
  const pool = layers.maxPooling2d({ poolSize: 2 });
  const flat = layers.flatten();
  const output = layers.dense({ units: classes, kernelInitializer: 'zeros' });
  const [first, second, third, fourth] = convolutions;
  const stack = [first, second, pool, third, pool, fourth, flat, output];
  const images = tf.tensor(inputs.images, [batch, height, width, 1]);
  const wanted = tf.oneHot(tf.tensor(Int32Array.from(inputs.classes), [batch], 'int32'), classes);
  const logits = () => stack.reduce((x, layer) => /** @type {Tensor} */ (layer.apply(x)), /** @type {Tensor} */ (images));
  tf.tidy(() => void logits()); // makes weights
  for (const [i, layer] of convolutions.entries()) layer.setWeights([weights[`filter${i}`], weights[`bias${i}`]]);
  output.setWeights([weights.output, weights.outputBias]);
  return { layers: [...convolutions, output], loss: () => tf.losses.softmaxCrossEntropy(wanted, logits()) };
}
