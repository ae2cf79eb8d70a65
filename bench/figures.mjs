// @ts-check
/** Figures as they are read: three digits that count, with their unit. */

/** @import { Result } from './types.js' */

/** @param {number | null} value */
export function digits(value) {
  if (value === null) return '';
  if (value >= 100) return value.toFixed(0);
  return value >= 0.001 ? value.toPrecision(3) : value.toFixed(6);
}

/** @param {number} share */
export const percent = (share) => `${(100 * share).toFixed(0)} %`;

/** @param {number} ratio */
export const times = (ratio) => `${ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(2)} ×`;

/** @param {number} ms */
export const time = (ms) => (ms < 0.1 ? `${digits(1000 * ms)} µs` : `${digits(ms)} ms`);

/** @param {number} count */
export const threadsWord = (count) => (count === 1 ? '1 thread' : `${count} threads`);

/** What a row is about: flops, bytes, or where neither counts its time. @param {Result} row */
export function rateOf({ gbs, gflops, medianMs }) {
  if (gbs !== null) return `${digits(gbs)} GB/s`;
  if (gflops !== null) return `${digits(gflops)} GFLOP/s`;
  return medianMs === null ? '' : time(medianMs);
}
