// @ts-check
/**
 * What the contenders with TensorFlow.js share. It has no fused attention, so attention is what one writes with it: two products and a softmax,
 * over all heads at once or head by head. Inputs are tensors already and results stay tensors, but for the rows "from arrays".
 */
import { visibleKeys } from '../counting.mjs';
import { joined } from '../joined.mjs';
import { additiveJob } from './additive.mjs';
import { convolutionJob } from './convolution.mjs';
import { graphModelJob } from './graph-model.mjs';
import { imagesJob } from './images.mjs';
import { jobOf } from './job.mjs';
import { rowsJob } from './rows.mjs';
import { registerUnsortedSegmentSum } from './segments.mjs';
import { trainingJob } from './training.mjs';

/** @import { AttentionCase, Case, Inputs, Job, MatmulCase, Roof, Session, SoftmaxCase, Variant } from '../types.js' */
/** @import { TfCore, TfLayers } from './training.mjs' */
/** @import { TfTensor, Tfjs, TfjsConverter } from './types.js' */

const graphModel = 'graph model';
const graphModelOneByOne = 'graph model, one by one';

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
  { name: 'conv2d', ops: ['convolution'], full: true, ...(roof && { roof }) },
  { name: graphModel, ops: ['encoder'], full: true, ...(roof && { roof }) },
  { name: graphModelOneByOne, ops: ['encoder'], full: true, ...(roof && { roof }) },
  { name: 'layers', ops: ['convnetStep', 'translationStep'], full: true, ...(roof && { roof }) },
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
          return graphModelJob(core, converter, variant === graphModelOneByOne);
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

/** @param {MatmulCase} item */
const shapesOf = ({ batch, m, n, k }) =>
  batch === 1
    ? [
        [m, k],
        [k, n],
      ]
    : [
        [batch, m, k],
        [batch, k, n],
      ];

/** A batch one by one, which is several times faster there than all at once. @param {Tfjs} tf @param {MatmulCase} item @param {Inputs} inputs @returns {Job} */
function matmulJob(tf, { batch, m, n, k }, { a, b }) {
  const pairs = Array.from({ length: batch }, (_, index) => ({
    left: tf.tensor(a.slice(index * m * k, (index + 1) * m * k), [m, k]),
    right: tf.tensor(b.slice(index * k * n, (index + 1) * k * n), [k, n]),
  }));
  return jobOf(tf, () => pairs.map(({ left, right }) => tf.matMul(left, right)));
}

/** A batch at once. @param {Tfjs} tf @param {MatmulCase} item @param {Inputs} inputs @returns {Job} */
function batchJob(tf, item, { a, b }) {
  const [aShape, bShape] = shapesOf(item);
  const [left, right] = [tf.tensor(a, aShape), tf.tensor(b, bShape)];
  return jobOf(tf, () => [tf.matMul(left, right)]);
}

/** From Float32Arrays to a Float32Array. @param {Tfjs} tf @param {MatmulCase} item @param {Inputs} inputs @returns {Job} */
function arraysJob(tf, item, { a, b }) {
  const [aShape, bShape] = shapesOf(item);
  /** @type {Float32Array} */
  let output = new Float32Array(0);
  return {
    run() {
      const result = tf.tidy(() => tf.matMul(tf.tensor(a, aShape), tf.tensor(b, bShape)));
      output = result.dataSync();
      result.dispose();
    },
    output: () => output,
    dispose: () => tf.engine().endScope(),
  };
}

/** @param {Tfjs} tf @param {SoftmaxCase} item @param {Inputs} inputs @returns {Job} */
function softmaxJob(tf, { shape, axis }, { x }) {
  const tensor = tf.tensor(x, shape);
  return jobOf(tf, () => [tf.softmax(tensor, axis)]);
}

/** Head by head, in matrices: keys are transposed by a step of its own, which is faster there than transposing within the product. @param {Tfjs} tf @param {AttentionCase} item @param {Inputs} inputs @returns {Job} */
function perHeadJob(tf, item, { q, k, v }) {
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim } = item;
  /** @param {Float32Array} data @param {number} head @param {number} rows @param {number} columns */
  const matrix = (data, head, rows, columns) => tf.tensor(data.slice(head * rows * columns, (head + 1) * rows * columns), [rows, columns]);
  const heads = Array.from({ length: batch * queryHeads }, (_, head) => head);
  const queries = heads.map((head) => matrix(q, head, queryLength, headDim));
  const pairs = Array.from({ length: batch * kvHeads }, (_, head) => ({
    keys: matrix(k, head, keyLength, headDim),
    values: matrix(v, head, keyLength, valueDim),
  }));
  const masks = masksOf(tf, item);
  const scale = 1 / Math.sqrt(headDim);
  return jobOf(tf, () =>
    heads.map((head) => {
      const { keys, values } = pairs[Math.floor(head / (queryHeads / kvHeads))];
      const scores = tf.mul(tf.matMul(queries[head], tf.transpose(keys)), scale);
      const mask = masks[Math.floor(head / queryHeads) % masks.length];
      return tf.matMul(tf.softmax(mask ? tf.add(scores, mask) : scores), values);
    }),
  );
}

/** All heads in one product; a group's queries are rows of one matrix. @param {Tfjs} tf @param {AttentionCase} item @param {Inputs} inputs @returns {Job} */
function allHeadsJob(tf, item, { q, k, v }) {
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim } = item;
  const group = (queryHeads / kvHeads) * queryLength;
  const queries = tf.tensor(q, [batch * kvHeads, group, headDim]);
  const keys = tf.tensor(k, [batch * kvHeads, keyLength, headDim]);
  const values = tf.tensor(v, [batch * kvHeads, keyLength, valueDim]);
  const masks = masksOf(tf, item);
  const mask = masks.length > 1 ? tf.tensor(joined(masks.map((each) => each.dataSync())), [batch, 1, 1, keyLength]) : masks[0];
  const scale = 1 / Math.sqrt(headDim);
  return jobOf(tf, () => {
    const scores = tf.mul(tf.matMul(queries, keys, false, true), scale);
    const seen = mask ? tf.add(tf.reshape(scores, [batch, queryHeads, queryLength, keyLength]), mask) : scores;
    return [tf.matMul(tf.reshape(tf.softmax(seen), [batch * kvHeads, group, keyLength]), values)];
  });
}

/**
 * What is added to the scores, made once: one `[sq, skv]` for all rows, one `[1, skv]` for each batch row where their lengths differ, or none.
 * @param {Tfjs} tf
 * @param {AttentionCase} item
 * @returns {readonly TfTensor[]}
 */
function masksOf(tf, item) {
  const { causal, window, lengths, queryLength, keyLength } = item;
  if (lengths) {
    return lengths.map((length) => tf.tensor(new Float32Array(keyLength).fill(Number.NEGATIVE_INFINITY, length), [1, keyLength]));
  }
  if (!causal && !window) return [];
  const mask = new Float32Array(queryLength * keyLength).fill(Number.NEGATIVE_INFINITY);
  for (let query = 0; query < queryLength; query++) {
    const [first, end] = visibleKeys(item, query);
    mask.fill(0, query * keyLength + first, query * keyLength + end);
  }
  return [tf.tensor(mask, [queryLength, keyLength])];
}
