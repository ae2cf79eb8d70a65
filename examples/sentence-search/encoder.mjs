/**
 * The Universal Sentence Encoder Lite (Cer et al. 2018) on fovea's embedding, linear, layerNorm and attention, read node by node from the graph in model.json:
 *
 *   tokens → 2·embedding + timing → 2 × [ x += attention(norm(x)); x += feedForward(norm(x)) ] → mean → tanh(linear) → length 1
 *
 * The tokens of a batch are rows without padding, sentence after sentence, and so cost what they are: all layers but attention work
 * on rows, and attention takes its sentences out of them (ragged.mjs).
 */
import { backend, embedding, layerNorm, linear, packMatrix } from 'fovea';
import { add } from '../program/add.mjs';
import { timingSignal, unitRows } from './layers.mjs';
import { attendWithin, meanWithin, startsOf } from './ragged.mjs';
import { createRooms } from './rooms.mjs';

/**
 * @typedef {import('fovea').Tensor} Tensor
 * @typedef {import('fovea').PackedMatrix} PackedMatrix
 * @typedef {{ weight: Tensor, bias: Tensor, packed?: { on: string, weight: PackedMatrix } }} Linear weight `[in, out]`, bias `[out]`
 * @typedef {import('./rooms.mjs').Room} Room
 * @typedef {import('./ragged.mjs').OnWeights} OnWeights
 * @typedef {(batch: readonly Int32Array[], onWeights?: OnWeights) => Float32Array} Encode token ids of some sentences → embeddings `[batch, 512]`, each
 * of length 1; onWeights is told the weights of each attention, the first layer first
 * @typedef {(result: Float32Array, x: Float32Array) => void} Norm of every row of x
 * @typedef {{ attentionNorm: Norm, qkv: Linear, output: Linear, residual: Linear | undefined, feedForwardNorm: Norm, expand: Linear, contract: Linear }} Layer
 *
 * @typedef {object} Ops what may be another's than fovea's
 * @property {(ids: Int32Array, table: Tensor, options: { out: Tensor }) => unknown} embedding
 * @property {(x: Tensor, options: { gamma: Tensor, beta: Tensor, epsilon: number, out: Tensor }) => unknown} layerNorm
 */

/** Tokens of a sentence that the model reads; the rest is cut off. */
export const maxTokens = 128;
/** Numbers in an embedding. */
export const embeddingSize = 512;
const heads = 4;
/** Added to the variance of a layerNorm, as in the graph. */
const normEpsilon = 1e-6;

/**
 * @param {(name: string) => Tensor} weights
 * @param {Ops} [ops] fovea's; others have to do the same
 * @returns {Encode}
 */
export function createEncoder(weights, ops = { embedding, layerNorm }) {
  const { embed, frequencies, layers, head } = parameters(weights, ops);
  const room = createRooms();
  return (batch, onWeights) => {
    const sentences = batch.map((ids) => ids.subarray(0, maxTokens));
    const starts = startsOf(sentences);
    const tokens = starts[sentences.length];
    let x = room('embedded', tokens * frequencies.length * 2);
    embedTwice(x, sentences, starts, embed, frequencies);
    for (const [index, layer] of layers.entries()) {
      const attended = room(`x ${index}`, tokens * embeddingSize);
      selfAttention(attended, x, starts, layer, room, onWeights);
      x = attended;
      addFeedForward(x, layer, room);
    }
    const result = new Float32Array(sentences.length * embeddingSize);
    project(result, meanWithin(x, starts, embeddingSize), head, 'tanh');
    unitRows(result, embeddingSize);
    return result;
  };
}

/**
 * Embedding + (embedding + timing): the graph adds the embedding twice.
 * @param {Float32Array} x `[tokens, width]`
 * @param {readonly Int32Array[]} sentences
 * @param {Int32Array} starts
 * @param {(x: Float32Array, ids: Int32Array) => void} embed
 * @param {Float32Array} frequencies
 */
function embedTwice(x, sentences, starts, embed, frequencies) {
  const width = frequencies.length * 2;
  const tokens = starts[sentences.length];
  const timing = timingSignal(Math.max(0, ...sentences.map((ids) => ids.length)), frequencies);
  const ids = new Int32Array(tokens);
  for (const [sentence, own] of sentences.entries()) ids.set(own, starts[sentence]);
  embed(x, ids);
  for (const [sentence, own] of sentences.entries()) {
    const start = starts[sentence] * width;
    for (let i = 0; i < own.length * width; i++) x[start + i] = 2 * x[start + i] + timing[i];
  }
}

/**
 * result = residual(x) + output(attention(norm(x))). q, k and v come from one product and are read from it through strides.
 * @param {Float32Array} result `[tokens, 512]`
 * @param {Float32Array} x `[tokens, width]`
 * @param {Int32Array} starts
 * @param {Layer} layer
 * @param {Room} room
 * @param {OnWeights} [onWeights]
 */
