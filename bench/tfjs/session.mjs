// @ts-check
/**
 * What the contenders with TensorFlow.js share. It has no fused attention, so attention is what one writes with it: two products and a softmax,
 * over all heads at once or head by head. Inputs are tensors already and results stay tensors, but for the rows "from arrays".
 */
import { additiveJob } from './additive.mjs';
import { allHeadsJob, perHeadJob } from './attention.mjs';
import { convolutionJob } from './convolution.mjs';
import { graphModelJob } from './graph-model.mjs';
import { imagesJob } from './images.mjs';
import { arraysJob, batchJob, matmulJob, softmaxJob } from './matmul.mjs';
import { rowsJob } from './rows.mjs';
import { registerUnsortedSegmentSum } from './segments.mjs';
import { trainingJob } from './training.mjs';

/** @import { Case, Roof, Session, Variant } from '../types.js' */
/** @import { TfCore, TfLayers } from './training.mjs' */
/** @import { Tfjs, TfjsConverter } from './types.js' */

/** Of the sentence encoder: variant → which sentences are run together (graph-model.mjs). @type {Readonly<Record<string, string>>} */
export const graphModels = {
  'graph model': 'at once',
  'graph model, by length': 'by length',
  'graph model, one by one': 'one by one',
};

/** With a kernel of the comparison's own, which the backend lacks. */
export const layersAndLoop = 'layers, UnsortedSegmentSum a plain loop';

/** @param {Roof} [roof] @returns {readonly Variant[]} */
export const variants = (roof) => [
  { name: 'matMul', ops: ['matmul'], ...(roof && { roof }) },
  { name: 'matMul from arrays', ops: ['matmul'], full: true, ...(roof && { roof }) },
  { name: 'softmax', ops: ['softmax'] },
  { name: 'per head', ops: ['attention'], ...(roof && { roof }) },
  { name: 'all heads', ops: ['attention'], full: true, ...(roof && { roof }) },
  { name: 'additive', ops: ['attention'], full: true, ...(roof && { roof }) },
  { name: 'core', ops: ['layerNorm', 'rmsNorm', 'rotary', 'gelu', 'squeezeExcite', 'spatialAttention'], full: true },
  { name: 'conv2d', ops: ['convolution'], ...(roof && { roof }) },
  ...Object.entries(graphModels).map(([name, way]) => ({
    ...{ name, ops: /** @type {const} */ (['encoder']), full: way === 'one by one' },
    ...(roof && { roof }),
  })),
  { name: 'layers', ops: ['convnetStep', 'translationStep'], ...(roof && { roof }) },
];

/** @param {Case} item @param {string} variant */
export function refusal(item, variant) {
  if (item.dtype) return `has no ${item.dtype}`;
  if ('weights' in item && item.weights) return `has no ${item.weights}`;
  if (item.op === 'attention' && (variant === 'additive') !== (item.score === 'additive')) return '';
  if ('score' in item && item.score) return item.score === 'additive' ? undefined : 'is asked for dot products and additive scores';
  if ('norms' in item && item.norms) return ''; // it is asked for the other
  if ('through' in item && item.through) return 'keeps no cache';
  if (item.op === 'softmax' && item.axis !== item.shape.length - 1) return 'has softmax along the last axis only';
  return undefined;
}

/**
 * @typedef {object} Opened
 * @property {Tfjs} tf
 * @property {(name: string) => unknown} load a package that works with this very copy of its core
 * @property {string} version
 * @property {string} backend
 */

/** @param {Opened} opened @param {string} variant one of those above @returns {Promise<Session>} */
export async function openTfjs({ tf, load, version, backend }, variant) {
  if (!(await tf.setBackend(backend))) throw new Error(`its backend ${backend} does not start here`);
  const core = /** @type {TfCore} */ (/** @type {unknown} */ (tf));
  return {
    version,
    async prepare(item, inputs) {
      tf.engine().startScope(); // until `dispose`
      switch (item.op) {
        case 'matmul':
          if (variant === 'matMul of a batch') return batchJob(tf, item, inputs);
          return variant === 'matMul' ? matmulJob(tf, item, inputs) : arraysJob(tf, item, inputs);
        case 'softmax':
          return softmaxJob(tf, item, inputs);
        case 'attention':
          if (item.score) return additiveJob(tf, item, inputs);
          return variant === 'per head' ? perHeadJob(tf, item, inputs) : allHeadsJob(tf, item, inputs);
        case 'layerNorm':
        case 'rmsNorm':
        case 'rotary':
        case 'gelu':
          return rowsJob(tf, item, inputs);
        case 'squeezeExcite':
        case 'spatialAttention':
          return imagesJob(tf, item, inputs);
        case 'convolution':
          return convolutionJob(tf, item, inputs);
        case 'encoder': {
          const converter = /** @type {TfjsConverter} */ (await load('@tensorflow/tfjs-converter'));
          return graphModelJob(core, converter, graphModels[variant] ?? 'at once');
        }
        case 'translationStep':
        case 'convnetStep': {
          const layers = /** @type {TfLayers} */ (await load('@tensorflow/tfjs-layers'));
          if (variant === layersAndLoop) registerUnsortedSegmentSum(core);
          return trainingJob(core, layers, item, inputs);
        }
        default:
          throw new Error(`has no ${item.op}`);
      }
    },
  };
}
