// @ts-check
/** Between the layouts that the cases are in, `[b, h, s, d]` and `[b, pixels, c]`, and those that some operators want, `[b, s, h, d]` and `[b, c, pixels]`. */

/** @param {Float32Array} data `[b, h, s, d]` @param {number} batch @param {number} heads @param {number} length @param {number} dim */
export const headsLast = (data, batch, heads, length, dim) => middleSwapped(data, batch, heads, length, dim);

/** @param {Float32Array} data `[b, s, h, d]` @param {number} batch @param {number} heads @param {number} length @param {number} dim */
export const headsFirst = (data, batch, heads, length, dim) => middleSwapped(data, batch, length, heads, dim);

/** @param {Float32Array} data `[b, pixels, c]` @param {number} batch @param {number} pixels @param {number} channels */
export const channelsFirst = (data, batch, pixels, channels) => middleSwapped(data, batch, pixels, channels, 1);

/** @param {Float32Array} data `[b, c, pixels]` @param {number} batch @param {number} pixels @param {number} channels */
export const channelsLast = (data, batch, pixels, channels) => middleSwapped(data, batch, channels, pixels, 1);

/** `[b, m, n, d]` to `[b, n, m, d]`. @param {Float32Array} data @param {number} batch @param {number} m @param {number} n @param {number} dim */
function middleSwapped(data, batch, m, n, dim) {
  const swapped = new Float32Array(data.length);
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        const [from, to] = [((b * m + i) * n + j) * dim, ((b * n + j) * m + i) * dim];
        for (let p = 0; p < dim; p++) swapped[to + p] = data[from + p];
      }
    }
  }
  return swapped;
}
