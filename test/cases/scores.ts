/**
 * Attention's scores other than the dot product: sizes around the borders of tiles and vectors, numbers that their formulas are
 * sensitive to, and what is masked. (In pairs with every option of attention they stand in attention.ts.)
 */
import type { AttentionOptions, FloatData, Score } from '../../src/types.js';
import { random } from '../random.js';
import { booleans, float32 } from '../tensors.js';
import { attentionCase } from './attention.js';
import type { AttentionDraft } from './attention-draft.js';
import type { Case } from './case.js';

const single = { batch: 1, heads: 1, kvHeads: 1 };
const both = { returnWeights: true, returnLogSumExp: true };

export type Kind = 'dot' | 'cosine' | 'euclidean' | 'rbf' | 'general' | 'additive';
const kinds: readonly Kind[] = ['cosine', 'euclidean', 'rbf', 'general', 'additive'];

/** One of that kind for q and k of these widths. */
export function scoreOf(kind: Kind, headDim: number, keyDim = headDim, units = 6): Score {
  const { normal } = random(`weights of ${kind}`);
  const weight = (...shape: number[]) => float32(shape, () => 0.5 * normal());
  switch (kind) {
    case 'rbf':
      return { kind, gamma: 0.2 };
    case 'general':
      return { kind, weight: weight(headDim, keyDim) };
    case 'additive':
      return { kind, queryWeight: weight(headDim, units), keyWeight: weight(keyDim, units), v: weight(units), bias: weight(units) };
    default:
      return kind;
  }
}

function scored(name: string, kind: Kind, draft: Partial<AttentionDraft>, options: AttentionOptions<FloatData> = {}): Case {
  const { headDim = 5, keyDim = headDim } = draft;
  return attentionCase(`${kind}, ${name}`, { ...single, valueDim: 6, ...draft, headDim, keyDim }, [], {
    score: scoreOf(kind, headDim, keyDim),
    ...options,
  });
}

const sizes = [1, 2, 4, 8, 9, 15, 16, 17, 33, 63, 64, 65, 129];
const keySizes = [1, 2, 15, 16, 17, 32, 33, 255, 256, 257, 319, 320, 321, 513];

const ofSizes = kinds.flatMap((kind) => [
  ...[5, 19].flatMap((queries) => sizes.map((headDim) => scored(`width ${headDim}, ${queries} queries`, kind, { queries, headDim }))),
  ...[5, 19].flatMap((queries) => keySizes.map((keys) => scored(`${keys} keys, ${queries} queries`, kind, { queries, keys }))),
  ...[1, 12, 13, 96, 97].map((queries) => scored(`${queries} queries, causal`, kind, { queries, keys: 100 }, { causal: true, ...both })),
  scored('across tiles', kind, { heads: 4, kvHeads: 2, queries: 101, keys: 700 }, { causal: true, ...both }),
  scored('large enough for every thread', kind, { heads: 2, queries: 230, keys: 700, headDim: 16, valueDim: 16 }),
  scored('no keys', kind, { keys: 0 }, both),
  scored('no queries', kind, { queries: 0 }, both),
  scored('negative scale, softcap', kind, { queries: 19 }, { scale: -2, softcap: 3, ...both }),
]);

const ofWeights = [
  ...[1, 8, 17, 64].map((units) =>
    attentionCase(`additive, ${units} units`, { ...single, queries: 21, headDim: 9, keyDim: 4 }, [], {
      score: scoreOf('additive', 9, 4, units),
    }),
  ),
  attentionCase('additive, no units', { ...single, queries: 3 }, [], {
    score: { kind: 'additive', v: float32([0], () => 0), queryWeight: float32([9, 0], () => 0), keyWeight: float32([9, 0], () => 0) },
  }),
  attentionCase('additive, only q is projected', { ...single, queries: 21, headDim: 5, keyDim: 7 }, [], {
    score: { kind: 'additive', queryWeight: float32([5, 7], (at) => Math.sin(at)), v: float32([7], (at) => Math.cos(at)) },
  }),
  attentionCase('additive, only k is projected', { ...single, queries: 21, headDim: 7, keyDim: 5 }, [], {
    score: { kind: 'additive', keyWeight: float32([5, 7], (at) => Math.sin(at)), v: float32([7], (at) => Math.cos(at)) },
  }),
  attentionCase('additive, keys turned in memory', { ...single, queries: 3, headDim: 16, memory: 'turned' }, [], {
    score: { kind: 'additive', v: float32([16], (at) => Math.cos(at)) },
  }),
  attentionCase('additive of large sums', { ...single, queries: 3, q: (at) => 30 * (at % 3) - 30, k: (at) => 1e30 * ((at % 5) - 2) }, [], {
    score: { kind: 'additive', v: float32([9], (at) => Math.cos(at)) },
  }),
  ...[5, 19].flatMap((queries) => [
    attentionCase(`general, queries of width 0, ${queries} queries`, { ...single, queries, headDim: 0, keyDim: 5 }, [], {
      score: scoreOf('general', 0, 5),
    }),
    attentionCase(`general, keys of width 0, ${queries} queries`, { ...single, queries, keyDim: 0 }, [], {
      score: scoreOf('general', 9, 0),
    }),
    attentionCase(`additive, queries of width 0, ${queries} queries`, { ...single, queries, headDim: 0, keyDim: 5 }, [], {
      score: scoreOf('additive', 0, 5),
    }),
    attentionCase(`additive, keys of width 0, ${queries} queries`, { ...single, queries, keyDim: 0 }, [], {
      score: scoreOf('additive', 9, 0),
    }),
    ...(['cosine', 'euclidean', 'rbf'] as const).map((kind) => scored(`width 0, ${queries} queries`, kind, { queries, headDim: 0 })),
  ]),
  attentionCase('general, keys of width 1', { ...single, queries: 21, keyDim: 1 }, [], { score: scoreOf('general', 9, 1) }),
];

