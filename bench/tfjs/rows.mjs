// @ts-check
/** layerNorm, rmsNorm, rotary and gelu as one writes them with TensorFlow.js' core, which has none of them. */
import { epsilons, rotaryBase } from '../rows-options.mjs';
import { jobOf } from './job.mjs';

/** @import { Inputs, Job, RowsCase } from '../types.js' */
/** @import { Tfjs } from './types.js' */

/** @param {Tfjs} tf @param {RowsCase} item @param {Inputs} inputs @returns {Job} */
export function rowsJob(tf, { op, shape, heads = 1 }, inputs) {
  const [rows, columns] = shape;
  const x = tf.tensor(inputs.x, shape);
  switch (op) {
    case 'layerNorm': {
      const [gamma, beta] = [tf.tensor(inputs.gamma, [columns]), tf.tensor(inputs.beta, [columns])];
      return jobOf(tf, () => {
        const centred = tf.sub(x, tf.mean(x, 1, true));
        const factor = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilons.layerNorm));
        return [tf.add(tf.mul(tf.mul(centred, factor), gamma), beta)];
      });
    }
    case 'rmsNorm': {
      const gamma = tf.tensor(inputs.gamma, [columns]);
      return jobOf(tf, () => [tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), 1, true), epsilons.rmsNorm))), gamma)]);
    }
    case 'rotary':
      return rotaryJob(tf, inputs.x, rows, heads, columns / heads);
    case 'gelu':
      return jobOf(tf, () => [tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))]);
  }
}

/** x·cos + (−second half, first half)·sin, the angles' tables made once. @param {Tfjs} tf @param {Float32Array} data @param {number} positions @param {number} heads @param {number} dim */
function rotaryJob(tf, data, positions, heads, dim) {
  const angles = Array.from(
    { length: positions * dim },
    (_, i) => Math.floor(i / dim) * rotaryBase ** ((-2 * (i % (dim / 2))) / dim), // both halves alike
  );
  const x = tf.tensor(data, [positions, heads, dim]);
  const cosines = tf.tensor(Float32Array.from(angles, Math.cos), [positions, 1, dim]);
  const sines = tf.tensor(Float32Array.from(angles, Math.sin), [positions, 1, dim]);
  return jobOf(tf, () => {
    const [first, second] = tf.split(x, 2, 2);
    return [tf.add(tf.mul(x, cosines), tf.mul(tf.concat([tf.neg(second), first], 2), sines))];
  });
}
