// @ts-check
/** A product by three loops. */
import { jobOf } from './job.mjs';

/** @import { Inputs, Job, MatmulCase } from '../types.js' */

/** @param {MatmulCase} item @param {Inputs} inputs @returns {Job} */
export function matmulJob({ batch, m, n, k, allocates }, { a, b }) {
  return jobOf(allocates, batch * m * n, (out) => {
    for (let i = 0; i < batch; i++) {
      matmul(a.subarray(i * m * k), b.subarray(i * k * n), out.subarray(i * m * n), m, n, k);
    }
  });
}

/** The triple loop. @param {Float32Array} a @param {Float32Array} b @param {Float32Array} out @param {number} m @param {number} n @param {number} k */
export function matmul(a, b, out, m, n, k) {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[i * k + p] * b[p * n + j];
      out[i * n + j] = sum;
    }
  }
}
