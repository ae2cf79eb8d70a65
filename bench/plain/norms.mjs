// @ts-check
/** A norm of rows, and rows of a table, in loops; also as the sentence encoder calls them. */

/** @typedef {import('../../examples/sentence-search/encoder.mjs').Ops} Ops */

/** @type {Ops} */
export const encoderOps = {
  layerNorm: (x, { gamma, beta, epsilon, out }) => layerNorm(out.data, x.data, gamma.data, beta.data, epsilon),
  embedding(ids, { data, shape: [, width] }, { out }) {
    for (const [row, id] of ids.entries()) out.data.set(data.subarray(id * width, (id + 1) * width), row * width);
  },
};

/** Ba, Kiros & Hinton 2016. @param {Float32Array} out `[rows, width]` @param {Float32Array} x @param {Float32Array} gamma `[width]` @param {Float32Array} beta @param {number} epsilon */
export function layerNorm(out, x, gamma, beta, epsilon) {
  const width = gamma.length;
  for (let start = 0; start < out.length; start += width) {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += x[start + i];
    const mean = sum / width;
    let squares = 0;
    for (let i = 0; i < width; i++) squares += (x[start + i] - mean) ** 2;
    const factor = 1 / Math.sqrt(squares / width + epsilon);
    for (let i = 0; i < width; i++) out[start + i] = (x[start + i] - mean) * factor * gamma[i] + beta[i];
  }
}

/** Zhang & Sennrich 2019. @param {Float32Array} out `[rows, width]` @param {Float32Array} x @param {Float32Array} gamma `[width]` @param {number} epsilon */
export function rmsNorm(out, x, gamma, epsilon) {
  const width = gamma.length;
  for (let start = 0; start < out.length; start += width) {
    let squares = 0;
    for (let i = 0; i < width; i++) squares += x[start + i] ** 2;
    const factor = 1 / Math.sqrt(squares / width + epsilon);
    for (let i = 0; i < width; i++) out[start + i] = x[start + i] * factor * gamma[i];
  }
}
