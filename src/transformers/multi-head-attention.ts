/**
 * MultiHeadAttention: the layer of a transformer, from rows to rows.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import { attention } from '../ops/attention.js';
import { KVCache } from '../ops/kv-cache.js';
import { linear } from '../ops/linear.js';
import type { Asked, AttentionOptions, AttentionResult, FloatData, OutData, Tensor } from '../types.js';
import { list, received } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { checkFloats } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';
import { checkHeads, type Heads, type MultiHeadAttentionOptions, type Projection } from './heads.js';
import { optionsOfTorch, type TorchOptions } from './torch.js';
import { turned } from './turned.js';

/** Options of `MultiHeadAttention.forward`: those of `attention`, but that the layout is its own, and a cache. */
export interface MultiHeadForwardOptions<O extends FloatData = never, W extends Asked = Asked>
  extends Omit<AttentionOptions<O, W>, 'layout' | 'returnLogSumExp'> {
  /**
   * Takes key and value in, and query sees all its tokens: `causal` is then true, and `queryOffset` the length of each row before, as in
   * `KVCache.attention`, whose options hold.
   */
  readonly cache?: KVCache | undefined;
}

const op = 'MultiHeadAttention.forward';

/** Checked by attention. */
const passed: rule.Rule<unknown> = (_op, _name, value) => value;

const rules = {
  score: passed,
  scale: passed,
  mask: passed,
  bias: passed,
  causal: passed,
  queryOffset: rule.integerOrInt32Array,
  window: passed,
  keyLengths: passed,
  queryLengths: passed,
  softcap: passed,
  alibi: passed,
  sinks: passed,
  returnWeights: passed,
  cache: (name, option, value) => {
    if (!(value instanceof KVCache)) throw optionError(name, option, received(value), 'a KVCache');
    return value;
  },
  out: rule.floatTensor,
} satisfies rule.Rules<MultiHeadForwardOptions>;

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
    options: MultiHeadForwardOptions<O, W> = {},
  ): AttentionResult<OutData<D, O>, W, false> {
    rule.checkOptions(op, options, rules);
    const { cache, out, ...rest } = options;
    const { weights, heads, kvHeads, embedDim, keyWidth, valueWidth, valueDim, rotary } = this.#layer;
    const rank = checkRows('query', query, embedDim);
    checkRows('key', key, keyWidth, rank);
    checkRows('value', value, valueWidth, rank);
    let q = split(query, weights.q, heads);
    let k = split(key, weights.k, kvHeads);
    const v = split(value, weights.v, kvHeads);
    if (rotary) {
      const before = cache?.lengths ?? 0;
      q = turned(q, rest.queryOffset ?? cache?.lengths ?? (k.shape.at(-3) ?? 0) - (q.shape.at(-3) ?? 0), rotary);
      k = turned(k, before, rotary);
    }
    const given = { ...rest, layout: 'bshd' } as const;
    const result = cache ? withTokens(cache, k, v, () => cache.attention(q, given)) : attention(q, k, v, given);
    const { data, shape, dtype } = result.output;
    const rows = { data, dtype, shape: [...shape.slice(0, -2), heads * valueDim] };
    const output = linear(rows, weights.out.weight as Tensor<FloatData>, { bias: weights.out.bias, out });
    return { ...('weights' in result && { weights: result.weights }), output } as AttentionResult<OutData<D, O>, W, false>;
  }
}

/** The rank of rows of such a width: with a batch or without. */
function checkRows(name: string, rows: unknown, width: number, expected?: number): number {
  const { shape } = checkFloats(op, name, rows, new Workspace());
  const rank = shape.length;
  if (expected === undefined ? rank !== 2 && rank !== 3 : rank !== expected)
    throw shapeError(
      op,
      name,
      `rank ${rank}`,
      expected === undefined ? 'rank 2 [s, width] or 3 [b, s, width]' : `${expected}, the rank of query`,
      `${name} is ${list(shape)}`,
    );
  if (shape[rank - 1] !== width) throw shapeError(op, name, `rows of ${shape[rank - 1]}`, String(width), `${name} is ${list(shape)}`);
  return rank;
}

/** Rows projected and cut into heads: `[…, s, heads, d]`. */
function split<D extends FloatData>(rows: Tensor<D>, { weight, bias }: Projection, heads: number): Tensor<D> {
  const projected = linear(rows, weight as Tensor<D>, { bias }) as Tensor<D>;
  const { shape } = projected;
  return { ...projected, shape: [...shape.slice(0, -1), heads, (shape.at(-1) ?? 0) / heads] };
}

/** What comes of attending once k and v are in the cache; they leave it again where that throws. */
function withTokens<R>(cache: KVCache, k: Tensor<FloatData>, v: Tensor<FloatData>, attend: () => R): R {
  const before = cache.lengths;
  cache.append(inBatch(k), inBatch(v), { layout: 'bshd' });
  try {
    return attend();
  } catch (error) {
    takeBack(cache, before);
    throw error;
  }
}

function takeBack(cache: KVCache, lengths: Int32Array): void {
  try {
    for (const [row, length] of lengths.entries()) cache.truncate(length, { row });
  } catch {
    // Its window has moved on: what it has given up does not come back. The error that matters is the other one.
  }
}

/** A cache takes a batch. */
function inBatch<D extends FloatData>(x: Tensor<D>): Tensor<D> {
  return x.shape.length === 4 ? x : { ...x, shape: [1, ...x.shape] };
}
