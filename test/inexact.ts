/**
 * Numbers, each beside how far it may lie from them in an arithmetic that rounds: worked out operation by operation, by the model of
 * tolerance.ts, for functions that are made of many. Not a number stays that, and its error with it.
 */
import { type Arithmetic, gamma } from './tolerance.js';

export interface Inexact {
  readonly value: number;
  readonly error: number;
}

export const exact = (value: number): Inexact => ({ value, error: 0 });

/** How large it may be. */
const size = ({ value, error }: Inexact): number => Math.abs(value) + error;

/** What the operations come to in one arithmetic. */
export function inexactIn(arithmetic: Arithmetic) {
  const { u, smallest } = arithmetic;

  const product = (a: Inexact, b: Inexact): Inexact => ({
    value: a.value * b.value,
    error: Math.abs(a.value) * b.error + Math.abs(b.value) * a.error + a.error * b.error + u * size(a) * size(b) + smallest,
  });

  /** In any order: n − 1 roundings. */
  const sum = (terms: readonly Inexact[]): Inexact => {
    let [value, error, magnitude] = [0, 0, 0];
    for (const term of terms) {
      value += term.value;
      error += term.error;
      magnitude += size(term);
    }
    return { value, error: error + gamma(terms.length, arithmetic) * magnitude };
  };

  /** 0 of nothing; the sum, and one rounding more. */
  const mean = (terms: readonly Inexact[]): Inexact => {
    if (terms.length === 0) return exact(0);
    const { value, error } = sum(terms);
    return { value: value / terms.length, error: error / terms.length + (u * size({ value, error })) / terms.length + smallest };
  };

  /** 0 of nothing; a maximum is no further off than any of its terms. */
  const maximum = (terms: readonly Inexact[]): Inexact =>
    terms.length === 0
      ? exact(0)
      : { value: Math.max(...terms.map(({ value }) => value)), error: Math.max(...terms.map(({ error }) => error)) };

  const dot = (a: readonly Inexact[], b: readonly Inexact[]): Inexact => sum(a.map((term, i) => product(term, b[i] ?? exact(Number.NaN))));

  const relu = ({ value, error }: Inexact): Inexact => ({ value: Number.isNaN(value) ? value : Math.max(value, 0), error });

  /** Its slope is at most 1. */
  const tanh = ({ value, error }: Inexact): Inexact => ({
    value: Math.tanh(value),
    error: error + Math.abs(Math.tanh(value)) * arithmetic.tanh + smallest,
  });

  /** Its slope is at most ¼; e^−x, the sum with 1 and the quotient are off by so much of themselves. */
  const sigmoid = ({ value, error }: Inexact): Inexact => {
    const weight = 1 / (1 + Math.exp(-value));
    return { value: weight, error: error / 4 + weight * (arithmetic.exp + 3 * u) + smallest };
  };

  /**
   * softmax of the scores: a score that is off by ε moves e^score and the sum of all by a factor e^±ε each; the maximum taken off (the
   * difference and its product with log₂e, relative to scores as large as these) counts as if the scores were off.
   */
  const softmax = (scores: readonly Inexact[]): Inexact[] => {
    const most = Math.max(...scores.map(({ value }) => value));
    const off = Math.max(...scores.map(({ error }) => error)) + 4 * u * Math.max(...scores.map((score) => 2 * size(score)));
    const powers = scores.map(({ value }) => Math.exp(value - most));
    const total = powers.reduce((all, power) => all + power, 0);
    const relative = Math.expm1(2 * off) + 2 * arithmetic.exp + gamma(scores.length + 4, arithmetic);
    return powers.map((power) => ({ value: power / total, error: (power / total) * relative + arithmetic.vanish }));
  };

  return { product, sum, mean, maximum, dot, relu, tanh, sigmoid, softmax };
}
