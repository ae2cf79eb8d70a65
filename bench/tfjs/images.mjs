// @ts-check
/** squeezeExcite and spatialAttention as one writes them with TensorFlow.js. */
import { hiddenOf, kernelSize } from '../inputs.mjs';
import { jobOf } from './job.mjs';

/** @import { ImageCase, Inputs, Job } from '../types.js' */
/** @import { Tfjs } from './types.js' */

/** @param {Tfjs} tf @param {ImageCase} item @param {Inputs} inputs @returns {Job} */
export function imagesJob(tf, { op, shape }, inputs) {
  const [batch, , , channels] = shape;
  const hidden = hiddenOf(channels);
  const x = tf.tensor(inputs.x, shape);
  if (op === 'squeezeExcite') {
    const [reduce, expand] = [tf.tensor(inputs.reduce, [channels, hidden]), tf.tensor(inputs.expand, [hidden, channels])];
    return jobOf(tf, () => {
      const squeezed = tf.relu(tf.matMul(tf.mean(x, [1, 2], false), reduce));
      return [tf.mul(x, tf.reshape(tf.sigmoid(tf.matMul(squeezed, expand)), [batch, 1, 1, channels]))];
    });
  }
  const kernel = tf.tensor(inputs.kernel, [kernelSize, kernelSize, 2, 1]);
  return jobOf(tf, () => {
    const maps = tf.concat([tf.mean(x, 3, true), tf.max(x, 3, true)], 3);
    return [tf.mul(x, tf.sigmoid(tf.conv2d(maps, kernel, 1, 'same')))];
  });
}
