/**
 * KVCache's rows: every dtype with every option of its attention, rows of different lengths, tokens around the borders of blocks, and
 * whatever pieces they came in.
 */
import type { CacheAttentionOptions, CacheDType, DType, FloatData, Tensor } from '../../src/types.js';
import type { CacheCall } from '../cached.js';
import { random } from '../random.js';
import { floats, type Memory } from '../tensors.js';
import { type AttentionDraft, plainDraft, shapeOf } from './attention-draft.js';
import { type AttentionFeature, attentionFeatures } from './attention-features.js';
import type { Case } from './case.js';

const dtypes: readonly CacheDType[] = ['float32', 'float16', 'bfloat16', 'int8'];

/** What a row is besides the call of attention. */
interface CacheDraft {
  readonly lengths?: readonly number[];
  readonly pieces?: readonly number[];
  readonly window?: readonly [number, number];
  /** Of k and v as they are appended. */
  readonly kvDtype?: DType;
  readonly kvMemory?: Memory;
}

function cacheCase(
  name: string,
  dtype: CacheDType,
  draft: Partial<AttentionDraft>,
  cache: CacheDraft,
  features: readonly AttentionFeature[] = [],
  options: CacheAttentionOptions<FloatData> = {},
): Case {
  const whole = `${dtype} cache, ${name}`;
  const call = (): CacheCall => {
    let sizes: AttentionDraft = { ...plainDraft, ...draft, numbers: random(`options of ${whole}`) };
    for (const { change } of features) sizes = { ...sizes, ...change?.(sizes) };
    const { batch, heads, kvHeads, queries, keys, headDim, keyDim = headDim, valueDim } = sizes;
    const tokens = (of: 'k' | 'v', width: number): Tensor<FloatData> => {
      const value = sizes[of] ?? (dtype === 'int8' ? steps(`${of} of ${whole}`, width) : random(`${of} of ${whole}`).normal);
      return floats([batch, kvHeads, keys, width], cache.kvDtype ?? 'float32', value, cache.kvMemory ?? 'packed');
    };
    return {
      op: 'cache',
      dtype,
      ...(cache.window && { window: cache.window }),
      q: floats(shapeOf(sizes, heads, queries, headDim), sizes.dtype, random(`q of ${whole}`).normal, sizes.memory),
      k: tokens('k', keyDim),
      v: tokens('v', valueDim),
      lengths: Array.from({ length: batch }, (_, row) => Math.min(keys, cache.lengths?.[row] ?? keys)),
      pieces: cache.pieces ?? [],
      options: Object.assign(
        { ...(sizes.layout === 'bshd' ? { layout: sizes.layout } : {}) },
        ...features.map((feature) => feature.options?.(sizes)),
        options,
      ),
    };
  };
  return { name: whole, call };
}

/**
 * Numbers for int8 that no rounding of x / scale can take to the wrong side: the first of a token and head is 127 steps, a step is a power
 * of two, and the others lie on a step or a quarter of one beside it.
 */
function steps(name: string, width: number): (count: number) => number {
  const { integer } = random(name);
  let step = 1;
  return (count) => {
    if (count % width !== 0) return step * (integer(-126, 126) + integer(-1, 1) / 4);
    step = 2 ** integer(-8, -5);
    return 127 * step * (integer(0, 1) * 2 - 1);
  };
}

/** Options of attention that a cache has, too; a half type of q is only taken by a cache of that type. */
const features = attentionFeatures.filter(({ name }) => name !== 'keyLengths' && name !== 'float16' && name !== 'bfloat16');

const small = { heads: 4, kvHeads: 2, headDim: 12, valueDim: 20 };
/** Around the 256 tokens of a block. */
const borders = [1, 2, 255, 256, 257, 511, 512, 513, 700];
const widths = [1, 3, 4, 7, 8, 9, 15, 16, 17, 32, 33, 64, 65, 128];

