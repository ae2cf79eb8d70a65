// @ts-check
/** A call of ours as a job, and the tensors that it is called with. */
import { bitsOf, numbersOf } from '../halves.mjs';

/** @import { Case, Job } from '../types.js' */

/**
 * @param {() => { readonly data: Float32Array | Uint16Array }} call
 * @param {import('../types.js').DType} [dtype]
 * @returns {Job}
 */
export function jobOf(call, dtype) {
  /** @type {Float32Array | Uint16Array} */
  let output = new Float32Array(0);
  return {
    run() {
      output = call().data;
    },
    output: () => (output instanceof Uint16Array ? numbersOf(output, dtype === 'float16' ? 'float16' : 'bfloat16') : output),
  };
}

/** The option `out`, unless the case lets the call allocate. @param {Case} item @param {readonly number[]} shape */
export function outOf(item, shape) {
  const length = shape.reduce((product, size) => product * size, 1);
  const dtype = 'through' in item && item.through ? undefined : item.dtype;
  return item.allocates ? {} : { out: tensor(new Float32Array(length), shape, dtype) };
}

/**
 * Said to be of float32 whatever it is of: which dtypes go together is checked by the call.
 * @param {Float32Array} data @param {readonly number[]} shape @param {import('../types.js').DType} [dtype]
 * @returns {import('../../src/types.js').Tensor}
 */
export function tensor(data, shape, dtype) {
  if (dtype !== 'float16' && dtype !== 'bfloat16') return { data, shape };
  return /** @type {import('../../src/types.js').Tensor} */ (/** @type {unknown} */ ({ data: bitsOf(data, dtype), shape, dtype }));
}
