// @ts-check
/** What one writes without a library: the textbook's loops over Float32Arrays. The lower end of the scale. */
import { attentionJob } from '../plain/attention.mjs';
import { matmulJob } from '../plain/matmul.mjs';
import { softmaxJob } from '../plain/softmax.mjs';

/** @import { Contender } from '../types.js' */

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
