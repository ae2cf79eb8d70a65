// @ts-check
/** fovea's WebAssembly builds; what they copy in and out of their memory counts. */
import { openFovea } from '../fovea-session.mjs';

/** @import { Contender } from '../types.js' */

/** @type {Contender} */
export default {
  name: 'fovea-wasm',
  ours: true,
  variants: [
    { name: 'relaxed-simd', roof: 'wasm relaxed-simd' },
    { name: 'simd', roof: 'wasm simd' },
  ],
  open: (variant, threads) => openFovea('wasm', variant, threads),
};
