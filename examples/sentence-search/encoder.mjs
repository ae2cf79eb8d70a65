/**
 * The Universal Sentence Encoder Lite (Cer et al. 2018) on fovea's matmul and attention, read node by node from the graph in model.json:
 *
 *   tokens → 2·embedding + timing → 2 × [ x += attention(norm(x)); x += feedForward(norm(x)) ] → mean → tanh(linear) → length 1
 *
 * Sentences of a batch are padded to the longest; keyLengths and queryLengths keep the padding out.
 */
import { attention, backend, matmul, packMatrix } from 'fovea';
import { add, layerNorm, meanOverTokens, timingSignal, unitRows } from './layers.mjs';

/**
 * @typedef {import('fovea').Tensor} Tensor
 * @typedef {import('fovea').PackedMatrix} PackedMatrix
 * @typedef {{ weight: Tensor, bias: Tensor, packed?: { on: string, weight: PackedMatrix } }} Linear weight `[in, out]`, bias `[out]`
 * @typedef {{ scale: Float32Array, bias: Float32Array }} Norm
 * @typedef {{ attentionNorm: Norm, qkv: Linear, output: Linear, residual: Linear | undefined, feedForwardNorm: Norm, expand: Linear, contract: Linear }} Layer
 */

/** Tokens of a sentence that the model reads; the rest is cut off. */
export const maxTokens = 128;
/** Numbers in an embedding. */
export const embeddingSize = 512;
const heads = 4;

/**
 * @param {(name: string) => Tensor} weights
 * @returns {(batch: readonly Int32Array[]) => Float32Array} token ids of some sentences → embeddings `[batch, 512]`, each of length 1
 */
export function createEncoder(weights) {
  const { embeddings, frequencies, layers, head } = parameters(weights);
  return (batch) => {
    const sentences = batch.map((ids) => ids.subarray(0, maxTokens));
    const lengths = Int32Array.from(sentences, (ids) => ids.length);
    let x = embed(sentences, embeddings, frequencies);
    for (const layer of layers) {
      x = selfAttention(x, lengths, layer);
      add(x, feedForward(layerNorm(x, layer.feedForwardNorm.scale, layer.feedForwardNorm.bias), layer));
    }
    const result = linear(meanOverTokens(x, lengths, embeddingSize), head, 'tanh');
    unitRows(result, embeddingSize);
    return result;
  };
}

/**
 * Embedding + (embedding + timing): the graph adds the embedding twice. Padding stays 0.
 * @param {readonly Int32Array[]} sentences
 * @param {Tensor} embeddings `[words, width]`
 * @param {Float32Array} frequencies
 * @returns {Float32Array} `[batch, longest, width]`
 */
function embed(sentences, embeddings, frequencies) {
  const width = frequencies.length * 2;
  // At least one position, so that a batch of empty sentences has a row to pad.
  const longest = Math.max(1, ...sentences.map((ids) => ids.length));
  const timing = timingSignal(longest, frequencies);
  const x = new Float32Array(sentences.length * longest * width);
  for (const [row, ids] of sentences.entries()) {
    for (const [position, id] of ids.entries()) {
      const start = (row * longest + position) * width;
      for (let i = 0; i < width; i++) x[start + i] = 2 * embeddings.data[id * width + i] + timing[position * width + i];
    }
  }
  return x;
}

/**
 * residual(x) + output(attention(norm(x))). q, k and v come from one product and are read from it through strides.
 * @param {Float32Array} x `[batch, length, width]`
 * @param {Int32Array} lengths
 * @param {Layer} layer
 * @returns {Float32Array} `[batch, length, 512]`
 */
function selfAttention(x, lengths, { attentionNorm, qkv, output, residual }) {
  const width = attentionNorm.scale.length;
  const length = x.length / lengths.length / width;
  const data = linear(layerNorm(x, attentionNorm.scale, attentionNorm.bias), qkv);
  const shape = [lengths.length, length, heads, width / heads];
  const strides = [length * 3 * width, 3 * width, width / heads, 1];
  const [q, k, v] = [0, width, 2 * width].map((offset) => ({ data, shape, strides, offset }));
  const { output: attended } = attention(q, k, v, { layout: 'bshd', keyLengths: lengths, queryLengths: lengths });
  const result = linear(attended.data, output);
  add(result, residual ? linear(x, residual) : x);
  return result;
}

/** @param {Float32Array} x `[rows, 512]` @param {Layer} layer */
function feedForward(x, { expand, contract }) {
  return linear(linear(x, expand, 'relu'), contract);
}

/**
 * activation(x · weight + bias).
 * @param {Float32Array} x `[rows, in]`
 * @param {Linear} layer
 * @param {import('fovea').Activation} [activation]
 * @returns {Float32Array} `[rows, out]`
 */
function linear(x, layer, activation) {
  const weight = packed(layer);
  const width = weight.shape[0];
  return matmul({ data: x, shape: [x.length / width, width] }, weight, { bias: layer.bias, activation }).data;
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

/** The weights under the graph's names. @param {(name: string) => Tensor} weights */
function parameters(weights) {
  const encoder = 'module_apply_default/Encoder_en';
  const encode = 'KonaTransformer/Encode';
  return {
    embeddings: weights('module/Embeddings_en'),
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
    const norm = (name) => ({
      scale: parts(`${name}layer_prepostprocess/layer_norm/layer_norm_scale`).data,
      bias: parts(`${name}layer_prepostprocess/layer_norm/layer_norm_bias`).data,
    });
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
