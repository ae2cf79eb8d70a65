// @ts-check
/** attention, a step of decoding through a cache, and one of a decoder over the states of an encoder. */
import { gammaOf, scaleOf } from '../scores.mjs';
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
  const options = { causal, window, ...real, ...scoreOptions(item, inputs), ...outOf(item, [batch, queryHeads, queryLength, valueDim]) };
  return jobOf(() => fovea.attention(q, k, v, options).output, dtype);
}

/** @param {AttentionCase} item @param {Inputs} inputs @returns {{ score?: import('../../src/types.js').Score, scale?: number }} */
function scoreOptions(item, inputs) {
  const { score } = item;
  if (score === undefined) return {};
  const scale = scaleOf(item);
  if (score === 'rbf') return { score: { kind: score, gamma: gammaOf(item) }, scale };
  if (score !== 'additive') return { score, scale };
  const { queryWeight, keyWeight, v, bias } = additiveWeights(item, inputs);
  return { score: { kind: score, queryWeight, keyWeight, v, bias }, scale };
}

/** @param {AttentionCase} item @param {Inputs} inputs */
function additiveWeights({ headDim, units = 0 }, { queryWeight, keyWeight, scoreWeight, bias }) {
  return {
    ...{ queryWeight: tensor(queryWeight, [headDim, units]), keyWeight: tensor(keyWeight, [headDim, units]) },
    ...{ v: tensor(scoreWeight, [units]), bias: tensor(bias, [units]) },
  };
}

/** A decoder's step: its state asks the states of an encoder, which were projected once. @param {typeof import('../../src/seq2seq/node.js')} seq2seq @param {AttentionCase} item @param {Inputs} inputs @returns {Job} */
export function stepJob({ SequenceAttention }, item, inputs) {
  const { batch, keyLength, headDim } = item;
  const { queryWeight: stateWeight, keyWeight: memoryWeight, v, bias } = additiveWeights(item, inputs);
  const attend = new SequenceAttention({ score: 'additive', stateWeight, memoryWeight, v, bias });
  const memory = attend.memory(tensor(inputs.k, [batch, keyLength, headDim]));
  const state = tensor(inputs.q, [batch, headDim]);
  return jobOf(() => attend.step(state, memory).context);
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
