// @ts-check
/** attention, and a step of decoding through a cache. */
import { jobOf, outOf, tensor } from './job.mjs';

/** @import { AttentionCase, Inputs, Job } from '../types.js' */
/** @import { Fovea } from './session.mjs' */

/** @param {Fovea} fovea @param {AttentionCase} item @param {Inputs} inputs @returns {Job} */
export function attentionJob(fovea, item, inputs) {
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim, causal, window, lengths, dtype } = item;
  const q = tensor(inputs.q, [batch, queryHeads, queryLength, headDim], dtype);
  const k = tensor(inputs.k, [batch, kvHeads, keyLength, headDim], dtype);
  const v = tensor(inputs.v, [batch, kvHeads, keyLength, valueDim], dtype);
  const real = lengths && { queryLengths: Int32Array.from(lengths), keyLengths: Int32Array.from(lengths) };
  const options = { causal, window, ...real, ...outOf(item, [batch, queryHeads, queryLength, valueDim]) };
  return jobOf(() => fovea.attention(q, k, v, options).output, dtype);
}

/** A step of decoding: the newest key and value are appended, the query asks, and they are taken back. @param {Fovea} fovea @param {AttentionCase} item @param {Inputs} inputs @returns {Job} */
export function cacheJob(fovea, item, inputs) {
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim, dtype = 'float32' } = item;
  const cache = new fovea.KVCache({ batch, kvHeads, headDim, valueDim, capacity: keyLength, dtype });
  const k = tensor(inputs.k, [batch, kvHeads, keyLength, headDim]);
  const v = tensor(inputs.v, [batch, kvHeads, keyLength, valueDim]);
  const old = keyLength - queryLength;
  cache.append(keysOf(k, 0, old), keysOf(v, 0, old));
  const [newKey, newValue] = [keysOf(k, old, queryLength), keysOf(v, old, queryLength)];
  const q = tensor(inputs.q, [batch, queryHeads, queryLength, headDim]);
  const options = outOf(item, [batch, queryHeads, queryLength, valueDim]);
  const job = jobOf(() => {
    cache.truncate(old);
    cache.append(newKey, newValue);
    return cache.attention(q, options).output;
  });
  return { ...job, dispose: () => cache.dispose() };
}

/** Some of the keys, as a view. @param {import('../../src/types.js').Tensor} all @param {number} first @param {number} count */
function keysOf({ data, shape }, first, count) {
  const [batch, heads, keys, dim] = shape;
  return { data, shape: [batch, heads, count, dim], strides: [heads * keys * dim, keys * dim, dim, 1], offset: first * dim };
}
