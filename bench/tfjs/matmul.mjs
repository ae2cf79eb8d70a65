// @ts-check
/** matmul, of tensors or from arrays, and softmax. */
import { jobOf } from './job.mjs';

/** @import { Inputs, Job, MatmulCase, SoftmaxCase } from '../types.js' */
/** @import { Tfjs } from './types.js' */

/** A batch one by one, which is several times faster there than all at once. @param {Tfjs} tf @param {MatmulCase} item @param {Inputs} inputs @returns {Job} */
export function matmulJob(tf, { batch, m, n, k }, { a, b }) {
  const pairs = Array.from({ length: batch }, (_, index) => ({
    left: tf.tensor(a.slice(index * m * k, (index + 1) * m * k), [m, k]),
    right: tf.tensor(b.slice(index * k * n, (index + 1) * k * n), [k, n]),
  }));
  return jobOf(tf, () => pairs.map(({ left, right }) => tf.matMul(left, right)));
}

/** A batch at once. @param {Tfjs} tf @param {MatmulCase} item @param {Inputs} inputs @returns {Job} */
export function batchJob(tf, item, { a, b }) {
  const [aShape, bShape] = shapesOf(item);
  const [left, right] = [tf.tensor(a, aShape), tf.tensor(b, bShape)];
  return jobOf(tf, () => [tf.matMul(left, right)]);
}

/** From Float32Arrays to a Float32Array. @param {Tfjs} tf @param {MatmulCase} item @param {Inputs} inputs @returns {Job} */
export function arraysJob(tf, item, { a, b }) {
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
export function softmaxJob(tf, { shape, axis }, { x }) {
  const tensor = tf.tensor(x, shape);
  return jobOf(tf, () => [tf.softmax(tensor, axis)]);
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
