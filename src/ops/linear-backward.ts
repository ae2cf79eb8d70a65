/**
 * linearBackward and its promise twin: products of transposed views, and what the activation makes of the gradient between them.
 * @module
 */
import { asMatrix, checkLinearBackward, type LinearBackward, matrixOf, ones, rowOf, turned } from '../plan/linear-backward.js';
import type { AsyncOptions, FloatData, LinearBackwardOptions, LinearGradients, OutData, Tensor } from '../types.js';
import { finish, finishAsync, fresh, type Keep, opsOf, type Steps } from './steps.js';

const op = 'linearBackward';

/**
 * The gradients of linear: given that of its result, with dPre = dOutput · activation′(x · weight + bias), dX = dPre · weightᵀ,
 * dWeight = xᵀ · dPre, and dBias the sum of the rows of dPre. Sums are float32; dPre is rounded to the dtype of x before it is multiplied.
 * @param x what linear was given, `[…, in]`, rank 1 to 8
 * @param weight its weight `[in, out]`, not packed
 * @param dOutput the gradient of its result, `[…, out]`; float32 or the dtype of x
 * @returns dX and dWeight in the shapes and the dtype of x and the weight; dBias, float32 `[out]`, with or without a bias
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, before anything is written; ERR_OUT_OF_MEMORY; ERR_NOT_READY in a browser before `init`
 */
export function linearBackward<D extends FloatData, O extends FloatData = never, W extends FloatData = never>(
  x: Tensor<D>,
  weight: Tensor<D>,
  dOutput: Tensor<FloatData>,
  options?: LinearBackwardOptions<O, W>,
): LinearGradients<OutData<D, O>, OutData<D, W>> {
  const gradients = finish(op, options, (given, keep) => steps(checkLinearBackward(x, weight, dOutput, given), keep));
  return gradients as LinearGradients<OutData<D, O>, OutData<D, W>>;
}

/**
 * {@link linearBackward} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where linearBackward throws, and with ERR_ABORTED when `signal` fires
 */
export async function linearBackwardAsync<D extends FloatData, O extends FloatData = never, W extends FloatData = never>(
  x: Tensor<D>,
  weight: Tensor<D>,
  dOutput: Tensor<FloatData>,
  options?: LinearBackwardOptions<O, W> & AsyncOptions,
): Promise<LinearGradients<OutData<D, O>, OutData<D, W>>> {
  const gradients = await finishAsync(op, options, (given, keep) => steps(checkLinearBackward(x, weight, dOutput, given), keep));
  return gradients as LinearGradients<OutData<D, O>, OutData<D, W>>;
}

function* steps(given: LinearBackward, keep: Keep): Steps<LinearGradients<FloatData, FloatData>> {
  const { dX, dWeight, dBias } = given;
  const { dtype } = given.x;
  const { linear, copy } = opsOf(op);
  const kept = { x: keep(given.x), weight: keep(given.weight), seed: keep(given.seed), bias: given.bias && keep(given.bias) };
  const dPre = yield* beforeActivation(given, kept);
  yield* linear(dPre, turned(kept.weight), { out: dX });
  const rows = matrixOf(kept.x) ?? asMatrix(yield* copy(kept.x, dtype));
  const dRows = matrixOf(dPre) ?? asMatrix(yield* copy(dPre, dtype));
  yield* linear(turned(rows), dRows, { out: dWeight });
  yield* linear(ones(dRows.shape[0] ?? 0, dtype), dRows, { out: rowOf(dBias) });
  return { dX: dX.source as Tensor<FloatData>, dWeight: dWeight.source as Tensor<FloatData>, dBias: dBias.source as Tensor };
}

interface Kept {
  readonly x: Tensor<FloatData>;
  readonly weight: Tensor<FloatData>;
  readonly seed: Tensor<FloatData>;
  readonly bias: Tensor | undefined;
}

/** The gradient of what the activation was given, in the dtype of x. */
function* beforeActivation({ activation, x: { dtype } }: LinearBackward, { x, weight, seed, bias }: Kept): Steps<Tensor<FloatData>> {
  const { linear, activateBackward, copy } = opsOf(op);
  if (activation === undefined) return (seed.dtype ?? 'float32') === dtype ? seed : yield* copy(seed, dtype);
  const pre = yield* linear(x, weight, { bias, out: fresh(op, seed.shape) });
  return yield* activateBackward(activation, pre, seed, dtype);
}
