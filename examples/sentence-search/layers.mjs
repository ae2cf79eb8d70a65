/** The small layers between the matrix products, in plain loops: all work on rows of `width` numbers, in place unless they say otherwise. */

/** Divides every row by its Euclidean length. @param {Float32Array} x `[rows, width]` @param {number} width */
export function unitRows(x, width) {
  for (let start = 0; start < x.length; start += width) {
    let squares = 0;
    for (let i = 0; i < width; i++) squares += x[start + i] ** 2;
    const factor = 1 / Math.sqrt(Math.max(squares, 1e-12));
    for (let i = 0; i < width; i++) x[start + i] *= factor;
  }
}

/**
 * Where a token stands in its sentence, as sines then cosines of position × frequency (Vaswani et al. 2017, §3.5).
 * @param {number} length
 * @param {Float32Array} frequencies
 * @returns `[length, 2 × frequencies]`
 */
export function timingSignal(length, frequencies) {
  const half = frequencies.length;
  const signal = new Float32Array(length * half * 2);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * frequencies[i]);
      signal[position * 2 * half + i] = Math.sin(angle);
      signal[position * 2 * half + half + i] = Math.cos(angle);
    }
  }
  return signal;
}