export const cacheCases: readonly Case[] = dtypes.flatMap((dtype) => [
  cacheCase('no options', dtype, small, {}),
  ...features.map((feature) => cacheCase(feature.name, dtype, small, { lengths: [19, 7] }, [feature])),
  ...features.map((feature) =>
    cacheCase(`${feature.name}, one query`, dtype, { ...small, queries: 1, keys: 300 }, { lengths: [300, 41] }, [feature]),
  ),
  ...features.map((feature) => cacheCase(`${feature.name}, 19 queries`, dtype, { ...small, queries: 19, keys: 40 }, {}, [feature])),
  ...borders.flatMap((keys) =>
    [1, 3, 30].map((queries) =>
      cacheCase(
        `${queries} queries on ${keys} tokens, ${keys >> 1} and none`,
        dtype,
        { ...small, batch: 3, queries, keys },
        {
          lengths: [keys, keys >> 1, 0],
          pieces: [200, 1, 1, 99],
        },
      ),
    ),
  ),
  ...widths.flatMap((width) => [
    cacheCase(`head dim ${width}`, dtype, { ...small, queries: 2, headDim: width, valueDim: 5 }, {}),
    cacheCase(`value dim ${width}`, dtype, { ...small, queries: 2, headDim: 5, valueDim: width }, {}),
    cacheCase(`head dim and value dim ${width}, 19 queries`, dtype, { ...small, queries: 19, headDim: width, valueDim: width }, {}),
  ]),
  ...[
    [1, 1],
    [4, 4],
    [8, 1],
    [12, 3],
  ].flatMap(([heads = 1, kvHeads = 1]) =>
    [1, 2, 13].map((queries) =>
      cacheCase(`${queries} queries of ${heads} heads to ${kvHeads}`, dtype, { ...small, heads, kvHeads, queries, keys: 270 }, {}),
    ),
  ),
  // The cache's own window: blocks that it has passed are gone, and an option can only narrow it.
  ...[1, 5, 19].flatMap((queries) => [
    cacheCase(
      `window of the cache, ${queries} queries`,
      dtype,
      { ...small, queries, keys: 1500 },
      {
        window: [70, 0],
        lengths: [1500, 90],
        pieces: [30],
      },
    ),
    cacheCase(
      `window of the cache and a narrower one, ${queries} queries`,
      dtype,
      { ...small, queries, keys: 1100 },
      { window: [300, 4], pieces: [100] },
      [],
      { window: [40, 2], causal: false, returnWeights: true, returnLogSumExp: true },
    ),
    cacheCase(
      `window of the cache with mask, bias, alibi and sinks, ${queries} queries`,
      dtype,
      { ...small, queries, keys: 900 },
      { window: [500, 0], pieces: [64], lengths: [900, 640] },
      features.filter(({ name }) => ['mask', 'bias', 'alibi', 'sinks'].includes(name)),
    ),
  ]),
  ...(['gapped', 'turned', 'spread'] as const).map((kvMemory) =>
    cacheCase(`${kvMemory} keys and values`, dtype, { ...small, keys: 40 }, { kvMemory, pieces: [7, 1] }),
  ),
  ...(dtype === 'float16' || dtype === 'bfloat16'
    ? [1, 5].flatMap((queries) => [
        cacheCase(`q, k and v in ${dtype}, ${queries} queries`, dtype, { ...small, queries, keys: 300, dtype }, { kvDtype: dtype }),
        cacheCase(`q in ${dtype}, ${queries} queries`, dtype, { ...small, queries, keys: 30, dtype, layout: 'bshd' }, {}),
        cacheCase(
          `k and v in ${dtype}, ${queries} queries`,
          dtype,
          { ...small, queries, keys: 30 },
          { kvDtype: dtype, kvMemory: 'turned' },
        ),
      ])
    : []),
  ...(dtype === 'int8'
    ? [cacheCase('tokens of zeros', dtype, { ...small, k: () => 0, v: (count) => (count < 40 ? 0 : 127) }, {})]
    : [
        cacheCase(
          'NaN and Infinity behind a mask',
          dtype,
          { ...small, keys: 260, k: (count) => (count % 2 ? Number.NaN : 1), v: () => Number.POSITIVE_INFINITY },
          {},
          [],
          { causal: false, mask: { data: new Uint8Array(1), shape: [1] } },
        ),
      ]),
]);
