// @ts-check
/** Of many measurements, the one that stands for them: always one that was measured, never a mean of two. */

/** @param {readonly number[]} values @param {number} share from 0, the least, to 1 @returns {number} NaN of none */
export function percentile(values, share) {
  const sorted = values.slice().sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
}

/** The lower one of two. @param {readonly number[]} values */
export const median = (values) => percentile(values, 0.5);
