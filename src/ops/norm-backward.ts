/**
 * layerNormBackward, rmsNormBackward and their promise twins.
 * @module
 */
import { planNormBackward } from '../plan/norm-backward.js';
import type {
  AsyncOptions,
  FloatData,
  LayerNormBackwardOptions,
  LayerNormGradients,
  OutData,
  RmsNormBackwardOptions,
  RmsNormGradients,
  Tensor,
} from '../types.js';
import { run, runAsync } from './run.js';

/**
 * The gradients of layerNorm: given that of its result, those of x, gamma and beta. Mean and variance of a row are computed again; sums are
 * float32, over rows in an order of their own, whatever the number of threads.
 * @param x what layerNorm was given, `[…, d]`, rank 1 to 8
 * @param dOutput the gradient of its result, of the shape of x; float32 or the dtype of x
 * @returns dX in the shape and dtype of x; dGamma and dBeta, float32 `[d]`, with or without a gamma and a beta. What is not finite in a row
 * makes NaN of its dX, in x of dGamma, in dOutput of its column of dGamma and dBeta
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, all before anything is written; ERR_NOT_READY in a
 * browser before `init`
 * @see Ba, Kiros & Hinton 2016
 */
export function layerNormBackward<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  dOutput: Tensor<FloatData>,
  options?: LayerNormBackwardOptions<O>,
): LayerNormGradients<OutData<D, O>> {
  const name = 'layerNormBackward';
  return run(name, planNormBackward(name, x, dOutput, options)) as LayerNormGradients<OutData<D, O>>;
}

/**
 * {@link layerNormBackward} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where layerNormBackward throws, and with ERR_ABORTED when `signal` fires
 */
export async function layerNormBackwardAsync<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  dOutput: Tensor<FloatData>,
  options?: LayerNormBackwardOptions<O> & AsyncOptions,
): Promise<LayerNormGradients<OutData<D, O>>> {
  const name = 'layerNormBackward';
  return (await runAsync(name, options, (own) => planNormBackward(name, x, dOutput, own))) as LayerNormGradients<OutData<D, O>>;
}

/**
 * The gradients of rmsNorm: given that of its result, those of x and gamma; see {@link layerNormBackward}.
 * @param x what rmsNorm was given, `[…, d]`, rank 1 to 8
 * @param dOutput the gradient of its result, of the shape of x; float32 or the dtype of x
 * @returns dX in the shape and dtype of x; dGamma, float32 `[d]`, with or without a gamma
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, all before anything is written; ERR_NOT_READY in a
 * browser before `init`
 * @see Zhang & Sennrich 2019
 */
export function rmsNormBackward<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  dOutput: Tensor<FloatData>,
  options?: RmsNormBackwardOptions<O>,
): RmsNormGradients<OutData<D, O>> {
  const name = 'rmsNormBackward';
  return run(name, planNormBackward(name, x, dOutput, options)) as RmsNormGradients<OutData<D, O>>;
}

/**
 * {@link rmsNormBackward} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where rmsNormBackward throws, and with ERR_ABORTED when `signal` fires
 */
export async function rmsNormBackwardAsync<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  dOutput: Tensor<FloatData>,
  options?: RmsNormBackwardOptions<O> & AsyncOptions,
): Promise<RmsNormGradients<OutData<D, O>>> {
  const name = 'rmsNormBackward';
  return (await runAsync(name, options, (own) => planNormBackward(name, x, dOutput, own))) as RmsNormGradients<OutData<D, O>>;
}
