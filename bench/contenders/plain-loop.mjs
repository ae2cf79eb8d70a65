// @ts-check
/** What one writes without a library: the textbook's loops over Float32Arrays. The lower end of the scale. */
import { visibleKeys } from '../counting.mjs';

/** @import { AttentionCase, Contender, Inputs, Job, MatmulCase, SoftmaxCase } from '../types.js' */

/** @type {Contender} */
export default {
  name: 'plain-loop',
  variants: [{ name: 'js' }],
  most: 3e9,
  oneThread: true,
  refuses(item) {
    if (item.dtype || ('weights' in item && item.weights) || ('through' in item && item.through)) return 'knows float32 and no cache';
    return undefined;
  },
  open: () => ({
    version: process.version,
    prepare(item, inputs) {
      switch (item.op) {
        case 'matmul':
          return matmulJob(item, inputs);
        case 'softmax':
          return softmaxJob(item, inputs);
        case 'attention':
          return attentionJob(item, inputs);
      }
    },
  }),
};

/**
 * A call of a function that writes its output. All arrays are typed, so that the loops read as they would be written.
 * @param {boolean | undefined} allocates
 * @param {number} length of the output
 * @param {(out: Float32Array) => void} call
 * @returns {Job}
 */
function jobOf(allocates, length, call) {
  let out = new Float32Array(length);
  return {
    run() {
      if (allocates) out = new Float32Array(length);
      call(out);
    },
    output: () => out,
  };
}

/** @param {MatmulCase} item @param {Inputs} inputs @returns {Job} */
function matmulJob({ batch, m, n, k, allocates }, { a, b }) {
  return jobOf(allocates, batch * m * n, (out) => {
    for (let i = 0; i < batch; i++) {
      matmul(a.subarray(i * m * k), b.subarray(i * k * n), out.subarray(i * m * n), m, n, k);
    }
  });
}

/** The triple loop. @param {Float32Array} a @param {Float32Array} b @param {Float32Array} out @param {number} m @param {number} n @param {number} k */
function matmul(a, b, out, m, n, k) {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[i * k + p] * b[p * n + j];
      out[i * n + j] = sum;
    }
  }
}

/** @param {SoftmaxCase} item @param {Inputs} inputs @returns {Job} */
function softmaxJob({ shape: [rows, columns], axis, allocates }, { x }) {
  return jobOf(allocates, rows * columns, (out) => {
    if (axis === 1) for (let row = 0; row < rows; row++) softmax(x, out, row * columns, 1, columns);
    else for (let column = 0; column < columns; column++) softmax(x, out, column, columns, rows);
  });
}

/** @param {Float32Array} x @param {Float32Array} out @param {number} start @param {number} step @param {number} length */
function softmax(x, out, start, step, length) {
  const end = start + step * length;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = start; i < end; i += step) largest = Math.max(largest, x[i]);
  let sum = 0;
  for (let i = start; i < end; i += step) {
    out[i] = Math.exp(x[i] - largest);
    sum += out[i];
  }
  for (let i = start; i < end; i += step) out[i] = out[i] / sum;
}

/** @param {AttentionCase} item @param {Inputs} inputs @returns {Job} */
function attentionJob(item, { q, k, v }) {
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim } = item;
  return jobOf(item.allocates, batch * queryHeads * queryLength * valueDim, (out) => {
    for (let head = 0; head < batch * queryHeads; head++) {
      const kvHead = Math.floor(head / (queryHeads / kvHeads));
      const length = item.lengths?.[Math.floor(head / queryHeads)];
      attention(
        item,
        length ?? queryLength,
        length ?? keyLength,
        q.subarray(head * queryLength * headDim),
        k.subarray(kvHead * keyLength * headDim),
        v.subarray(kvHead * keyLength * valueDim),
        out.subarray(head * queryLength * valueDim),
      );
    }
  });
}

/** One head. @param {AttentionCase} item @param {number} queries @param {number} keys @param {Float32Array} q @param {Float32Array} k @param {Float32Array} v @param {Float32Array} out */
function attention(item, queries, keys, q, k, v, out) {
  const { headDim, valueDim } = item;
  const scale = 1 / Math.sqrt(headDim);
  const weights = new Float32Array(keys);
  for (let query = 0; query < queries; query++) {
    const [first, visibleEnd] = visibleKeys(item, query);
    const end = Math.min(visibleEnd, keys);
    for (let key = first; key < end; key++) {
      let score = 0;
      for (let p = 0; p < headDim; p++) score += q[query * headDim + p] * k[key * headDim + p];
      weights[key] = scale * score;
    }
    softmax(weights, weights, first, 1, end - first);
    for (let p = 0; p < valueDim; p++) {
      let sum = 0;
      for (let key = first; key < end; key++) sum += weights[key] * v[key * valueDim + p];
      out[query * valueDim + p] = sum;
    }
  }
}
