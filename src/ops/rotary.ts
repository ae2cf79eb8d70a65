/**
 * rotary and its promise twin.
 * @module
 */
import { planRotary } from '../plan/rotary.js';
import type { AsyncOptions, FloatData, OutData, RotaryOptions, Tensor } from '../types.js';
import { run, runAsync } from './run.js';

/**
 * Rotary position embedding: pair i of the d/2 pairs of each row turned by the angle position · base^(−2i/d), so that the dot product of two
 * rows depends on how far apart they stand.
 *
 * Angles are float64, their sines and cosines are rounded to float32 once. They take s · d · 4 bytes, and those of the last four choices of base, d
 * and positions are kept.
 * @param x `[…, s, d]`, or `[…, s, h, d]` with layout 'bshd'; d even; rank 2 to 8
 * @returns the shape and dtype of x, or `out`
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, all before anything is written; ERR_NOT_READY in a
 * browser before `init`
 * @see Su et al. 2021 (RoFormer)
 */
export function rotary<D extends FloatData, O extends FloatData = never>(x: Tensor<D>, options?: RotaryOptions<O>): Tensor<OutData<D, O>> {
  return run('rotary', planRotary(x, options)) as Tensor<OutData<D, O>>;
}

/**
 * {@link rotary} off the event loop. Waits for `init`; x is copied before the promise is returned unless `copy: false`.
 * @returns rejects where rotary throws, and with ERR_ABORTED when `signal` fires
 */
export async function rotaryAsync<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  options?: RotaryOptions<O> & AsyncOptions,
): Promise<Tensor<OutData<D, O>>> {
  return (await runAsync('rotary', options, (own) => planRotary(x, own))) as Tensor<OutData<D, O>>;
}
