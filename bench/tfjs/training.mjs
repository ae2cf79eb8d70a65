// @ts-check
/** A step of training with TensorFlow.js: loss, gradients, Adam. */
import { joined } from '../joined.mjs';
import { adam, weightsOf } from '../training.mjs';
import { convnet } from './convnet.mjs';
import { outsideOf } from './outside.mjs';
import { translation } from './translation.mjs';

/** @import { Tensor, Variable } from '@tensorflow/tfjs-core' */
/** @import { Inputs, Job, TrainingCase } from '../types.js' */

/** @typedef {typeof import('@tensorflow/tfjs-core')} TfCore */
/** @typedef {typeof import('@tensorflow/tfjs-layers')} TfLayers */
/** By the names of weightsOf. @typedef {Readonly<Record<string, Tensor>>} TfWeights */
/** @typedef {import('@tensorflow/tfjs-layers').layers.Layer} Layer */
/**
 * @typedef {object} Model
 * @property {readonly Layer[]} layers whose weights are those of weightsOf, in its order
 * @property {() => import('@tensorflow/tfjs-core').Scalar} loss
 */

/**
 * What `optimizer.minimize(loss)` does, its two halves one by one so that the gradients can be looked at. Each step begins with the same
 * weights, which costs nothing (they are tensors that variables point to): so any of them can be checked.
 * @param {TfCore} tf
 * @param {TfLayers} layers
 * @param {TrainingCase} item
 * @param {Inputs} inputs
 * @returns {Job}
 */
export function trainingJob(tf, layers, item, inputs) {
  const first = weightsOf(item).map(([name, shape]) => /** @type {const} */ ([name, tf.tensor(inputs[name], [...shape])]));
  const weights = Object.fromEntries(first);
  const model = item.op === 'translationStep' ? translation(tf, layers, item, inputs, weights) : convnet(tf, layers, item, inputs, weights);
  const variables = model.layers.flatMap((layer) => layer.trainableWeights.map((weight) => /** @type {Variable} */ (weight.read())));
  const optimizer = tf.train.adam(adam.rate, adam.beta1, adam.beta2, adam.epsilon);
  /** @type {readonly Tensor[]} the loss and its gradients */
  let results = [];
  const run = () => {
    tf.dispose([...results]);
    for (const [i, [, tensor]] of first.entries()) variables[i].assign(tensor);
    const { value, grads } = optimizer.computeGradients(model.loss, variables);
    const gradients = variables.map(({ name }) => ({ name, tensor: grads[name] }));
    optimizer.applyGradients(gradients);
    results = [value, ...gradients.map(({ tensor }) => tensor)];
  };
  return {
    run,
    output: () => joined([...results, ...variables].map((tensor) => /** @type {Float32Array} */ (tensor.dataSync()))),
    // Five more calls, for which others have no use and a slow one no time.
    ...(tf.getBackend() === 'fovea' && { outside: () => outsideOf(tf, run) }),
    dispose() {
      optimizer.dispose();
      for (const variable of variables) variable.dispose();
      tf.engine().endScope();
    },
  };
}
