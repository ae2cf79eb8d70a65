/**
 * layerNorm, rmsNorm and their promise twins.
 * @module
 */
import { planNorm } from '../plan/norm.js';
import type { AsyncOptions, FloatData, LayerNormOptions, OutData, RmsNormOptions, Tensor } from '../types.js';
import { run, runAsync } from './run.js';

/**
 * (x − μ) / √(σ² + epsilon) · gamma + beta, μ and σ² being the mean and the variance (of the row, divided by d) along the last dimension.
 * Sums are float32.
 * @param x `[…, d]`, any shape of rank 1 to 8
 * @returns the shape and dtype of x, or `out`. A row with NaN or ±Infinity is NaN
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, all before anything is written; ERR_NOT_READY in a
 * browser before `init`
 * @see Ba, Kiros & Hinton 2016
 */
export function layerNorm<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  options?: LayerNormOptions<O>,
): Tensor<OutData<D, O>> {
  return run('layerNorm', planNorm('layerNorm', x, options)) as Tensor<OutData<D, O>>;
}

/**
 * {@link layerNorm} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where layerNorm throws, and with ERR_ABORTED when `signal` fires
 */
export async function layerNormAsync<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  options?: LayerNormOptions<O> & AsyncOptions,
): Promise<Tensor<OutData<D, O>>> {
  return (await runAsync('layerNorm', options, (own) => planNorm('layerNorm', x, own))) as Tensor<OutData<D, O>>;
}

/**
 * x / √(mean of x² + epsilon) · gamma along the last dimension. Sums are float32.
 * @param x `[…, d]`, any shape of rank 1 to 8
 * @returns the shape and dtype of x, or `out`. A row with NaN is NaN, and so is an element ±Infinity, beside which all others are 0
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, all before anything is written; ERR_NOT_READY in a
 * browser before `init`
 * @see Zhang & Sennrich 2019
 */
export function rmsNorm<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  options?: RmsNormOptions<O>,
): Tensor<OutData<D, O>> {
  return run('rmsNorm', planNorm('rmsNorm', x, options)) as Tensor<OutData<D, O>>;
}

/**
 * {@link rmsNorm} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where rmsNorm throws, and with ERR_ABORTED when `signal` fires
 */
export async function rmsNormAsync<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  options?: RmsNormOptions<O> & AsyncOptions,
): Promise<Tensor<OutData<D, O>>> {
  return (await runAsync('rmsNorm', options, (own) => planNorm('rmsNorm', x, own))) as Tensor<OutData<D, O>>;
}
