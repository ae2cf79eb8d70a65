/**
 * What writes: a GRU, token after token, that looks at what an encoder gave before each of them (Bahdanau, Cho & Bengio 2015), or, to be compared with, one that
 * begins with the encoder's state and sees nothing else. Encoder and decoder are one model of TensorFlow.js' layers, which is trained; the same layers write, a step a call.
 */
import * as tf from '@tensorflow/tfjs-core';
import { initializers, input, layers, model } from '@tensorflow/tfjs-layers';
import { AttentionMemory, BahdanauCell } from 'fovea/tfjs/layers';
import { seedFor } from '../training/seed.mjs';

/**
 * @typedef {import('@tensorflow/tfjs-layers').SymbolicTensor} Symbolic
 *
 * @typedef {object} Encoder what it reads, and what it makes of it
 * @property {Symbolic} reads `[b, …]`
 * @property {Symbolic} values `[b, s, d]`: what is attended to, with its mask
 * @property {Symbolic} state `[b, units]`: what the decoder begins with
 *
 * @typedef {object} Model
 * @property {Record<string, tf.Variable>} variables of encoder and decoder
 * @property {(source: tf.Tensor, given: tf.Tensor) => tf.Tensor} teach sources, and ids `[b, t]` → logits `[b, t, vocabulary]` of the token behind each
 * @property {(source: tf.Tensor) => tf.Tensor[]} begin the states before the first step
 * @property {(ids: tf.Tensor, states: tf.Tensor[]) => { logits: tf.Tensor, states: tf.Tensor[] }} step ids `[b]` → logits `[b, vocabulary]`, and the states behind
 * @property {((states: tf.Tensor[]) => tf.Tensor) | undefined} look what the step behind these states looks at, `[b, s]`; undefined without attention
 *
 * @typedef {{ vocabulary: number, embedding: number, units: number, valueDim: number, attends: boolean, seed: number }} Options
 */

/** @param {Encoder} encoder @param {Options} options @returns {Model} */
export function withDecoder({ reads, values, state }, { vocabulary, embedding, units, valueDim, attends, seed }) {
  /** @param {string} name */
  const drawn = (name) => initializers.glorotUniform({ seed: seedFor(seed, name) });
  const embed = layers.embedding({ inputDim: vocabulary, outputDim: embedding, embeddingsInitializer: drawn('written') });
  const gru = layers.gruCell({ units, kernelInitializer: drawn('decoder'), recurrentInitializer: drawn('decoder again') });
  const cell = attends ? new BahdanauCell({ cell: gru, units, valueDim, kernelInitializer: drawn('query') }) : gru;
  const memory = attends ? symbolic(new AttentionMemory({ units, kernelInitializer: drawn('keys') }).apply(values)) : [];
  const unembed = layers.dense({ units: vocabulary, kernelInitializer: drawn('logits') });

  const given = input({ shape: [null], dtype: 'int32' });
  const rnn = layers.rnn({ cell, returnSequences: true });
  const steps = rnn.apply(embed.apply(given), { initialState: [state, ...memory] });
  const whole = model({ inputs: [reads, given], outputs: /** @type {Symbolic} */ (unembed.apply(steps)) });
  const encoder = model({ inputs: reads, outputs: [state, ...memory] });
  return {
    variables: Object.fromEntries(whole.trainableWeights.map((weight, i) => [`${i}`, /** @type {tf.Variable} */ (weight.read())])),
    teach: (source, given) => tensors(whole.apply([source, given]))[0],
    begin: (source) => tensors(encoder.apply(source)),
    step(ids, states) {
      const [output, ...behind] = tensors(cell.call([tensors(embed.apply(ids))[0], ...states], {}));
      return { logits: tensors(unembed.apply(output))[0], states: behind };
    },
    look: cell instanceof BahdanauCell ? ([h, keys, , mask]) => cell.alignment(h, keys, mask) : undefined,
  };
}

/** What a layer gives is one or several. @param {unknown} given @returns {Symbolic[]} */
const symbolic = (given) => /** @type {Symbolic[]} */ (Array.isArray(given) ? given : [given]);

/** @param {unknown} given @returns {tf.Tensor[]} */
const tensors = (given) => /** @type {tf.Tensor[]} */ (Array.isArray(given) ? given : [given]);
