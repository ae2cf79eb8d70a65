/**
 * mergeAttention and its promise twin.
 * @module
 */
import { planMerge } from '../plan/merge.js';
import type { AsyncOptions, AttentionPart, FloatData, MergeOptions, OutData } from '../types.js';
import { run, runAsync } from './run.js';

/**
 * The attention over all keys from the attentions over parts of them: out = Σ exp(Lₚ − L)·outₚ, L = log Σ exp(Lₚ), L being each
 * part's logSumExp. Exact for parts that cover the keys once; what it returns is a part again.
 * @param parts at least one `{ output, logSumExp }` of `attention(…, { returnLogSumExp: true })`, all of one shape, rank and dtype,
 * computed without `sinks`: these are for the merge
 * @returns output `[b, hq, sq, dv]` in the rank, layout and dtype of the parts, or `out`; logSumExp `[b, hq, sq]`
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, all before anything is written; ERR_NOT_READY in a
 * browser before `init`
 * @see Dao et al. 2022, §3.1; split keys in decoding: Dao et al. 2023 (Flash-Decoding)
 */
export function mergeAttention<D extends FloatData, O extends FloatData = never>(
  parts: readonly AttentionPart<D>[],
  options?: MergeOptions<O>,
): AttentionPart<OutData<D, O>> {
  return run('mergeAttention', planMerge(parts, options)) as AttentionPart<OutData<D, O>>;
}

/**
 * {@link mergeAttention} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where mergeAttention throws, and with ERR_ABORTED when `signal` fires
 */
export async function mergeAttentionAsync<D extends FloatData, O extends FloatData = never>(
  parts: readonly AttentionPart<D>[],
  options?: MergeOptions<O> & AsyncOptions,
): Promise<AttentionPart<OutData<D, O>>> {
  return (await runAsync('mergeAttention', options, (own) => planMerge(parts, own))) as AttentionPart<OutData<D, O>>;
}
