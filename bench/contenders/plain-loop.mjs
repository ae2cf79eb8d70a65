// @ts-check
/** What one writes without a library: the textbook's loops over Float32Arrays. The lower end of the scale. */
import { additiveJob } from '../plain/additive.mjs';
import { attentionJob } from '../plain/attention.mjs';
import { backwardJob } from '../plain/attention-backward.mjs';
import { imagesJob } from '../plain/images.mjs';
import { matmulJob } from '../plain/matmul.mjs';
import { rowsJob } from '../plain/rows.mjs';
import { softmaxJob } from '../plain/softmax.mjs';

/** @import { Contender } from '../types.js' */

/** @type {Contender} */
export default {
  name: 'plain-loop',
  variants: [{ name: 'js' }],
  most: 3e9,
  oneThread: true,
  refuses(item) {
    if (item.op === 'encoder') return 'has no sentence encoder';
    if (item.op === 'convolution') return 'has no convolution of many channels';
    if (item.op === 'translationStep' || item.op === 'convnetStep') return 'has no training step';
    if (item.op === 'attention' && item.score && item.score !== 'additive') return 'has dot products and additive scores';
    const isCached = item.op === 'attention' && item.through === 'KVCache';
    return item.dtype || ('weights' in item && item.weights) || isCached ? 'knows float32 and no cache' : undefined;
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
          return item.score === 'additive' ? additiveJob(item, inputs) : attentionJob(item, inputs);
        case 'attentionBackward':
          return backwardJob(item, inputs);
        case 'layerNorm':
        case 'rmsNorm':
        case 'rotary':
        case 'gelu':
          return rowsJob(item, inputs);
        case 'squeezeExcite':
        case 'spatialAttention':
          return imagesJob(item, inputs);
        default:
          throw new Error(`has no ${item.op}`);
      }
    },
  }),
};
