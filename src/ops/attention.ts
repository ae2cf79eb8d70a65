/**
 * attention and its promise twin.
 * @module
 */
import { planAttention } from '../plan/attention.js';
import type { Asked, AsyncOptions, AttentionOptions, AttentionResult, FloatData, OutData, Tensor } from '../types.js';
import { run, runAsync } from './run.js';

/**
 * Softmax-weighted sum of values: softmax(scale·q·kᵀ + bias)·v, without ever holding the score matrix.
 *
 * Order: scale·q·kᵀ → softcap → ALiBi → bias → every boolean rule (mask, causal, window, lengths, a bias of −Infinity; all must
 * hold) → softmax → ·v. What is masked is never read into the result, a masked weight is exactly 0.
 * @param q query `[b, hq, sq, d]`; rank 3 is `[h, s, d]`, rank 2 `[s, d]`; `layout: 'bshd'` reads `[b, s, h, d]`
 * @param k key `[b, hkv, skv, d]`, of the rank, batch and dtype of q
 * @param v value `[b, hkv, skv, dv]`; hq a multiple of hkv, query head h reads key/value head ⌊h·hkv/hq⌋
 * @returns output `[b, hq, sq, dv]` in the rank, layout and dtype of q, or `out`; a query that sees no key gives 0. On demand
 * weights `[b, hq, sq, skv]` and logSumExp `[b, hq, sq]`, float32, without the dimensions that q left out
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, all before anything is written; ERR_NOT_READY in a
 * browser before `init`
 * @see Vaswani et al. 2017, §3.2.1; streaming form: Milakov & Gimelshein 2018, Dao et al. 2022
 */
export function attention<D extends FloatData, O extends FloatData = never, W extends Asked = false, L extends Asked = false>(
  q: Tensor<D>,
  k: Tensor<D>,
  v: Tensor<D>,
  options?: AttentionOptions<O, W, L>,
): AttentionResult<OutData<D, O>, W, L> {
  return run('attention', planAttention(q, k, v, options)) as AttentionResult<OutData<D, O>, W, L>;
}

/**
 * {@link attention} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where attention throws, and with ERR_ABORTED when `signal` fires
 */
export async function attentionAsync<D extends FloatData, O extends FloatData = never, W extends Asked = false, L extends Asked = false>(
  q: Tensor<D>,
  k: Tensor<D>,
  v: Tensor<D>,
  options?: AttentionOptions<O, W, L> & AsyncOptions,
): Promise<AttentionResult<OutData<D, O>, W, L>> {
  return (await runAsync('attention', options, (own) => planAttention(q, k, v, own))) as AttentionResult<OutData<D, O>, W, L>;
}
