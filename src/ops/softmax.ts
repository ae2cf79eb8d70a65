/**
 * softmax, softmin and their promise twins.
 * @module
 */
import { planSoftmax } from '../plan/softmax.js';
import type { AsyncOptions, FloatData, OutData, SoftmaxOptions, Tensor } from '../types.js';
import { run, runAsync } from './run.js';

/**
 * exp(scale·x) / Σ exp(scale·x) along one axis, safe for x of any size.
 * @param x any shape of rank 1 to 8
 * @returns the shape and dtype of x, or `out`. What is masked is exactly 0; a row that is wholly masked or all −Infinity gives 0;
 * a NaN or +Infinity that is not masked gives NaN in its row
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, all before anything is written; ERR_NOT_READY in a
 * browser before `init`
 * @see Milakov & Gimelshein 2018 for the streaming form
 */
export function softmax<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  options?: SoftmaxOptions<O>,
): Tensor<OutData<D, O>> {
  return run('softmax', planSoftmax('softmax', x, options, 1)) as Tensor<OutData<D, O>>;
}

/**
 * {@link softmax} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where softmax throws, and with ERR_ABORTED when `signal` fires
 */
export async function softmaxAsync<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  options?: SoftmaxOptions<O> & AsyncOptions,
): Promise<Tensor<OutData<D, O>>> {
  return (await runAsync('softmax', options, (own) => planSoftmax('softmax', x, own, 1))) as Tensor<OutData<D, O>>;
}

/**
 * softmax(−scale·x): small x weigh most, as distances want it. Everything else as in {@link softmax}; here a −Infinity that is
 * not masked gives NaN in its row, and a row of all +Infinity gives 0.
 */
export function softmin<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  options?: SoftmaxOptions<O>,
): Tensor<OutData<D, O>> {
  return run('softmin', planSoftmax('softmin', x, options, -1)) as Tensor<OutData<D, O>>;
}

/**
 * {@link softmin} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where softmin throws, and with ERR_ABORTED when `signal` fires
 */
export async function softminAsync<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  options?: SoftmaxOptions<O> & AsyncOptions,
): Promise<Tensor<OutData<D, O>>> {
  return (await runAsync('softmin', options, (own) => planSoftmax('softmin', x, own, -1))) as Tensor<OutData<D, O>>;
}
