/**
 * linear and its promise twin.
 * @module
 */
import { planLinear } from '../plan/linear.js';
import { Packed } from '../plan/packed-matrix.js';
import type { AsyncOptions, FloatData, LinearOptions, OutData, PackedMatrix, Tensor } from '../types.js';
import { run, runAsync } from './run.js';

/**
 * A linear layer: activation(x · weight + bias) for each row of x. It is {@link matmul} with the shapes of a layer: one weight, and any
 * dimensions before the last one of x.
 * @param x `[…, in]`, rank 1 to 8
 * @param weight `[in, out]` in the dtype of x, or what {@link packMatrix} made of such a one. (PyTorch keeps `[out, in]`: hand over that with its
 * shape and strides reversed, or pack it with `transpose`.)
 * @returns `[…, out]` in the dtype of x, or `out`. Sums are float32 whatever the dtype
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, ERR_DISPOSED, ERR_BACKEND for a weight that was packed for
 * another one, all before anything is written; ERR_NOT_READY in a browser before `init`
 */
export function linear<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  weight: Tensor<D> | PackedMatrix,
  options?: LinearOptions<O>,
): Tensor<OutData<D, O>> {
  return run('linear', planLinear(x, weight, options), Packed.of(weight)) as Tensor<OutData<D, O>>;
}

/**
 * {@link linear} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where linear throws, and with ERR_ABORTED when `signal` fires
 */
export async function linearAsync<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  weight: Tensor<D> | PackedMatrix,
  options?: LinearOptions<O> & AsyncOptions,
): Promise<Tensor<OutData<D, O>>> {
  return (await runAsync('linear', options, (own) => planLinear(x, weight, own), Packed.of(weight))) as Tensor<OutData<D, O>>;
}
