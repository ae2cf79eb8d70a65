/**
 * attentionBackward and its promise twin.
 * @module
 */
import { type PlannedBackward, planAttentionBackward } from '../plan/attention-backward.js';
import type { Floats, View } from '../plan/plan.js';
import type { AsyncOptions, AttentionBackwardOptions, AttentionGradients, AttentionPart, FloatData, ResultData, Tensor } from '../types.js';
import { run, runAsync } from './run.js';

const op = 'attentionBackward';

/**
 * The gradients of attention: given that of its output, those of q, k and v, and on demand of its bias, its sinks and its score's weights. The weights are computed
 * again from logSumExp, a tile at a time.
 * @param q query, k key, v value: the arguments of the attention
 * @param forward what `attention(q, k, v, { …, returnLogSumExp: true })` gave
 * @param dOutput the gradient of `forward.output`, of its shape; float32 or the dtype of q
 * @param options those of the attention, and `gradients`
 * @returns dQuery, dKey, dValue in the shapes, dtype and layout of q, k, v; dBias in the bias's own shape, dSinks `[hq]`,
 * dScore under the names of the score's own fields, each in its own shape. A query that sees no key
 * has gradient 0, and so has a zero vector where the score is a cosine
 * @throws {FoveaError} ERR_OPTION also without `logSumExp`, ERR_SHAPE, ERR_DTYPE, ERR_OUT_OF_MEMORY; ERR_NOT_READY in a browser before `init`
 * @see Dao et al. 2022, algorithm 4; Dao 2023, §3.1.2
 */
export function attentionBackward<D extends FloatData>(
  q: Tensor<D>,
  k: Tensor<D>,
  v: Tensor<D>,
  forward: AttentionPart,
  dOutput: Tensor<FloatData>,
  options?: AttentionBackwardOptions<D>,
): AttentionGradients<ResultData<D>> {
  const planned = planAttentionBackward(q, k, v, forward, dOutput, options);
  run(op, planned);
  return added(planned) as AttentionGradients<ResultData<D>>;
}

/**
 * {@link attentionBackward} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where attentionBackward throws, and with ERR_ABORTED when `signal` fires
 */
export async function attentionBackwardAsync<D extends FloatData>(
  q: Tensor<D>,
  k: Tensor<D>,
  v: Tensor<D>,
  forward: AttentionPart,
  dOutput: Tensor<FloatData>,
  options?: AttentionBackwardOptions<D> & AsyncOptions,
): Promise<AttentionGradients<ResultData<D>>> {
  let planned: PlannedBackward | undefined;
  await runAsync(op, options, (own) => {
    planned = planAttentionBackward(q, k, v, forward, dOutput, own);
    return planned;
  });
  return added(planned as PlannedBackward) as AttentionGradients<ResultData<D>>;
}

/** The sinks' gradients are those of each batch row yet; and where no query meets a key, no backend was asked, and `out` is as it was. */
function added({ plan, result }: PlannedBackward): AttentionGradients<FloatData> {
  const { dSinks } = result;
  const { batch, queryHeads, kvHeads, queryLength, keyLength } = plan;
  if (batch * queryHeads * queryLength * keyLength === 0) {
    clear(plan.dQuery, [batch, queryHeads, queryLength, plan.headDim]);
    clear(plan.dKey, [batch, kvHeads, keyLength, plan.keyDim]);
    clear(plan.dValue, [batch, kvHeads, keyLength, plan.valueDim]);
  } else if (dSinks && plan.dSinks && plan.dSinks !== dSinks)
    for (let i = 0; i < plan.dSinks.length; i++) dSinks[i % dSinks.length] = (dSinks[i % dSinks.length] ?? 0) + (plan.dSinks[i] ?? NaN);
  return result;
}

function clear({ data, offset, strides }: View<Floats>, [size = 1, ...sizes]: readonly number[]): void {
  if (strides.length === 0) data[offset] = 0;
  else for (let i = 0; i < size; i++) clear({ data, offset: offset + i * (strides[0] ?? 0), strides: strides.slice(1) }, sizes);
}
