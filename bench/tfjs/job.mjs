// @ts-check
/** A call of TensorFlow.js as a job. */
import { joined } from '../joined.mjs';

/** @import { Job } from '../types.js' */
/** @import { TfTensor, Tfjs } from './types.js' */

/**
 * A job whose results are tensors; those of the call before are given back.
 * @param {Tfjs} tf
 * @param {() => readonly TfTensor[]} call
 * @returns {Job}
 */
export function jobOf(tf, call) {
  /** @type {readonly TfTensor[]} */
  let results = [];
  return {
    run() {
      for (const result of results) result.dispose();
      results = tf.tidy(call);
    },
    output: () => joined(results.map((result) => result.dataSync())),
    dispose: () => tf.engine().endScope(),
  };
}
