// @ts-check
/** fovea's backend of last resort, plain TypeScript in float64: made to be read, so only the smaller cases are worth the wait. */
import { openFovea, refusal } from '../fovea/session.mjs';

/** @import { Contender } from '../types.js' */

/** @type {Contender} */
export default {
  name: 'fovea-reference',
  ours: true,
  variants: [{ name: 'js', full: true }],
  most: 5e8,
  oneThread: true,
  refuses: (item, variant) => ('weights' in item && item.weights ? 'is measured without packed weights' : refusal(item, variant)),
  open: (variant, threads) => openFovea('reference', variant, threads),
};
