// @ts-check
/** jax-js on its WebAssembly device, compiled by `jit`. Inputs are its arrays already, and results stay its arrays. */
import { provideIteratorHelpers } from '../jax/iterator-helpers.mjs';
import { headsFirst, headsLast } from '../layouts.mjs';
import { importPeer, versionOf } from '../peer.mjs';

/** @import { Jax, JaxArray } from '../jax/types.js' */
/** @import { Case, Contender, Inputs, Job } from '../types.js' */

const name = '@jax-js/jax';

/** @type {Contender} */
export default {
  name: 'jax-js',
  peer: name,
  variants: [{ name: 'wasm', roof: 'wasm simd' }],
  most: 8e10,
  oneThread: true, // its workers need a browser's Worker
  refuses: refusal,
  async open() {
    provideIteratorHelpers();
    const jax = /** @type {Jax} */ (await importPeer(name));
    await jax.init('wasm');
    jax.defaultDevice('wasm');
    return { version: versionOf(name), prepare: (item, inputs) => jobOf(jax, item, inputs) };
  },
};

const notAsked = 'is asked for matmul, softmax and attention';

/** @param {Case} item */
function refusal(item) {
  if (item.dtype) return `has no ${item.dtype} there`;
  if ('weights' in item && item.weights) return `has no ${item.weights}`;
  if (item.op !== 'matmul' && item.op !== 'softmax' && item.op !== 'attention') return notAsked;
  if ('score' in item && item.score) return 'has dot products';
  if ('through' in item && item.through) return 'keeps no cache';
  return undefined;
}

/** @param {Jax} jax @param {Case} item @param {Inputs} inputs @returns {Job} */
function jobOf(jax, item, inputs) {
  const { call, arrays, read } = compiled(jax, item, inputs);
  /** @type {JaxArray | undefined} */
  let result;
  return {
    async run() {
      result?.dispose();
      result = call(...arrays.map(({ ref }) => ref));
      await result.blockUntilReady();
    },
    output() {
      const output = result?.ref.dataSync() ?? new Float32Array(0);
      return read ? read(output) : output;
    },
    dispose() {
      for (const array of [result, ...arrays]) array?.dispose();
    },
  };
}

/**
 * @param {Jax} jax
 * @param {Case} item
 * @param {Inputs} inputs
 * @returns {{ call: (...arrays: JaxArray[]) => JaxArray, arrays: JaxArray[], read?: (output: Float32Array) => Float32Array }}
 */
function compiled({ jit, numpy, nn }, item, inputs) {
  const array = (/** @type {Float32Array} */ data, /** @type {readonly number[]} */ shape) => numpy.array(data).reshape(shape);
  if (item.op === 'matmul') {
    const { batch, m, n, k } = item;
    const lead = batch === 1 ? [] : [batch];
    return { call: jit((a, b) => numpy.matmul(a, b)), arrays: [array(inputs.a, [...lead, m, k]), array(inputs.b, [...lead, k, n])] };
  }
  if (item.op === 'softmax') return { call: jit((x) => nn.softmax(x, item.axis)), arrays: [array(inputs.x, item.shape)] };
  if (item.op !== 'attention') throw new Error(notAsked);
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim, causal, window, lengths } = item;
  const lengthArrays = lengths ? [numpy.array(Int32Array.from(lengths))] : [];
  return {
    call: jit((q, k, v, sizes) =>
      nn.dotProductAttention(q, k, v, {
        isCausal: causal,
        ...(window && { localWindowSize: [...window] }),
        ...(sizes && { querySeqLengths: sizes.ref, keyValueSeqLengths: sizes }),
      }),
    ),
    arrays: [
      array(headsLast(inputs.q, batch, queryHeads, queryLength, headDim), [batch, queryLength, queryHeads, headDim]),
      array(headsLast(inputs.k, batch, kvHeads, keyLength, headDim), [batch, keyLength, kvHeads, headDim]),
      array(headsLast(inputs.v, batch, kvHeads, keyLength, valueDim), [batch, keyLength, kvHeads, valueDim]),
      ...lengthArrays,
    ],
    read: (output) => headsFirst(output, batch, queryHeads, queryLength, valueDim),
  };
}
