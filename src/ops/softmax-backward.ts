/**
 * softmaxBackward and its promise twin.
 * @module
 */
import { planSoftmaxBackward } from '../plan/softmax-backward.js';
import type { AsyncOptions, FloatData, OutData, SoftmaxBackwardOptions, Tensor } from '../types.js';
import { run, runAsync } from './run.js';

const op = 'softmaxBackward';

/**
 * The gradient of softmax: given that of its result, that of x: scale · y · (dOutput − Σ y · dOutput), the sum along the axis. For softmin
 * the scale's sign is the other one. Sums are float32.
 * @param y what softmax gave, rank 1 to 8
 * @param dOutput the gradient of y, of its shape; float32 or the dtype of y
 * @returns dX in the shape and dtype of y, or `out`. Where y is 0 (what was masked) it is 0, and dOutput there counts for nothing, NaN or
 * not; any other NaN makes NaN of its row
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, all before anything is written; ERR_NOT_READY in a
 * browser before `init`
 */
export function softmaxBackward<D extends FloatData, O extends FloatData = never>(
  y: Tensor<D>,
  dOutput: Tensor<FloatData>,
  options?: SoftmaxBackwardOptions<O>,
): Tensor<OutData<D, O>> {
  return run(op, planSoftmaxBackward(y, dOutput, options)) as Tensor<OutData<D, O>>;
}

/**
 * {@link softmaxBackward} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where softmaxBackward throws, and with ERR_ABORTED when `signal` fires
 */
export async function softmaxBackwardAsync<D extends FloatData, O extends FloatData = never>(
  y: Tensor<D>,
  dOutput: Tensor<FloatData>,
  options?: SoftmaxBackwardOptions<O> & AsyncOptions,
): Promise<Tensor<OutData<D, O>>> {
  return (await runAsync(op, options, (own) => planSoftmaxBackward(y, dOutput, own))) as Tensor<OutData<D, O>>;
}
