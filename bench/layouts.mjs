// @ts-check
/** Between `[b, h, s, d]`, which the cases are in, and `[b, s, h, d]`, which some operators want. */

/** @param {Float32Array} data `[b, h, s, d]` @param {number} batch @param {number} heads @param {number} length @param {number} dim */
export const headsLast = (data, batch, heads, length, dim) => middleSwapped(data, batch, heads, length, dim);

/** @param {Float32Array} data `[b, s, h, d]` @param {number} batch @param {number} heads @param {number} length @param {number} dim */
export const headsFirst = (data, batch, heads, length, dim) => middleSwapped(data, batch, length, heads, dim);

/** `[b, m, n, d]` to `[b, n, m, d]`. @param {Float32Array} data @param {number} batch @param {number} m @param {number} n @param {number} dim */
function middleSwapped(data, batch, m, n, dim) {
  const swapped = new Float32Array(data.length);
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        const from = ((b * m + i) * n + j) * dim;
        swapped.set(data.subarray(from, from + dim), ((b * n + j) * m + i) * dim);
      }
    }
  }
  return swapped;
}