/** Where formulas go wrong: directions without a length, lengths whose squares overflow or vanish, points far from 0 and near each other. */
const ofNumbers = [3, 19].flatMap((queries) => [
  scored(`zero vectors, ${queries} queries`, 'cosine', { queries, q: (at) => (at < 5 ? 0 : at), k: (at) => (at % 10 < 5 ? 0 : 1) }, both),
  scored(
    `lengths whose product is small, ${queries} queries`,
    'cosine',
    { queries, q: (at) => 1e-8 * Math.sin(at), k: (at) => 1e-7 * Math.cos(at) },
    both,
  ),
  scored(`large numbers, ${queries} queries`, 'cosine', { queries, q: (at) => 1e25 * Math.sin(at), k: (at) => 1e28 * Math.cos(at) }, both),
  scored(
    `small and large numbers, ${queries} queries`,
    'cosine',
    { queries, q: (at) => 1e-20 * Math.sin(at), k: (at) => 1e30 * Math.cos(at) },
    both,
  ),
  scored(
    `subnormal numbers, ${queries} queries`,
    'cosine',
    { queries, q: (at) => 1e-40 * Math.sin(at), k: (at) => 1e20 * Math.cos(at) },
    both,
  ),
  ...(['euclidean', 'rbf'] as const).flatMap((kind) => [
    scored(`equal vectors, ${queries} queries`, kind, { queries, q: () => 0.7, k: () => 0.7 }, both),
    scored(`far from 0, ${queries} queries`, kind, { queries, q: (at) => 1000 + Math.sin(at), k: (at) => 1000 + Math.cos(at) }, both),
    scored(`far from each other, ${queries} queries`, kind, { queries, q: (at) => -50 + Math.sin(at), k: (at) => 40 + Math.cos(at) }, both),
    scored(
      `one query far away, ${queries} queries`,
      kind,
      { queries, q: (at) => (at < 5 ? 1e6 : Math.sin(at)), k: (at) => Math.cos(at) },
      both,
    ),
  ]),
]);

const garbage = [Number.NaN, Number.POSITIVE_INFINITY, 1e38];
const rotten = kinds.flatMap((kind) =>
  [5, 19].flatMap((queries) => [
    scored(
      `hidden NaN and Infinity, ${queries} queries`,
      kind,
      {
        queries,
        keys: 40,
        headDim: 3,
        k: (at) => (Math.floor(at / 3) % 4 === 2 ? (garbage[at % 3] ?? 0) : Math.cos(at)),
        v: (at) => (Math.floor(at / 6) % 4 === 2 ? Number.NaN : Math.cos(at)),
      },
      { mask: booleans([40], (j) => j % 4 !== 2), returnLogSumExp: true },
    ),
    scored(`NaN in one query, ${queries} queries`, kind, { queries, headDim: 3, q: (at) => (at === 7 ? Number.NaN : Math.sin(at)) }, both),
    scored(
      `NaN in one key, causal, ${queries} queries`,
      kind,
      { queries, keys: queries, headDim: 3, k: (at) => (at === 7 ? Number.NaN : Math.sin(at)) },
      { causal: true },
    ),
  ]),
);

export const scoreCases: readonly Case[] = [...ofSizes, ...ofWeights, ...ofNumbers, ...rotten];
