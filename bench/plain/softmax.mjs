// @ts-check
/** A softmax in three passes. */
import { jobOf } from './job.mjs';

/** @import { Inputs, Job, SoftmaxCase } from '../types.js' */

/** @param {SoftmaxCase} item @param {Inputs} inputs @returns {Job} */
export function softmaxJob({ shape: [rows, columns], axis, allocates }, { x }) {
  return jobOf(allocates, rows * columns, (out) => {
    if (axis === 1) for (let row = 0; row < rows; row++) softmax(x, out, row * columns, 1, columns);
    else for (let column = 0; column < columns; column++) softmax(x, out, column, columns, rows);
  });
}

/** @param {Float32Array} x @param {Float32Array} out @param {number} start @param {number} step @param {number} length */
export function softmax(x, out, start, step, length) {
  const end = start + step * length;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = start; i < end; i += step) largest = Math.max(largest, x[i]);
  let sum = 0;
  for (let i = start; i < end; i += step) {
    out[i] = Math.exp(x[i] - largest);
    sum += out[i];
  }
  for (let i = start; i < end; i += step) out[i] = out[i] / sum;
}
