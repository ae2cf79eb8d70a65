/** What a packed matrix holds, in float64 and written apart from src/: b rounded to bfloat16, or to whole steps of its column. */
import type { FloatData, PackMatrixOptions, Tensor } from '../src/types.js';
import { roundHalfToEven, roundTo } from './numbers.js';
import { type Dense, dense } from './tensors.js';

/** `[k, n]`, whatever was transposed. */
export function packedWeights(b: Tensor<FloatData>, { transpose, dtype = 'float32' }: PackMatrixOptions): Dense {
  const { data, shape } = dense(b);
  const [k, n] = transpose ? [shape[1] ?? 0, shape[0] ?? 0] : [shape[0] ?? 0, shape[1] ?? 0];
  const exact = Float64Array.from({ length: k * n }, (_, at) => data[transpose ? (at % n) * k + Math.floor(at / n) : at] ?? Number.NaN);
  if (dtype === 'float32') return { data: exact, shape: [k, n] };
  if (dtype === 'bfloat16') return { data: exact.map((x) => roundTo('bfloat16', x)), shape: [k, n] };
  const steps = stepsOf(exact, n);
  const whole = exact.map((x, at) => {
    const step = steps[at % n] ?? Number.NaN;
    return step === 0 ? 0 : roundHalfToEven(x / step) * step;
  });
  return { data: whole, shape: [k, n] };
}

/** int8's step of each column: its largest number is 127 of them. A normal float32 number, and 127 of them are finite too. */
export function stepsOf(exact: Float64Array, n: number): Float64Array {
  const largest = new Float64Array(n);
  exact.forEach((x, at) => {
    largest[at % n] = Math.max(largest[at % n] ?? 0, Math.abs(x));
  });
  return largest.map(stepOf);
}

/** int8's step of numbers up to ±most. */
export function stepOf(most: number): number {
  if (most === 0) return 0;
  const step = Math.max(Math.fround(most / 127), 2 ** -126);
  return Math.fround(127 * step) < Number.POSITIVE_INFINITY ? step : Math.fround(step * (1 - 2 ** -24));
}
