/**
 * MultiHeadAttention: the layer of a transformer, from rows to rows.
 * @module
 */
import { finish, finishAsync } from '../ops/steps.js';
import type { Asked, AsyncOptions, AttentionResult, FloatData, OutData, Tensor } from '../types.js';
import { forward, op } from './forward.js';
import type { MultiHeadForwardOptions } from './forward-options.js';
import { checkHeads, type Heads, type MultiHeadAttentionOptions } from './heads.js';
import { optionsOfTorch, type TorchOptions } from './torch.js';

/**
 * Multi-head attention with its projections: out(attention(q(query), k(key), v(value))), the heads side by side in the rows.
 *
 * Weights are `[in, out]`, tensors or packed matrices; they are neither copied nor changed.
 * @example
 * const layer = new MultiHeadAttention({ embedDim: 512, heads: 8, weights: { q: { weight, bias }, k, v, out } });
 * const { output } = layer.forward(x, x, x, { causal: true }); // x and output: [b, s, 512]
 * @see Vaswani et al. 2017; Ainslie et al. 2023 (fewer heads of keys and values)
 */
export class MultiHeadAttention {
  readonly embedDim: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Numbers of a head's queries and keys: columns of the weight of q / heads. */
  readonly headDim: number;
  /** Of a head's values: columns of the weight of v / kvHeads. */
  readonly valueDim: number;
  readonly #layer: Heads;

  /** @throws {FoveaError} ERR_OPTION, ERR_SHAPE, ERR_DTYPE, naming the weight */
  constructor(options: MultiHeadAttentionOptions) {
    const layer = checkHeads(options);
    this.#layer = layer;
    this.embedDim = layer.embedDim;
    this.heads = layer.heads;
    this.kvHeads = layer.kvHeads;
    this.headDim = layer.headDim;
    this.valueDim = layer.valueDim;
  }

  /**
   * The layer of a `torch.nn.MultiheadAttention` by its state: `in_proj_weight`, or `q_proj_weight`, `k_proj_weight` and `v_proj_weight`;
   * `in_proj_bias`; `out_proj.weight` and `out_proj.bias`. Weights are read where they lie; biases of half types become float32.
   * @throws {FoveaError} ERR_OPTION also for `bias_k` and `bias_v`, which are not supported; ERR_SHAPE, ERR_DTYPE
   */
  static fromTorch(state: Readonly<Record<string, Tensor<FloatData>>>, options: TorchOptions): MultiHeadAttention {
    return new MultiHeadAttention(optionsOfTorch(state, options));
  }

  /**
   * @param query `[b, sq, embedDim]` or `[sq, embedDim]`
   * @param key `[b, skv, keyWidth]`, of the rank of query. @default query
   * @param value `[b, skv, valueWidth]`, of the rank of query. @default key
   * @returns output in the shape of query, its last size being the columns of the weight of out; weights `[b, heads, sq, skv]` on demand
   * @throws {FoveaError} as linear, rotary and attention do. A cache is then as it was, unless its window has moved on
   */
  forward<D extends FloatData, O extends FloatData = never, W extends Asked = false>(
    query: Tensor<D>,
    key: Tensor<D> = query,
    value: Tensor<D> = key,
    options?: MultiHeadForwardOptions<O, W>,
  ): AttentionResult<OutData<D, O>, W, false> {
    const result = finish(op, options, (given, keep) => forward(this.#layer, query, key, value, given, keep));
    return result as AttentionResult<OutData<D, O>, W, false>;
  }

  /**
   * {@link MultiHeadAttention.forward} off the event loop. Waits for `init`; query, key, value and options are copied before the promise is returned
   * unless `copy: false`, the layer's weights are borrowed.
   *
   * On one `cache` calls follow each other in their order. Each takes its key and value in once they are projected: until its promise has settled
   * nothing else may change the cache.
   * @returns rejects where forward throws, and with ERR_ABORTED when `signal` fires. A cache is then as it was, unless its window has moved on
   */
  async forwardAsync<D extends FloatData, O extends FloatData = never, W extends Asked = false>(
    query: Tensor<D>,
    key: Tensor<D> = query,
    value: Tensor<D> = key,
    options?: MultiHeadForwardOptions<O, W> & AsyncOptions,
  ): Promise<AttentionResult<OutData<D, O>, W, false>> {
    const result = await finishAsync(op, options, (given, keep) => forward(this.#layer, query, key, value, given, keep));
    return result as AttentionResult<OutData<D, O>, W, false>;
  }
}
