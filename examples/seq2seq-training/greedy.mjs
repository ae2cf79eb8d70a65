/** Greedy decoding: the likeliest token, step after step, until all have ended; and what each step looked at. */
import * as tf from '@tensorflow/tfjs-core';
import { end, start } from './vocabulary.mjs';

/**
 * @typedef {object} Written
 * @property {number[]} ids of the tokens, without end
 * @property {Float32Array[]} looks weights `[s]` of each step, that of the end included; none where nobody asked, or without attention
 */

/**
 * @param {import('./decoder.mjs').Model} model
 * @param {tf.Tensor} source of b
 * @param {number} mostTokens
 * @param {{ looks?: boolean }} [options]
 * @returns {Written[]} one a source
 */
export function greedy(model, source, mostTokens, { looks = false } = {}) {
  return tf.tidy(() => {
    const [count] = source.shape;
    const written = Array.from({ length: count }, () => /** @type {Written} */ ({ ids: [], looks: [] }));
    const open = new Set(written.keys());
    let last = tf.fill([count], start, 'int32');
    let states = model.begin(source);
    // One step more than there are tokens: for the end.
    for (let step = 0; step <= mostTokens && open.size > 0; step++) {
      const weights = looks ? model.look?.(states) : undefined;
      const { logits, states: behind } = model.step(last, states);
      states = behind;
      last = tf.argMax(logits, 1);
      const [ids, seen] = [last.dataSync(), weights?.dataSync()];
      for (const row of open) {
        if (seen) written[row].looks.push(Float32Array.from(seen.subarray((row * seen.length) / count, ((row + 1) * seen.length) / count)));
        if (ids[row] === end) open.delete(row);
        else written[row].ids.push(ids[row]);
      }
    }
    return written;
  });
}
