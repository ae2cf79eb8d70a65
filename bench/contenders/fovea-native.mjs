// @ts-check
/** fovea's addon, once for each instruction set of this kind of processor. */
import { openFovea } from '../fovea-session.mjs';

/** @import { Contender, Variant } from '../types.js' */

/** @type {Readonly<Record<string, readonly Variant[]>>} */
const variantsByArchitecture = {
  x64: [
    { name: 'avx512', roof: 'avx512' },
    { name: 'avx2', roof: 'avx2' },
    { name: 'sse4', roof: 'sse4' },
  ],
  arm64: [{ name: 'neon', roof: 'neon' }],
};

/** @type {Contender} */
export default {
  name: 'fovea-native',
  ours: true,
  variants: variantsByArchitecture[process.arch] ?? [],
  open: (variant, threads) => openFovea('native', variant, threads),
};
