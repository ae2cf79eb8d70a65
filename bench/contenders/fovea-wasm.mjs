// @ts-check
/** fovea's WebAssembly builds; what they copy in and out of their memory counts. */
import { openFovea, refusal, variantsOf } from '../fovea/session.mjs';

/** @import { Contender } from '../types.js' */

/** @type {Contender} */
export default {
  name: 'fovea-wasm',
  ours: true,
  variants: [
    ...variantsOf('simd', 'wasm simd'),
    ...variantsOf('relaxed-simd', 'wasm relaxed-simd').map((variant) => ({ ...variant, full: true })),
  ],
  refuses: refusal,
  open: (variant, threads) => openFovea('wasm', variant, threads),
};
