/** What the tests of KVCache share: numbers to append, and what attention over a cache should give. */
import type { KVCache } from '../../src/node.js';
import type { CacheAttentionOptions, CacheDType, FloatData, Tensor } from '../../src/types.js';
import type { AttentionCall } from '../calls.js';
import { expectWithin } from '../check.js';
import { oracle, textbook } from '../oracle.js';
import { dense, float32 } from '../tensors.js';
import { kernelArithmetic, referenceArithmetic } from '../tolerance.js';

export const dtypes: readonly CacheDType[] = ['float32', 'float16', 'bfloat16', 'int8'];

/** Tokens [from, to) of a `[batch, heads, sequence, features]` tensor. */
export function tokens(tensor: Tensor, from: number, to: number): Tensor {
  const [batch = 1, heads = 1, sequence = 1, features = 1] = tensor.shape;
  return {
    data: tensor.data,
    shape: [batch, heads, to - from, features],
    strides: [heads * sequence * features, sequence * features, features, 1],
    offset: from * features,
  };
}

/** Any tensor's numbers as float32, which holds those of every dtype of a cache. */
export function asFloat32(tensor: Tensor<FloatData>): Tensor {
  const { data } = dense(tensor);
  return float32(tensor.shape, (i) => data[i] ?? Number.NaN);
}

/** The call of `attention` that says the same as one of the cache's, of what the cache itself says that it holds. */
export function sameCall(cache: KVCache, q: Tensor<FloatData>, options: CacheAttentionOptions<FloatData> = {}): AttentionCall {
  const { k, v, start, lengths } = cache.toTensors();
  const sq = q.shape.at(-2) ?? 0;
  const { causal = true, queryOffset, window = [Infinity, Infinity], ...rest } = options;
  const offsets = typeof queryOffset === 'object' ? queryOffset : lengths.map((length) => queryOffset ?? length - sq);
  return {
    op: 'attention',
    q: asFloat32(q),
    k: asFloat32(k),
    v: asFloat32(v),
    options: {
      ...rest,
      causal,
      keyLengths: lengths.map((length) => length - start),
      queryOffset: offsets.map((offset) => offset - start),
      window: [Math.min(window[0], cache.window[0]), Math.min(window[1], cache.window[1])],
    },
  };
}

/** Attention over the cache is what the same attention over its tensors is, as closely as any kernel must be. */
export function expectSame(cache: KVCache, q: Tensor<FloatData>, options: CacheAttentionOptions<FloatData>, backend: string): void {
  const call = sameCall(cache, q, options);
  const { output, ...more } = cache.attention(q, options);
  const bounds = textbook(call).bounds(backend === 'reference' ? referenceArithmetic : kernelArithmetic);
  const answers = oracle(call);
  const known = Object.fromEntries(Object.keys(answers).map((name) => [name, bounds[name] ?? { slack: new Float64Array(0) }]));
  expectWithin(call, { output, ...more }, answers, known);
}
