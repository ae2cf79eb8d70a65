// @ts-check
/** What a case costs: flops, the bytes that must cross from and to memory, and which keys a query sees. */

import { tokensOfSentences } from './sentences.mjs';
import { convolutionsOf, filterSize, weightsOf } from './training.mjs';

/** @import { AnyAttention, AttentionCase, Case, ConvnetCase, DType, TranslationCase } from './types.js' */

const bytesPerNumber = Float32Array.BYTES_PER_ELEMENT;

/** @param {DType | undefined} dtype */
const bytesPer = (dtype) => (dtype === 'int8' ? 1 : dtype ? 2 : bytesPerNumber);

/**
 * Keys that a query sees: `[first, end)`. Query 0 stands at key keyLength − queryLength, so the last query sees the last key.
 * @param {AnyAttention} item
 * @param {number} query
 * @returns {readonly [number, number]}
 */
export function visibleKeys(item, query) {
  const place = query + item.keyLength - item.queryLength;
  const [left, right] = item.window ?? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const first = Math.max(0, place - left);
  const end = Math.min(item.keyLength, place + (item.causal ? Math.min(right, 0) : right) + 1);
  return [first, Math.max(first, end)];
}

/** Pairs of a query and a key that it sees, over all heads. @param {AnyAttention} item */
function pairs(item) {
  const heads = item.batch * item.queryHeads;
  const square = item.queryLength * item.keyLength;
  if (item.lengths) return item.queryHeads * item.lengths.reduce((sum, length) => sum + length * length, 0);
  if (!item.window) return heads * (item.causal && item.queryLength === item.keyLength ? square / 2 : square);
  let seen = 0;
  for (let query = 0; query < item.queryLength; query++) {
    const [first, end] = visibleKeys(item, query);
    seen += end - first;
  }
  return heads * seen;
}

/** An additive score's: both projections, then an addition, a tanh (one), a product and its sum for each unit of a pair. @param {AttentionCase} item @param {number} pairCount */
function additiveFlops({ batch, queryHeads, kvHeads, queryLength, keyLength, headDim, units = 0, through }, pairCount) {
  const projected = queryHeads * queryLength + (through ? 0 : kvHeads * keyLength);
  return 2 * batch * projected * headDim * units + 4 * units * pairCount;
}

/**
 * 2·m·n·k for a matmul and 2·(d + dv) for each pair of a query and a key: 4·b·h·sq·skv·d, half of that when causal, the exact
 * number of pairs in a window, and of those that are no padding. Cosines and distances count as the dot products that they are made of. A backward pass
 * has five products where the forward pass has two (the scores again, three gradients, and that of the weights), and counts 2.5 times as many. The sentence
 * encoder counts its products, and a training step three times those of its model: a product has two gradients. A softmax, a norm, what is done to each number have none that anyone would agree on.
 * @param {Case} item
 */
export function flopsOf(item) {
  switch (item.op) {
    case 'matmul':
      return 2 * item.batch * item.m * item.n * item.k;
    case 'attention':
      if (item.score === 'additive') return additiveFlops(item, pairs(item)) + 2 * item.valueDim * pairs(item);
      return 2 * (item.headDim + item.valueDim) * pairs(item);
    case 'attentionBackward':
      return 2 * (3 * item.headDim + 2 * item.valueDim) * pairs(item);
    case 'encoder':
      return 2 * encoderWeights * tokensOfSentences;
    case 'convolution': {
      const { shape, channels } = item;
      return 2 * sizeOf(shape) * filterSize ** 2 * channels;
    }
    case 'translationStep':
      return 3 * translationFlops(item);
    case 'convnetStep':
      return 3 * convnetFlops(item);
    default:
      return 0;
  }
}

/** @param {TranslationCase} item */
function translationFlops({ batch, source, target, hidden, embedding, vocabulary }) {
  const gru = (/** @type {number} */ width) => (width + hidden) * 3 * hidden;
  const reading = source * (gru(embedding) + hidden * hidden); // and its key
  const writing = target * (gru(embedding + hidden) + hidden * hidden + 2 * source * hidden + hidden * vocabulary);
  return 2 * batch * (reading + writing);
}

/** @param {ConvnetCase} item */
function convnetFlops(item) {
  const convolutions = convolutionsOf(item).map(({ from, to, places }) => places * filterSize ** 2 * from * to);
  const output = weightsOf(item).flatMap(([name, shape]) => (name === 'output' ? [sizeOf(shape)] : []));
  return 2 * item.shape[0] * [...convolutions, ...output].reduce((sum, product) => sum + product, 0);
}

/** @param {readonly number[]} shape */
const sizeOf = (shape) => shape.reduce((product, length) => product * length, 1);

/** Numbers in the matrices of the encoder that every token meets: of each layer qkv, output, (of the first) residual, and feed-forward. */
const encoderWeights = 256 * 768 + 2 * 256 * 512 + 512 * 1536 + 512 * 512 + 2 * 2 * 512 * 1536;

/**
 * Every input read once and the output written once; a scale of int8 is a float32 beside them. An image is read once, too, though its weights have to be
 * known before it is multiplied: one of them fits a large cache. Of rotary the angles are not counted, of a training step the weights and nothing else.
 * @param {Case} item
 */
export function bytesOf(item) {
  const size = bytesPer(item.dtype);
  switch (item.op) {
    case 'encoder':
      return encoderWeights * bytesPerNumber;
    case 'matmul': {
      const { batch, m, n, k, weights } = item;
      const scales = weights === 'int8' ? n * bytesPerNumber : 0;
      return batch * ((m * k + m * n) * size + k * n * bytesPer(weights ?? item.dtype) + scales);
    }
    case 'attention':
      return attentionBytes(item);
    case 'attentionBackward':
      return 2 * attentionBytes(item); // each with its gradient
    case 'convolution': {
      const [batch, height, width, from] = item.shape;
      return (batch * height * width * (from + item.channels) + filterSize ** 2 * from * item.channels) * size;
    }
    case 'translationStep':
    case 'convnetStep':
      return weightsOf(item).reduce((sum, [, shape]) => sum + sizeOf(shape), 0) * size;
    default:
      return 2 * sizeOf(item.shape) * size;
  }
}

/** @param {AnyAttention} item */
function attentionBytes(item) {
  const size = bytesPer(item.dtype);
  const through = item.op === 'attention' && item.through;
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim, dtype } = item;
  const perKey = (headDim + valueDim) * size + (dtype === 'int8' ? 2 * bytesPerNumber : 0);
  const perQuery = (headDim + valueDim) * (through ? bytesPerNumber : size);
  return batch * (kvHeads * keyLength * perKey + queryHeads * queryLength * perQuery);
}

/** Rough cost for plain JavaScript, to say what is too much for it: a number from memory counts as 16 flops. @param {Case} item */
export const workOf = (item) => flopsOf(item) + (16 * bytesOf(item)) / bytesPerNumber;
