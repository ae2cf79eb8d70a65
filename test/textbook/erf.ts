/** The error function by its integral, 2/√π ∫₀ˣ e^(−t²) dt: Gauss–Legendre with five points on pieces of 1/16, exact to float64 there. */

const [inner, outer] = [Math.sqrt(5 - 2 * Math.sqrt(10 / 7)) / 3, Math.sqrt(5 + 2 * Math.sqrt(10 / 7)) / 3];
const [innerWeight, outerWeight] = [(322 + 13 * Math.sqrt(70)) / 900, (322 - 13 * Math.sqrt(70)) / 900];
const points: readonly (readonly [number, number])[] = [
  [0, 128 / 225],
  [inner, innerWeight],
  [-inner, innerWeight],
  [outer, outerWeight],
  [-outer, outerWeight],
];

export function erf(x: number): number {
  if (!(Math.abs(x) < 6)) return Number.isNaN(x) ? x : Math.sign(x);
  const pieces = Math.ceil(Math.abs(x) * 16);
  let sum = 0;
  for (let piece = 0; piece < pieces; piece++) {
    for (const [point, weight] of points) {
      const t = (x * (piece + (1 + point) / 2)) / pieces;
      sum += weight * Math.exp(-t * t);
    }
  }
  return pieces === 0 ? 0 : (sum * x) / pieces / Math.sqrt(Math.PI);
}
