// @ts-check
/** What the fovea contenders share: the built package, called as its users call it, on one backend and target. */
import { createRequire } from 'node:module';
import { bitsOf, numbersOf } from './halves.mjs';

/** @import { AttentionCase, Case, Inputs, Job, MatmulCase, Roof, Session, SoftmaxCase, Variant } from './types.js' */
/** @typedef {typeof import('../src/index.js')} Fovea */

// As the package itself and not by a path into dist/, so that what is measured is what `exports` gives.
const require = createRequire(new URL('../package.json', import.meta.url));

/** A target, and the same with b packed beforehand, as one does with a model's weights. @param {string} target @param {Roof} roof @returns {readonly Variant[]} */
export const variantsOf = (target, roof) => [
  { name: target, roof },
  { name: `${target} packed b`, ops: ['matmul'], roof },
];

const withoutOut = ' without out';

/** A target whose calls allocate their results, for cases that otherwise hand memory in: onnxruntime's bindings have no choice. @param {string} target @param {Roof} roof @returns {Variant} */
export const allocating = (target, roof) => ({ name: `${target}${withoutOut}`, roof, full: true });

/** @param {Case} item @param {string} variant */
export function refusal(item, variant) {
  const packs = variant.endsWith(' packed b');
  if (variant.endsWith(withoutOut) && (item.allocates || item.dtype)) return '';
  if (item.op !== 'matmul') return undefined;
  if (item.weights) return packs ? undefined : '';
  return packs && item.batch > 1 ? '' : undefined;
}

/**
 * @param {'native' | 'wasm' | 'reference'} backend
 * @param {string} variant
 * @param {number} threads
 * @returns {Session}
 * @throws the reason why this backend or target cannot be had
 */
export function openFovea(backend, variant, threads) {
  /** @type {Fovea} */
  const fovea = require('fovea');
  const [target = ''] = variant.split(' ');
  fovea.setBackend(backend, { target });
  fovea.setThreads(threads);
  const info = fovea.backend();
  if (info.threads !== threads) throw new Error(`runs on ${threadsWord(info.threads)}, not on ${threads}`);
  return {
    version: require('fovea/package.json').version,
    prepare(given, inputs) {
      const item = variant.endsWith(withoutOut) ? { ...given, allocates: true } : given;
      switch (item.op) {
        case 'matmul':
          return variant.endsWith(' packed b') ? packedJob(fovea, item, inputs) : matmulJob(fovea, item, inputs);
        case 'softmax':
          return softmaxJob(fovea, item, inputs);
        case 'attention':
          return item.through === 'KVCache' ? cacheJob(fovea, item, inputs) : attentionJob(fovea, item, inputs);
      }
    },
  };
}

/** @param {number} threads */
const threadsWord = (threads) => (threads === 1 ? 'one thread' : `${threads} threads`);

/** @param {Fovea} fovea @param {MatmulCase} item @param {Inputs} inputs @returns {Job} */
function matmulJob(fovea, item, inputs) {
  const { batch, m, n, k, dtype } = item;
  const [a, b] = [tensor(inputs.a, [batch, m, k], dtype), tensor(inputs.b, [batch, k, n], dtype)];
  const options = outOf(item, [batch, m, n]);
  return jobOf(() => fovea.matmul(a, b, options), dtype);
}

/** b is packed once. @param {Fovea} fovea @param {MatmulCase} item @param {Inputs} inputs @returns {Job} */
function packedJob(fovea, item, inputs) {
  const { m, n, k, weights, dtype } = item;
  const a = tensor(inputs.a, [m, k], dtype);
  const b = fovea.packMatrix(tensor(inputs.b, [k, n], dtype), { dtype: weights ?? (dtype === 'bfloat16' ? dtype : undefined) });
  const options = outOf(item, [m, n]);
  return { ...jobOf(() => fovea.matmul(a, b, options), dtype), dispose: () => b.dispose() };
}

/** @param {Fovea} fovea @param {SoftmaxCase} item @param {Inputs} inputs @returns {Job} */
function softmaxJob(fovea, item, inputs) {
  const x = tensor(inputs.x, item.shape);
  const options = { axis: item.axis, ...outOf(item, item.shape) };
  return jobOf(() => fovea.softmax(x, options));
}

/** @param {Fovea} fovea @param {AttentionCase} item @param {Inputs} inputs @returns {Job} */
function attentionJob(fovea, item, inputs) {
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim, causal, window, lengths, dtype } = item;
  const q = tensor(inputs.q, [batch, queryHeads, queryLength, headDim], dtype);
  const k = tensor(inputs.k, [batch, kvHeads, keyLength, headDim], dtype);
  const v = tensor(inputs.v, [batch, kvHeads, keyLength, valueDim], dtype);
  const real = lengths && { queryLengths: Int32Array.from(lengths), keyLengths: Int32Array.from(lengths) };
  const options = { causal, window, ...real, ...outOf(item, [batch, queryHeads, queryLength, valueDim]) };
  return jobOf(() => fovea.attention(q, k, v, options).output, dtype);
}

/** A step of decoding: the newest key and value are appended, the query asks, and they are taken back. @param {Fovea} fovea @param {AttentionCase} item @param {Inputs} inputs @returns {Job} */
function cacheJob(fovea, item, inputs) {
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

/** Some of the keys, as a view. @param {import('../src/types.js').Tensor} all @param {number} first @param {number} count */
function keysOf({ data, shape }, first, count) {
  const [batch, heads, keys, dim] = shape;
  return { data, shape: [batch, heads, count, dim], strides: [heads * keys * dim, keys * dim, dim, 1], offset: first * dim };
}

/**
 * @param {() => { readonly data: Float32Array | Uint16Array }} call
 * @param {import('./types.js').DType} [dtype]
 * @returns {Job}
 */
function jobOf(call, dtype) {
  /** @type {Float32Array | Uint16Array} */
  let output = new Float32Array(0);
  return {
    run() {
      output = call().data;
    },
    output: () => (output instanceof Uint16Array ? numbersOf(output, dtype === 'float16' ? 'float16' : 'bfloat16') : output),
  };
}

/** The option `out`, unless the case lets the call allocate. @param {Case} item @param {readonly number[]} shape */
function outOf(item, shape) {
  const length = shape.reduce((product, size) => product * size, 1);
  const dtype = 'through' in item && item.through ? undefined : item.dtype;
  return item.allocates ? {} : { out: tensor(new Float32Array(length), shape, dtype) };
}

/**
 * Said to be of float32 whatever it is of: which dtypes go together is checked by the call.
 * @param {Float32Array} data @param {readonly number[]} shape @param {import('./types.js').DType} [dtype]
 * @returns {import('../src/types.js').Tensor}
 */
function tensor(data, shape, dtype) {
  if (dtype !== 'float16' && dtype !== 'bfloat16') return { data, shape };
  return /** @type {import('../src/types.js').Tensor} */ (/** @type {unknown} */ ({ data: bitsOf(data, dtype), shape, dtype }));
}
