// @ts-check
/** What the fovea contenders share: the built package, called as its users call it, on one backend and target. */
import { createRequire } from 'node:module';
import { attentionJob, cacheJob, stepJob } from './attention.mjs';
import { backwardJob } from './attention-backward.mjs';
import { convolutionJob } from './convolution.mjs';
import { encoderJob } from './encoder.mjs';
import { imagesJob } from './images.mjs';
import { matmulJob, packedJob, softmaxJob } from './matmul.mjs';
import { rowsJob } from './rows.mjs';

/** @import { Case, Roof, Session, Variant } from '../types.js' */
/** @typedef {typeof import('../../src/index.js')} Fovea */

// As the package itself and not by a path into dist/, so that what is measured is what `exports` gives.
const require = createRequire(new URL('../../package.json', import.meta.url));

/** @type {string} */
export const version = require('fovea/package.json').version;

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
  const isCompared = !item.allocates && !item.dtype && !item.onlyOurs && !('score' in item && item.score);
  if (variant.endsWith(withoutOut) && !isCompared) return '';
  if (item.op === 'translationStep' || item.op === 'convnetStep') return ''; // fovea-tfjs' is
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
  const fovea = foveaOn(backend, variant, threads);
  return {
    version,
    prepare(given, inputs) {
      const item = variant.endsWith(withoutOut) ? { ...given, allocates: true } : given;
      switch (item.op) {
        case 'matmul':
          return variant.endsWith(' packed b') ? packedJob(fovea, item, inputs) : matmulJob(fovea, item, inputs);
        case 'softmax':
          return softmaxJob(fovea, item, inputs);
        case 'attention':
          if (item.through === 'SequenceAttention') return stepJob(require('fovea/seq2seq'), item, inputs);
          return item.through === 'KVCache' ? cacheJob(fovea, item, inputs) : attentionJob(fovea, item, inputs);
        case 'attentionBackward':
          return backwardJob(fovea, item, inputs);
        case 'layerNorm':
        case 'rmsNorm':
        case 'rotary':
        case 'gelu':
          return rowsJob(fovea, item, inputs);
        case 'squeezeExcite':
        case 'spatialAttention':
          return imagesJob(require('fovea/vision'), item, inputs);
        case 'encoder':
          return encoderJob(item);
        case 'convolution':
          return convolutionJob(item, inputs);
        default:
          throw new Error(`has no ${item.op}`);
      }
    },
  };
}

/**
 * The package on a backend and a target, the first word of the variant.
 * @param {'native' | 'wasm' | 'reference'} backend
 * @param {string} variant
 * @param {number} threads
 * @returns {Fovea}
 */
export function foveaOn(backend, variant, threads) {
  /** @type {Fovea} */
  const fovea = require('fovea');
  const [target = ''] = variant.split(' ');
  fovea.setBackend(backend, { target });
  fovea.setThreads(threads);
  const info = fovea.backend();
  if (info.threads !== threads) throw new Error(`runs on ${threadsWord(info.threads)}, not on ${threads}`);
  return fovea;
}

/** @param {number} threads */
const threadsWord = (threads) => (threads === 1 ? 'one thread' : `${threads} threads`);
