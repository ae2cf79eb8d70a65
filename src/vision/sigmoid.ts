/**
 * 1 / (1 + e^−x), in place: of the few numbers that weights are.
 * @module
 */
export function sigmoid(x: Float32Array): void {
  for (let i = 0; i < x.length; i++) x[i] = 1 / (1 + Math.exp(-(x[i] ?? NaN)));
}
