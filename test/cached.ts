/** A row of the table that goes through a KVCache, and the call of attention that says the same of what the cache then holds. */
import { KVCache } from '../src/index.js';
import type { AsyncOptions, CacheAttentionOptions, CacheDType, FloatData, Tensor } from '../src/types.js';
import type { AttentionCall, Results } from './calls.js';
import { roundHalfToEven, roundTo } from './numbers.js';
import { stepOf } from './packed-weights.js';
import { dense, eachElement, floats, formatOf, sizeOf } from './tensors.js';

export interface CacheCall {
  readonly op: 'cache';
  readonly dtype: CacheDType;
  /** `[left, right]` of the cache itself. */
  readonly window?: readonly [number, number];
  readonly q: Tensor<FloatData>;
  /** `[batch, kvHeads, longest, features]`: row b of the cache takes in the first `lengths[b]` tokens. */
  readonly k: Tensor<FloatData>;
  readonly v: Tensor<FloatData>;
  readonly lengths: readonly number[];
  /** Tokens of an append, one after another and again from the first; none: all at once. */
  readonly pieces: readonly number[];
  readonly options: CacheAttentionOptions<FloatData>;
}

export function runCache(call: CacheCall): Results {
  const cache = filled(call);
  const results = cache.attention(call.q, call.options);
  cache.dispose();
  return { ...results };
}

/** The cache is disposed of while the twin runs, which changes nothing for it. */
export async function runCacheAsync(call: CacheCall, more: AsyncOptions): Promise<Results> {
  const cache = filled(call);
  const running = cache.attentionAsync(call.q, { ...call.options, ...more });
  cache.dispose();
  return { ...(await running) };
}

function filled({ dtype, window, k, v, lengths, pieces }: CacheCall): KVCache {
  const [batch = 0, kvHeads = 0, capacity = 0, headDim = 0] = k.shape;
  const valueDim = v.shape[3] ?? 0;
  const cache = new KVCache({ batch, kvHeads, headDim, valueDim, capacity: Math.max(1, capacity), dtype, window });
  for (const [row, length] of lengths.entries())
    for (let from = 0, i = 0; from < length; i++) {
      const to = Math.min(length, from + (pieces[i % pieces.length] ?? length));
      cache.append(tokensOf(k, row, from, to), tokensOf(v, row, from, to), { row });
      from = to;
    }
  return cache;
}

/** `[heads, tokens, features]` of one row, where they lie. */
function tokensOf(tensor: Tensor<FloatData>, row: number, from: number, to: number): Tensor<FloatData> {
  const { shape } = tensor;
  const strides = tensor.strides ?? shape.map((_, i) => sizeOf(shape.slice(i + 1)));
  const [batchStride = 0, , tokenStride = 0] = strides;
  const offset = (tensor.offset ?? 0) + row * batchStride + from * tokenStride;
  return { ...tensor, shape: [shape[1] ?? 0, to - from, shape[3] ?? 0], strides: strides.slice(1), offset };
}

export function asAttention({ dtype, window, q, k, v, lengths, options }: CacheCall): AttentionCall {
  const queries = q.shape[options.layout === 'bshd' && q.shape.length > 2 ? q.shape.length - 3 : q.shape.length - 2] ?? 0;
  const { causal = true, queryOffset, ...rest } = options;
  const [left, right] = [window ?? all, options.window ?? all];
  return {
    op: 'attention',
    q,
    k: likeQuery(held(k, dtype), q, options.layout),
    v: likeQuery(held(v, dtype), q, options.layout),
    options: {
      ...rest,
      causal,
      window: [Math.min(left[0], right[0]), Math.min(left[1], right[1])],
      keyLengths: Int32Array.from(lengths),
      queryOffset: typeof queryOffset === 'object' ? queryOffset : Int32Array.from(lengths, (length) => queryOffset ?? length - queries),
    },
  };
}

const all = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

/** What a cache holds of these numbers, written apart from src/: rounded to its dtype, or to whole steps of each token and head. */
function held(tensor: Tensor<FloatData>, dtype: CacheDType): Tensor<FloatData> {
  const { data, shape } = dense(tensor);
  if (dtype !== 'int8') return floats(shape, 'float32', (i) => roundTo(dtype, data[i] ?? Number.NaN));
  const width = shape[3] ?? 1;
  const steps = Float64Array.from({ length: data.length / Math.max(1, width) }, (_, token) => {
    return stepOf(data.subarray(token * width, (token + 1) * width).reduce((most, x) => Math.max(most, Math.abs(x)), 0));
  });
  return floats(shape, 'float32', (i) => {
    const step = steps[Math.floor(i / width)] ?? Number.NaN;
    return step === 0 ? 0 : Math.fround(roundHalfToEven((data[i] ?? Number.NaN) / step) * step);
  });
}

/** The same numbers in the dtype, rank and layout of q. */
function likeQuery(tensor: Tensor<FloatData>, q: Tensor<FloatData>, layout: CacheAttentionOptions['layout']): Tensor<FloatData> {
  const { data, shape } = dense(tensor);
  const [b = 0, h = 0, s = 0, d = 0] = shape;
  const turned = layout === 'bshd' && q.shape.length > 2;
  const format = formatOf(q);
  if (format === 'float64') throw new TypeError('q is float32, float16 or bfloat16');
  const values = new Float64Array(data.length);
  const places = { shape, strides: turned ? [s * h * d, d, h * d, 1] : [h * s * d, s * d, d, 1] };
  eachElement(places, (place, count) => {
    values[place] = data[count] ?? Number.NaN;
  });
  return floats((turned ? [b, s, h, d] : [b, h, s, d]).slice(-q.shape.length), format, (i) => values[i] ?? Number.NaN);
}
