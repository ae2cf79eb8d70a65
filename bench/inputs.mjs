// @ts-check
/** The numbers that a case is run on: the same for every contender and from run to run. */

import { rounded } from './halves.mjs';
import { filterSize, weightsOf } from './training.mjs';

/** @import { AttentionCase, BackwardCase, Case, DType, Inputs, TrainingCase } from './types.js' */

/** After so many the numbers come again, because drawing takes its time: a prime, so that no two rows of a case are alike. */
const period = 1_048_573;

/**
 * Numbers of mean 0 and variance 1, so that attention scores have variance 1 after their scale: a softmax that is neither flat
 * nor a single peak. (xorshift32: Marsaglia 2003)
 * @param {number} length
 * @param {number} seed
 * @param {DType} [dtype] a half type to round them to
 */
function numbers(length, seed, dtype) {
  const drawn = new Float32Array(Math.min(length, period));
  const width = 2 * Math.sqrt(3);
  let state = Math.imul(seed, 0x9e3779b9); // spreads the seed's bits, or the first numbers would be small
  for (let i = 0; i < drawn.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    drawn[i] = (state / 2 ** 32) * width;
  }
  const once = dtype === 'float16' || dtype === 'bfloat16' ? rounded(drawn, dtype) : drawn;
  if (length <= period) return once;
  const data = new Float32Array(length);
  for (let start = 0; start < length; start += period) data.set(once.subarray(0, length - start), start);
  return data;
}

/**
 * What a case is in, a half type or weights in one, its numbers are rounded to beforehand: so one result is right for everybody. Rounding
 * to int8 is a contender's own; the oracle allows for it.
 * @param {Case} item
 * @returns {Inputs}
 */
export function inputsOf(item) {
  switch (item.op) {
    case 'matmul': {
      const { batch, m, n, k, dtype, weights } = item;
      return { a: numbers(batch * m * k, 1, dtype), b: numbers(batch * k * n, 2, weights ?? dtype) };
    }
    case 'softmax':
      return { x: numbers(item.shape[0] * item.shape[1], 3) };
    case 'attention': {
      const { headDim, dtype, through, score, units = 0 } = item;
      const inputs = attentionInputs(item, through ? undefined : dtype);
      if (score !== 'additive') return inputs;
      return {
        ...inputs,
        ...(through && { v: inputs.k }), // a decoder attends to states, and sums the same
        queryWeight: scaled(numbers(headDim * units, 7), headDim),
        keyWeight: scaled(numbers(headDim * units, 8), headDim),
        scoreWeight: scaled(numbers(units, 9), units),
        bias: numbers(units, 10),
      };
    }
    case 'attentionBackward': {
      const { batch, queryHeads, queryLength, valueDim } = item;
      return { ...attentionInputs(item), dOutput: numbers(batch * queryHeads * queryLength * valueDim, 11) };
    }
    case 'layerNorm':
      return { x: numbers(item.shape[0] * item.shape[1], 3), gamma: numbers(item.shape[1], 12), beta: numbers(item.shape[1], 13) };
    case 'rmsNorm':
      return { x: numbers(item.shape[0] * item.shape[1], 3), gamma: numbers(item.shape[1], 12) };
    case 'rotary':
    case 'gelu':
      return { x: numbers(item.shape[0] * item.shape[1], 3) };
    case 'squeezeExcite': {
      const [batch, height, width, channels] = item.shape;
      const hidden = hiddenOf(channels);
      return {
        x: numbers(batch * height * width * channels, 3),
        reduce: numbers(channels * hidden, 14), // means are small: about 1 / √(h·w)
        expand: scaled(numbers(hidden * channels, 15), hidden),
      };
    }
    case 'spatialAttention': {
      const [batch, height, width, channels] = item.shape;
      return {
        x: numbers(batch * height * width * channels, 3),
        kernel: scaled(numbers(2 * kernelSize ** 2, 16), 2 * kernelSize ** 2),
      };
    }
    case 'encoder':
      return {}; // sentences, of sentences.mjs
    case 'convolution': {
      const { shape, channels } = item;
      const taps = filterSize ** 2 * shape[3];
      return { x: numbers(sizeOf(shape), 3), filter: scaled(numbers(taps * channels, 17), taps) };
    }
    case 'translationStep': {
      const { batch, source, target, vocabulary } = item;
      return {
        ...weightInputs(item),
        sourceTokens: choices(batch * source, vocabulary, 18),
        targetTokens: choices(batch * target, vocabulary, 19),
      };
    }
    case 'convnetStep': {
      const { shape, classes } = item;
      return { ...weightInputs(item), images: numbers(sizeOf(shape), 3), classes: choices(shape[0], classes, 18) };
    }
  }
}

/** Where what comes in is of variance 1, so is what goes out of each product; tokens are of variance 1 themselves. @param {TrainingCase} item */
function weightInputs(item) {
  const tables = ['source', 'target'];
  return Object.fromEntries(
    weightsOf(item).map(([name, shape], index) => {
      const data = numbers(sizeOf(shape), 20 + index);
      return [name, tables.includes(name) ? data : scaled(data, sizeOf(shape.slice(0, -1)))];
    }),
  );
}

/** Whole numbers below `count`, as floats like all inputs. @param {number} length @param {number} count @param {number} seed */
const choices = (length, count, seed) => numbers(length, seed).map((value) => Math.floor(((value / Math.sqrt(3) + 1) / 2) * count) % count);

/** @param {readonly number[]} shape */
const sizeOf = (shape) => shape.reduce((product, length) => product * length, 1);

/** Numbers that squeezeExcite reduces the channels to: a sixteenth, as in the paper. @param {number} channels */
export const hiddenOf = (channels) => channels / 16;

/** Of the window of spatialAttention, as in the paper. */
export const kernelSize = 7;

/** What sums of n of them with other numbers need to have a variance of 1. @param {Float32Array} data @param {number} n */
const scaled = (data, n) => data.map((value) => value / Math.sqrt(n));

/** @param {AttentionCase | BackwardCase} item @param {DType} [ofQueries] */
function attentionInputs({ batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim, dtype }, ofQueries) {
  const keys = batch * kvHeads * keyLength;
  return {
    q: numbers(batch * queryHeads * queryLength * headDim, 4, ofQueries),
    k: numbers(keys * headDim, 5, dtype),
    v: numbers(keys * valueDim, 6, dtype),
  };
}

/** The same numbers at another address. @param {Inputs} inputs @returns {Inputs} */
export const copyOf = (inputs) => Object.fromEntries(Object.entries(inputs).map(([name, data]) => [name, data.slice()]));
