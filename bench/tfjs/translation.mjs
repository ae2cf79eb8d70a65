// @ts-check
/**
 * A model that translates, as one writes it with TensorFlow.js: a GRU reads the source, a GRU cell writes the target with additive attention
 * (Bahdanau et al. 2015) to what the first made of each token. Ops and layers, the same on every backend.
 */

/** @import { Tensor } from '@tensorflow/tfjs-core' */
/** @import { Inputs, TranslationCase } from '../types.js' */
/** @import { Layer, Model, TfCore, TfLayers, TfWeights } from './training.mjs' */

/** @param {TfCore} tf @param {TfLayers} layers @param {TranslationCase} item @param {Inputs} inputs @param {TfWeights} weights @returns {Model} */
export function translation(tf, { layers }, item, inputs, weights) {
  const { batch, source, target, vocabulary } = item;
  const { embedSource, encoder, key, embedTarget, query, score, decoder, output } = layersOf(tf, layers, item, weights);
  const tokens = Int32Array.from(inputs.targetTokens);
  const before = tokens.map((_, i) => (i % target === 0 ? 0 : tokens[i - 1])); // what is written so far begins with token 0
  const read = tf.tensor(Int32Array.from(inputs.sourceTokens), [batch, source], 'int32');
  const written = tf.tensor(before, [batch, target], 'int32');
  const wanted = tf.oneHot(tf.tensor(tokens, [batch, target], 'int32'), vocabulary);
  return {
    layers: [embedSource, encoder, key, embedTarget, query, score, decoder, output],
    loss() {
      const [states, last] = /** @type {Tensor[]} */ (encoder.apply(applied(embedSource, read)));
      const keys = applied(key, states); // once for all steps
      let state = last;
      const made = tf.unstack(applied(embedTarget, written), 1).map((token) => {
        const sums = tf.add(keys, tf.expandDims(applied(query, state), 1));
        const shares = tf.softmax(tf.squeeze(applied(score, tf.tanh(sums)), [2]));
        const context = tf.squeeze(tf.matMul(tf.expandDims(shares, 1), states), [1]);
        [state] = /** @type {Tensor[]} */ (decoder.call([tf.concat([token, context], 1), state], {}));
        return state;
      });
      return tf.losses.softmaxCrossEntropy(wanted, applied(output, tf.stack(made, 1)));
    },
  };
}

/** Of one tensor. @param {Layer} layer @param {Tensor} x */
const applied = (layer, x) => /** @type {Tensor} */ (layer.apply(x));

/** With their weights. @param {TfCore} tf @param {TfLayers['layers']} layers @param {TranslationCase} item @param {TfWeights} weights */
function layersOf(tf, layers, { hidden, embedding, vocabulary }, weights) {
  const zeros = /** @type {const} */ ('zeros'); // until the weights are set
  const shared = { kernelInitializer: zeros, recurrentInitializer: zeros };
  const gru = { units: hidden, recurrentActivation: /** @type {const} */ ('sigmoid'), ...shared };
  /** @template {Layer} L @param {L} layer @param {readonly number[]} shape of an input @param {readonly Tensor[]} own @returns {L} */
  const withWeights = (layer, shape, own) => {
    tf.tidy(() => void layer.apply(tf.zeros([...shape]))); // makes them
    layer.setWeights([...own]);
    return layer;
  };
  const embed = (/** @type {Tensor} */ table) =>
    withWeights(layers.embedding({ inputDim: vocabulary, outputDim: embedding, embeddingsInitializer: zeros }), [1, 1], [table]);
  const dense = (/** @type {number} */ units, /** @type {readonly Tensor[]} */ own) =>
    withWeights(layers.dense({ units, useBias: own.length > 1, ...shared }), [1, hidden], own);
  const gates = (/** @type {string} */ name) => [weights[name], weights[`${name}Recurrent`], weights[`${name}Bias`]];
  const decoder = layers.gruCell(gru);
  decoder.build([1, embedding + hidden]);
  decoder.setWeights(gates('decoder'));
  return {
    embedSource: embed(weights.source),
    encoder: withWeights(layers.gru({ ...gru, returnSequences: true, returnState: true }), [1, 1, embedding], gates('encoder')),
    key: dense(hidden, [weights.key]),
    embedTarget: embed(weights.target),
    query: dense(hidden, [weights.query]),
    score: dense(1, [weights.score]),
    decoder,
    output: dense(vocabulary, [weights.output, weights.outputBias]),
  };
}
