// @ts-check
/** fovea's addon, once for each instruction set of this kind of processor. */
import { allocating, openFovea, refusal, variantsOf } from '../fovea-session.mjs';

/** @import { Contender, Variant } from '../types.js' */

/** @type {Readonly<Record<string, readonly Variant[]>>} */
const variantsByArchitecture = {
  x64: [
    ...variantsOf('avx512bf16', 'avx512-bf16'),
    ...variantsOf('avx512', 'avx512'),
    allocating('avx512', 'avx512'),
    ...inFull(variantsOf('avx2', 'avx2')),
    ...inFull(variantsOf('sse4', 'sse4')),
  ],
  arm64: [...variantsOf('neon', 'neon'), allocating('neon', 'neon')],
};

/** Not the first choice of any machine that has the one before. @param {readonly Variant[]} variants */
function inFull(variants) {
  return variants.map((variant) => ({ ...variant, full: true }));
}

/** @type {Contender} */
export default {
  name: 'fovea-native',
  ours: true,
  variants: variantsByArchitecture[process.arch] ?? [],
  refuses: (item, variant) => (variant.startsWith('avx512bf16') && item.dtype !== 'bfloat16' ? '' : refusal(item, variant)), // on all else it is avx512
  open: (variant, threads) => openFovea('native', variant, threads),
};
