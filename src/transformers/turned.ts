/**
 * Queries and keys turned by where they stand, row by row of a batch.
 * @module
 */
import { rotary, rotaryAsync } from '../ops/rotary.js';
import { either, type Steps } from '../ops/steps.js';
import type { FloatData, RotaryOptions, Tensor } from '../types.js';

/**
 * @param x `[b, s, h, d]` or `[s, h, d]`, row-major
 * @param first position of the first of the sequence, for all or one a batch row
 */
export function* turned<D extends FloatData>(
  x: Tensor<D>,
  first: number | Int32Array,
  options: Pick<RotaryOptions, 'base' | 'interleaved'>,
): Steps<Tensor<D>> {
  const length = x.shape.at(-3) ?? 0;
  const from = (start: number) => Int32Array.from({ length }, (_, i) => start + i);
  const start = typeof first === 'number' ? first : (first[0] ?? 0);
  const result = yield* turn(x, { ...options, layout: 'bshd', positions: from(start) });
  if (typeof first === 'number' || x.shape.length < 4) return result;
  for (let row = 1; row < (x.shape[0] ?? 0); row++) {
    const own = first[row] ?? start;
    if (own !== start) yield* turn(rowOf(x, row), { ...options, layout: 'bshd', positions: from(own), out: rowOf(result, row) });
  }
  return result;
}

function turn<D extends FloatData>(x: Tensor<D>, options: RotaryOptions<D>): Steps<Tensor<D>> {
  return either(
    () => rotary(x, options) as Tensor<D>,
    (own) => rotaryAsync(x, { ...options, ...own }) as Promise<Tensor<D>>,
  );
}

function rowOf<D extends FloatData>(x: Tensor<D>, row: number): Tensor<D> {
  const shape = x.shape.slice(1);
  return { ...x, shape, offset: row * shape.reduce((size, n) => size * n, 1) };
}
