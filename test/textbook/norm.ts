/** Layer and root mean square normalisation by their definition, in float64 and straight from the caller's arguments. */
import type { FloatData, LayerNormOptions } from '../../src/types.js';
import type { NormCall } from '../calls.js';
import { dense } from '../tensors.js';

export interface NormSheet {
  /** Of a row. */
  readonly length: number;
  readonly centered: boolean;
  readonly epsilon: number;
  readonly x: Float64Array;
  /** Of each row. */
  readonly means: readonly number[];
  readonly variances: readonly number[];
  /** Of each element of a row. */
  readonly gamma: Float64Array;
  readonly beta: Float64Array;
  readonly output: Float64Array;
}

export function textbookNorm({ op, x, options }: NormCall): NormSheet {
  const { shape, data } = dense(x);
  const length = shape.at(-1) ?? 0;
  const centered = op === 'layerNorm';
  const { gamma, beta, epsilon = centered ? 1e-5 : 1e-6 }: LayerNormOptions<FloatData> = options;
  const scales = gamma ? dense(gamma).data : new Float64Array(length).fill(1);
  const shifts = beta ? dense(beta).data : new Float64Array(length);
  const output = new Float64Array(data.length);
  const [means, variances]: [number[], number[]] = [[], []];
  for (let begin = 0; begin < data.length; begin += length) {
    const row = data.subarray(begin, begin + length);
    let [mean, variance] = [0, 0];
    if (centered) for (const value of row) mean += value / length;
    for (const value of row) variance += (value - mean) ** 2 / length;
    for (let j = 0; j < length; j++)
      output[begin + j] = (((row[j] ?? 0) - mean) / Math.sqrt(variance + epsilon)) * (scales[j] ?? 0) + (shifts[j] ?? 0);
    means.push(mean);
    variances.push(variance);
  }
  return { length, centered, epsilon, x: data, means, variances, gamma: scales, beta: shifts, output };
}
