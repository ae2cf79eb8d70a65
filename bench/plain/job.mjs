// @ts-check
/** A function that writes its output, as a job. */

/** @import { Job } from '../types.js' */

/**
 * A call of a function that writes its output. All arrays are typed, so that the loops read as they would be written.
 * @param {boolean | undefined} allocates
 * @param {number} length of the output
 * @param {(out: Float32Array) => void} call
 * @returns {Job}
 */
export function jobOf(allocates, length, call) {
  let out = new Float32Array(length);
  return {
    run() {
      if (allocates) out = new Float32Array(length);
      call(out);
    },
    output: () => out,
  };
}
