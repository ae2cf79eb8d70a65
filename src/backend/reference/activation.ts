/**
 * What numbers may be put through, in float64.
 * @module
 */
import type { MatmulPlan } from '../../plan/plan.js';
import type { Activation } from '../../types.js';

export const activations: Record<MatmulPlan['activation'], (x: number) => number> = {
  none: (x) => x,
  relu: (x) => Math.max(x, 0),
  gelu: (x) => (x < -40 ? 0 : 0.5 * x * (1 + erf(x * Math.SQRT1_2))),
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
};

/** dOut · f′(x); of relu dOut does not count where x is not above 0. */
export const activationGradients: Record<Activation, (x: number, dOut: number) => number> = {
  relu: (x, dOut) => (x > 0 ? dOut : Number.isNaN(x) ? x : 0),
  gelu: (x, dOut) =>
    dOut *
    (Math.abs(x) < 40
      ? 0.5 * (1 + erf(x * Math.SQRT1_2)) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI)
      : Number(x > 0) + 0 * Math.sign(x)),
  tanh: (x, dOut) => dOut * 4 * logisticSlope(2 * x),
  sigmoid: (x, dOut) => dOut * logisticSlope(x),
};

/** e^−|x| / (1 + e^−|x|)²: nothing cancels. */
function logisticSlope(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return e / (1 + e) ** 2;
}

/**
 * erf x = 2x/√π · e^(−x²) · Σ (2x²)ⁿ / (1·3·5⋯(2n + 1)): all terms are positive, so that nothing cancels. What is lost is lost in
 * x² (|x| < 6) and in at most 130 terms: relatively less than 2^-45.
 * @see Abramowitz & Stegun 1964, 7.1.6
 */
export function erf(x: number): number {
  if (!(Math.abs(x) < 6)) return Number.isNaN(x) ? x : Math.sign(x);
  const square = x * x;
  let term = 1;
  let sum = 1;
  for (let n = 1; term > sum * 2 ** -55; n++) {
    term *= (2 * square) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * x * Math.exp(-square) * sum;
}
