// @ts-check
/** A convolution by tf.conv2d. */
import { filterSize } from '../training.mjs';
import { jobOf } from './job.mjs';

/** @import { ConvolutionCase, Inputs, Job } from '../types.js' */
/** @import { Tfjs } from './types.js' */

/** @param {Tfjs} tf @param {ConvolutionCase} item @param {Inputs} inputs @returns {Job} */
export function convolutionJob(tf, { shape, channels }, inputs) {
  const x = tf.tensor(inputs.x, shape);
  const filter = tf.tensor(inputs.filter, [filterSize, filterSize, shape[3], channels]);
  return jobOf(tf, () => [tf.conv2d(x, filter, 1, 'same')]);
}
