/**
 * The gradients of a linear layer by the chain rule, each number beside how far it may lie from that. From the caller's arguments, apart
 * from src/.
 */
import type { Activation, DType, FloatData, LinearBackwardOptions, Tensor } from '../../src/types.js';
import { exact, type Inexact, inexactIn } from '../inexact.js';
import { dense, formatOf } from '../tensors.js';
import type { Arithmetic } from '../tolerance.js';
import { erf } from './erf.js';

export interface LinearBackwardCall {
  readonly x: Tensor<FloatData>;
  readonly weight: Tensor<FloatData>;
  readonly dOutput: Tensor<FloatData>;
  readonly options: LinearBackwardOptions<FloatData, FloatData>;
}

export interface LinearSheet {
  readonly dX: readonly Inexact[];
  readonly dWeight: readonly Inexact[];
  readonly dBias: readonly Inexact[];
}

export function textbookLinearBackward({ x, weight, dOutput, options }: LinearBackwardCall, arithmetic: Arithmetic): LinearSheet {
  const { product, sum } = inexactIn(arithmetic);
  const [rows, weights, seeds] = [dense(x).data, dense(weight).data, dense(dOutput).data];
  const [width = 0, units = 0] = weight.shape;
  const count = dOutput.shape.slice(0, -1).reduce((all, size) => all * size, 1);
  const bias = options.bias ? dense(options.bias).data : new Float64Array(units);
  const of = (values: Float64Array, at: number) => exact(values[at] ?? Number.NaN);
  // Where bfloat16 is multiplied in pairs, what is below the normal range of a product or of its factors is lost.
  const lost = formatOf(x) === 'bfloat16' ? arithmetic.flushed : 0;
  const dot = (terms: number, a: (at: number) => Inexact, b: (at: number) => Inexact): Inexact => {
    const factors = Array.from({ length: terms }, (_, at) => [a(at), b(at)] as const);
    const { value, error } = sum(factors.map(([left, right]) => product(left, right)));
    const reach = factors.reduce(
      (most, [left, right]) => Math.max(most, Math.abs(left.value) + left.error, Math.abs(right.value) + right.error),
      1,
    );
    return { value, error: error + 2 * terms * lost * reach };
  };

  /** Gone from one step to the next. */
  const stored = ({ value, error }: Inexact): Inexact => ({
    value,
    error: arithmetic.stored > 0 ? error + arithmetic.stored * (Math.abs(value) + error) + 2 ** -150 : error,
  });
  const dPre = Array.from({ length: count * units }, (_, at) => {
    const [row, unit] = [Math.floor(at / units), at % units];
    if (!options.activation) return rounded(of(seeds, at), x.dtype);
    const pre = stored(
      sum([
        dot(
          width,
          (c) => of(rows, row * width + c),
          (c) => of(weights, c * units + unit),
        ),
        of(bias, unit),
      ]),
    );
    return rounded(stored(product(of(seeds, at), slope(options.activation, pre, arithmetic))), x.dtype);
  });
  const at = (row: number, unit: number) => dPre[row * units + unit] ?? exact(Number.NaN);
  return {
    dX: Array.from({ length: count * width }, (_, i) =>
      dot(
        units,
        (unit) => at(Math.floor(i / width), unit),
        (unit) => of(weights, (i % width) * units + unit),
      ),
    ),
    dWeight: Array.from({ length: width * units }, (_, i) =>
      dot(
        count,
        (row) => of(rows, row * width + Math.floor(i / units)),
        (row) => at(row, i % units),
      ),
    ),
    dBias: Array.from({ length: units }, (_, unit) => sum(Array.from({ length: count }, (__, row) => at(row, unit)))),
  };
}

/** To the dtype that it is multiplied in. */
function rounded({ value, error }: Inexact, dtype: DType | undefined): Inexact {
  if (dtype !== 'float16' && dtype !== 'bfloat16') return { value, error };
  const [unit, smallest] = dtype === 'float16' ? [2 ** -11, 2 ** -25] : [2 ** -8, 2 ** -134];
  return { value, error: error + unit * (Math.abs(value) + error) + smallest };
}

/** f′ where the sum is off by an error: that times the greatest |f″|, and what computing f′ is off by itself. */
function slope(activation: Activation, { value: x, error }: Inexact, arithmetic: Arithmetic): Inexact {
  const { u, exp, tail, vanish } = arithmetic;
  /** e/(1 + e)², e = e^−|z|: log₂e and the product with it, exp, the sum twice over in a square, the square, the quotient. */
  const logistic = (z: number): Inexact => {
    const e = Math.exp(-Math.abs(z));
    const value = e / (1 + e) ** 2;
    return { value, error: value * (2 * u * Math.abs(z) + exp + 5 * u) + vanish };
  };
  switch (activation) {
    case 'relu':
      return { value: Number.isNaN(x) ? x : Number(x > 0), error: Math.abs(x) <= error && error > 0 ? 1 : 0 };
    case 'sigmoid': {
      const own = logistic(x);
      return { value: own.value, error: own.error + 0.0963 * error };
    }
    case 'tanh': {
      const own = logistic(2 * x); // twice and four times are exact
      return { value: 4 * own.value, error: 4 * own.error + 0.77 * error };
    }
    case 'gelu': {
      const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
      const cumulated = (1 + erf(x / Math.SQRT2)) / 2;
      // Of Φ the tail, and 1 less it; of x·φ its exponent (½x², log₂e: four roundings), exp, 1/√2π, two products; their sum.
      const own = tail + u + Math.abs(x) * density * (2 * u * x * x + exp + 3 * u) + 16 * vanish + 1.13 * u;
      return { value: cumulated + (Math.abs(x) < 40 ? x * density : 0), error: own * (1 + 4 * u) + 0.8 * error };
    }
  }
}
