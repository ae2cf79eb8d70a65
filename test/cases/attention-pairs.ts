/** Attention of bfloat16 throughout, where two neighbours may travel as one: odd sizes of everything, and neighbours that nobody sees. */
import type { AttentionOptions, FloatData } from '../../src/types.js';
import { booleans, floats } from '../tensors.js';
import { attentionCase } from './attention.js';
import type { AttentionDraft } from './attention-draft.js';
import type { Case } from './case.js';

const single = { batch: 1, heads: 1, kvHeads: 1 };
const all = { returnWeights: true, returnLogSumExp: true };

/** With an output in float32, whose rounding hides nothing. */
function pairs(name: string, draft: Partial<AttentionDraft>, options: AttentionOptions<FloatData> = {}): Case {
  const { queries = 20, valueDim = 9 } = draft;
  const whole = { ...single, queries, valueDim, ...draft, dtype: 'bfloat16' } as const;
  const out = floats([1, whole.heads, queries, valueDim], 'float32', () => Number.NaN);
  return attentionCase(`bfloat16, ${name}`, whole, [], { ...all, ...options, out });
}

const odd = (numbers: (place: number) => number) => ({ v: numbers, valueDim: 1, headDim: 3 });

export const attentionPairCases: readonly Case[] = [
  ...[1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 319, 320, 321, 641].flatMap((keys) => [
    pairs(`${keys} keys`, { keys, headDim: 5 }),
    pairs(`${keys} keys, causal`, { keys, headDim: 6, queries: Math.min(keys, 130) }, { causal: true }),
  ]),
  ...[1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128].flatMap((width) => [
    pairs(`head dim ${width}`, { keys: 21, headDim: width }),
    pairs(`value dim ${width}`, { keys: 21, valueDim: width }),
  ]),
  ...[1, 5, 11, 12, 13, 96, 97].map((queries) => pairs(`${queries} queries`, { queries, keys: 37 }, { causal: true })),
  ...(['gapped', 'turned', 'spread'] as const).map((memory) => pairs(`${memory} tensors`, { keys: 35, memory })),
  pairs('heads that share keys', { heads: 4, kvHeads: 2, keys: 35, queries: 21 }, { causal: true }),
  pairs('a window', { keys: 350, queries: 30 }, { causal: true, window: [9, 4] }),
  pairs('softcap, a sink and slopes', { keys: 35 }, { softcap: 3, sinks: Float32Array.of(0.5), alibi: Float32Array.of(0.25) }),
  pairs('a scale of its own', { keys: 35 }, { scale: 0.3 }),
  pairs('values that are all one number', { keys: 321, v: () => 0.7 }),
  pairs('values far from 0 beside each other', { keys: 321, v: (place) => 1000 + (place % 7) }),
  // Query i sees keys 0 to i: for every odd number of keys the second half of the last pair is one that is hidden.
  pairs(
    'NaN in the value of the last key, causal',
    { keys: 21, queries: 21, ...odd((place) => (place === 20 ? Number.NaN : 0.5)) },
    { causal: true },
  ),
  pairs(
    'Infinity in the value of an even key, causal',
    { keys: 21, queries: 21, ...odd((place) => (place === 8 ? Number.POSITIVE_INFINITY : 0.5)) },
    { causal: true },
  ),
  pairs(
    'NaN in the value of an odd key, causal',
    { keys: 21, queries: 21, ...odd((place) => (place === 9 ? Number.NaN : 0.5)) },
    { causal: true },
  ),
  pairs(
    'NaN in the value past an odd length',
    { keys: 21, ...odd((place) => (place >= 13 ? Number.NaN : 0.5)) },
    { keyLengths: Int32Array.of(13) },
  ),
  pairs(
    'NaN in the key past an odd length',
    { keys: 21, headDim: 3, k: (place) => (place >= 39 ? Number.NaN : 0.5) },
    { keyLengths: Int32Array.of(13) },
  ),
  pairs(
    'NaN in masked values',
    { keys: 21, ...odd((place) => (place % 3 ? Number.NaN : 0.5)) },
    { mask: booleans([21], (place) => place % 3 === 0) },
  ),
  pairs('NaN in one query', { keys: 21, headDim: 3, q: (place) => (place === 7 ? Number.NaN : 0.5) }),
  pairs('subnormal keys', { keys: 21, headDim: 3, k: (place) => (place + 1) * 2 ** -133 }),
  pairs('subnormal values', { keys: 21, valueDim: 3, v: (place) => (place + 1) * 2 ** -133 }),
];
