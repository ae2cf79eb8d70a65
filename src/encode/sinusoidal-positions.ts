/**
 * sinusoidalPositions: where a token stands, as waves.
 * @module
 */
import { shapeError } from '../errors.js';
import { freshFloat32 } from '../plan/result.js';
import type { SinusoidalOptions, Tensor } from '../types.js';
import * as rule from '../validate/options.js';

const op = 'sinusoidalPositions';

const rules = { halves: rule.boolean } satisfies rule.Rules<SinusoidalOptions>;

/**
 * Sinusoidal position encodings: row p has sin and cos of p · 10000^(−2i/dim) for each i < dim/2. Angles are float64, each number is rounded once.
 * @param length rows, for the positions 0 to length − 1
 * @param dim numbers a row, even
 * @returns `[length, dim]`, float32: sine beside cosine, or with `halves` all sines before all cosines
 * @throws {FoveaError} ERR_SHAPE for an odd dim, ERR_OPTION, ERR_OUT_OF_MEMORY
 * @see Vaswani et al. 2017, §3.5
 */
export function sinusoidalPositions(length: number, dim: number, options?: SinusoidalOptions): Tensor {
  const count = rule.index(op, 'length', length);
  const width = rule.index(op, 'dim', dim);
  const { halves = false } = rule.checkOptions(op, options, rules);
  if (width % 2 !== 0) throw shapeError(op, 'the result', `rows of ${width}`, 'an even dim, since sines come with cosines');
  const positions = freshFloat32(op, [count, width]);
  const half = width / 2;
  for (let i = 0; i < half; i++) {
    const frequency = 10000 ** ((-2 * i) / width);
    const [sine, cosine] = halves ? [i, half + i] : [2 * i, 2 * i + 1];
    for (let row = 0; row < count; row++) {
      positions.data[row * width + sine] = Math.sin(row * frequency);
      positions.data[row * width + cosine] = Math.cos(row * frequency);
    }
  }
  return positions;
}
