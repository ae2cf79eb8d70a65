// @ts-check
/** squeezeExcite and spatialAttention of fovea/vision. */
import { hiddenOf, kernelSize } from '../inputs.mjs';
import { jobOf, outOf, tensor } from './job.mjs';

/** @import { ImageCase, Inputs, Job } from '../types.js' */

/** @param {typeof import('../../src/vision/node.js')} vision @param {ImageCase} item @param {Inputs} inputs @returns {Job} */
export function imagesJob(vision, item, inputs) {
  const x = tensor(inputs.x, item.shape);
  const channels = item.shape[3];
  const hidden = hiddenOf(channels);
  if (item.op === 'squeezeExcite') {
    const reduce = { weight: tensor(inputs.reduce, [channels, hidden]) };
    const expand = { weight: tensor(inputs.expand, [hidden, channels]) };
    const options = { reduce, expand, ...outOf(item, item.shape) };
    return jobOf(() => vision.squeezeExcite(x, options).output);
  }
  const options = { kernel: tensor(inputs.kernel, [kernelSize, kernelSize, 2, 1]), ...outOf(item, item.shape) };
  return jobOf(() => vision.spatialAttention(x, options).output);
}
