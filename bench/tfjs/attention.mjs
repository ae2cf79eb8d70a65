// @ts-check
/** Attention as one writes it with TensorFlow.js: two products and a softmax, head by head or over all heads at once. */
import { visibleKeys } from '../counting.mjs';
import { joined } from '../joined.mjs';
import { jobOf } from './job.mjs';

/** @import { AttentionCase, Inputs, Job } from '../types.js' */
/** @import { TfTensor, Tfjs } from './types.js' */

/** Head by head, in matrices: keys are transposed by a step of its own, which is faster there than transposing within the product. @param {Tfjs} tf @param {AttentionCase} item @param {Inputs} inputs @returns {Job} */
export function perHeadJob(tf, item, { q, k, v }) {
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
export function allHeadsJob(tf, item, { q, k, v }) {
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