function selfAttention(result, x, starts, { attentionNorm, qkv, output, residual }, room, onWeights) {
  const normed = room('normed', x.length);
  attentionNorm(normed, x);
  const parts = room('qkv', 3 * x.length);
  project(parts, normed, qkv);
  const attended = room('attended', x.length);
  attendWithin(attended, parts, starts, heads, onWeights);
  project(result, attended, output);
  if (!residual) return add(result, x);
  const projected = room('added', result.length);
  project(projected, x, residual);
  add(result, projected);
}

/** x += contract(relu(expand(norm(x)))). @param {Float32Array} x `[tokens, 512]` @param {Layer} layer @param {Room} room */
function addFeedForward(x, { feedForwardNorm, expand, contract }, room) {
  const normed = room('normed', x.length);
  feedForwardNorm(normed, x);
  const wide = room('wide', (x.length / embeddingSize) * expand.weight.shape[1]);
  project(wide, normed, expand, 'relu');
  const added = room('added', x.length);
  project(added, wide, contract);
  add(x, added);
}

/**
 * result = activation(x · weight + bias).
 * @param {Float32Array} result `[rows, out]`
 * @param {Float32Array} x `[rows, in]`
 * @param {Linear} layer
 * @param {import('fovea').Activation} [activation]
 */
function project(result, x, layer, activation) {
  const weight = packed(layer);
  const [width, outWidth] = weight.shape;
  const rows = x.length / width;
  const out = { data: result, shape: [rows, outWidth] };
  linear({ data: x, shape: [rows, width] }, weight, { bias: layer.bias, activation, out });
}

/** A layer's weight as the kernels want it: packed when it is first used, and again when another backend was chosen since. @param {Linear} layer */
function packed(layer) {
  const { name, target } = backend();
  const on = `${name} ${target}`;
  if (layer.packed?.on !== on) {
    layer.packed?.weight.dispose();
    layer.packed = { on, weight: packMatrix(layer.weight) };
  }
  return layer.packed.weight;
}

/** The weights under the graph's names. @param {(name: string) => Tensor} weights @param {Ops} ops */
function parameters(weights, { embedding, layerNorm }) {
  const encoder = 'module_apply_default/Encoder_en';
  const encode = 'KonaTransformer/Encode';
  const embeddings = weights('module/Embeddings_en');
  return {
    embed: (/** @type {Float32Array} */ x, /** @type {Int32Array} */ ids) => {
      embedding(ids, embeddings, { out: { data: x, shape: [ids.length, embeddings.shape[1]] } });
    },
    frequencies: weights(`${encoder}/${encode}/TransformerStack/Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1`).data,
    layers: [0, 1].map((index) => layerParameters(index)),
    head: {
      weight: weights('module/Encoder_en/hidden_layers/tanh_layer_0/weights'),
      bias: weights('module/Encoder_en/hidden_layers/tanh_layer_0/bias'),
    },
  };

  /** @param {number} index @returns {Layer} */
  function layerParameters(index) {
    const folded = `${encoder}/${encode}/Layer_${index}/TransformerLayer`;
    const kernels = `module/Encoder_en/${encode}/Layer_${index}/TransformerLayer/MultiheadAttention`;
    const stack = `${encoder}/${encode}/TransformerStack/Layer_${index}/TransformerLayer`;
    /** @param {string} name */
    const parts = (name) => weights(`${folded}/${name}/ConcatPartitions/concat`);
    /** @param {string} name @returns {Norm} */
    const norm = (name) => {
      const gamma = parts(`${name}layer_prepostprocess/layer_norm/layer_norm_scale`);
      const beta = parts(`${name}layer_prepostprocess/layer_norm/layer_norm_bias`);
      return (result, x) => {
        const shape = [x.length / gamma.shape[0], gamma.shape[0]];
        layerNorm({ data: x, shape }, { gamma, beta, epsilon: normEpsilon, out: { data: result, shape } });
      };
    };
    /** A 1 × 1 convolution is a linear layer. @param {string} name @returns {Linear} */
    const convolution = (name) => {
      const { data, shape } = weights(`${kernels}/${name}/kernel/part_0`);
      return { weight: { data, shape: shape.slice(2) }, bias: parts(`MultiheadAttention/${name}/bias`) };
    };
    /** @param {string} name @returns {Linear} */
    const dense = (name) => ({ weight: weights(`${stack}/FFN/${name}/Tensordot/Reshape_1`), bias: parts(`FFN/${name}/bias`) });
    return {
      attentionNorm: norm(''),
      qkv: convolution('qkv_transform_single'),
      output: convolution('output_transform_single'),
      // Only the first layer changes the width (256 → 512), so only there x is projected before it is added.
      residual: index === 0 ? { weight: parts('dense/kernel'), bias: parts('dense/bias') } : undefined,
      feedForwardNorm: norm('FFN/'),
      expand: dense('conv1'),
      contract: dense('conv2'),
    };
  }
}
