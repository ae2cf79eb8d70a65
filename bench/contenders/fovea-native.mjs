// @ts-check
/** fovea's addon, once for each instruction set of this kind of processor. */
import { allocating, openFovea, refusal, variantsOf } from '../fovea/session.mjs';

/** @import { Contender, Roof, Variant } from '../types.js' */

/** @type {Readonly<Record<string, readonly Variant[]>>} */
const variantsByArchitecture = {
  x64: [
    ...variantsOf('avx512bf16', 'avx512-bf16'),
    ...variantsOf('avx512', 'avx512'),
    allocating('avx512', 'avx512'),
    ...withoutIt('avx512', [...variantsOf('avx2', 'avx2'), allocating('avx2', 'avx2')]),
    ...withoutIt('avx2', variantsOf('sse4', 'sse4')),
  ],
  arm64: [...variantsOf('neon', 'neon'), allocating('neon', 'neon')],
};

/** The first choice of machines that have not got this. @param {Roof} better @param {readonly Variant[]} variants */
function withoutIt(better, variants) {
  return variants.map((variant) => ({ ...variant, better }));
}

/** @type {Contender} */
export default {
  name: 'fovea-native',
  ours: true,
  variants: variantsByArchitecture[process.arch] ?? [],
  refuses: (item, variant) => (variant.startsWith('avx512bf16') && item.dtype !== 'bfloat16' ? '' : refusal(item, variant)), // on all else it is avx512
  open: (variant, threads) => openFovea('native', variant, threads),
};
