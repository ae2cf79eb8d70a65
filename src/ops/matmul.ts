/**
 * matmul and its promise twin.
 * @module
 */
import { planMatmul } from '../plan/matmul.js';
import { Packed } from '../plan/packed-matrix.js';
import type { AsyncOptions, FloatData, MatmulOptions, OutData, PackedMatrix, Tensor } from '../types.js';
import { run, runAsync } from './run.js';

/**
 * Matrix product: out[…, m, n] = activation(a[…, m, k] · b[…, k, n] + bias[n]), for every index of the batch dimensions.
 * @param a `[…, m, k]`, or `[…, k, m]` with `transposeA`; rank 2 to 8
 * @param b `[…, k, n]`, or `[…, n, k]` with `transposeB`, in the dtype of a; the leading dimensions of both broadcast as in NumPy.
 * Or what {@link packMatrix} made of a `[k, n]`
 * @returns `[…, m, n]` in the dtype of a, or `out`; k = 0 gives activation(bias), or 0. Sums are float32 whatever the dtype
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, ERR_DISPOSED, ERR_BACKEND for a b that was packed for
 * another one, all before anything is written; ERR_NOT_READY in a browser before `init`
 * @see Goto & van de Geijn 2008; Van Zee & van de Geijn 2015 (BLIS)
 */
export function matmul<D extends FloatData, O extends FloatData = never>(
  a: Tensor<D>,
  b: Tensor<D> | PackedMatrix,
  options?: MatmulOptions<O>,
): Tensor<OutData<D, O>> {
  return run('matmul', planMatmul(a, b, options), Packed.of(b)) as Tensor<OutData<D, O>>;
}

/**
 * {@link matmul} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where matmul throws, and with ERR_ABORTED when `signal` fires
 */
export async function matmulAsync<D extends FloatData, O extends FloatData = never>(
  a: Tensor<D>,
  b: Tensor<D> | PackedMatrix,
  options?: MatmulOptions<O> & AsyncOptions,
): Promise<Tensor<OutData<D, O>>> {
  return (await runAsync('matmul', options, (own) => planMatmul(a, b, own), Packed.of(b))) as Tensor<OutData<D, O>>;
}
