/** What numbers may be put through, by definition and in float64. */
import type { Activation, FloatData, Tensor } from '../../src/types.js';
import { dense } from '../tensors.js';
import { erf } from './erf.js';

export function activated(x: number, activation: Activation | undefined): number {
  switch (activation) {
    case undefined:
      return x;
    case 'relu':
      return Number.isNaN(x) ? x : Math.max(0, x);
    case 'gelu':
      return x === Number.NEGATIVE_INFINITY ? 0 : (x / 2) * (1 + erf(x / Math.SQRT2));
    case 'tanh':
      return Math.tanh(x);
    case 'sigmoid':
      return x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x));
  }
}

export interface ActivationSheet {
  readonly activation: Activation;
  readonly x: Float64Array;
  readonly output: Float64Array;
}

export function textbookActivation(activation: Activation, tensor: Tensor<FloatData>): ActivationSheet {
  const { data } = dense(tensor);
  return { activation, x: data, output: data.map((x) => activated(x, activation)) };
}
