// @ts-check
/** What the fovea contenders share: the built package, called as its users call it, on one backend and target. */
import { createRequire } from 'node:module';

/** @import { AttentionCase, Case, Inputs, Job, MatmulCase, Session, SoftmaxCase } from './types.js' */

// As the package itself and not by a path into dist/, so that what is measured is what `exports` gives.
const require = createRequire(new URL('../package.json', import.meta.url));

/**
 * @param {'native' | 'wasm' | 'reference'} backend
 * @param {string} target
 * @param {number} threads
 * @returns {Session}
 * @throws the reason why this backend or target cannot be had
 */
export function openFovea(backend, target, threads) {
  /** @type {typeof import('../src/index.js')} */
  const fovea = require('fovea');
  fovea.setBackend(backend, { target });
  const info = fovea.backend();
  if (info.threads !== threads) throw new Error(`runs on ${info.threads} threads, not on ${threads}`);
  return {
    version: require('fovea/package.json').version,
    prepare(item, inputs) {
      switch (item.op) {
        case 'matmul':
          return matmulJob(fovea, item, inputs);
        case 'softmax':
          return softmaxJob(fovea, item, inputs);
        case 'attention':
          return attentionJob(fovea, item, inputs);
      }
    },
  };
}

/** @param {typeof import('../src/index.js')} fovea @param {MatmulCase} item @param {Inputs} inputs @returns {Job} */
function matmulJob(fovea, item, inputs) {
  const { batch, m, n, k } = item;
  const [a, b] = [tensor(inputs.a, [batch, m, k]), tensor(inputs.b, [batch, k, n])];
  const options = outOf(item, [batch, m, n]);
  return jobOf(() => fovea.matmul(a, b, options));
}

/** @param {typeof import('../src/index.js')} fovea @param {SoftmaxCase} item @param {Inputs} inputs @returns {Job} */
function softmaxJob(fovea, item, inputs) {
  const x = tensor(inputs.x, item.shape);
  const options = { axis: item.axis, ...outOf(item, item.shape) };
  return jobOf(() => fovea.softmax(x, options));
}

/** @param {typeof import('../src/index.js')} fovea @param {AttentionCase} item @param {Inputs} inputs @returns {Job} */
function attentionJob(fovea, item, inputs) {
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim, causal, window } = item;
  const q = tensor(inputs.q, [batch, queryHeads, queryLength, headDim]);
  const k = tensor(inputs.k, [batch, kvHeads, keyLength, headDim]);
  const v = tensor(inputs.v, [batch, kvHeads, keyLength, valueDim]);
  const options = { causal, window, ...outOf(item, [batch, queryHeads, queryLength, valueDim]) };
  return jobOf(() => fovea.attention(q, k, v, options).output);
}

/** @param {() => { readonly data: Float32Array }} call @returns {Job} */
function jobOf(call) {
  /** @type {Float32Array} */
  let output = new Float32Array(0);
  return {
    run() {
      output = call().data;
    },
    output: () => output,
  };
}

/** The option `out`, unless the case lets the call allocate. @param {Case} item @param {readonly number[]} shape */
function outOf(item, shape) {
  const length = shape.reduce((product, size) => product * size, 1);
  return item.allocates ? {} : { out: tensor(new Float32Array(length), shape) };
}

/** @param {Float32Array} data @param {readonly number[]} shape */
const tensor = (data, shape) => ({ data, shape });
