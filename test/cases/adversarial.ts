/** Attention on values that break naive code: scores of any size, NaN and Infinity in and out of sight, rows that see nothing. */
import type { AttentionOptions, FloatData } from '../../src/types.js';
import { booleans, float32 } from '../tensors.js';
import { attentionCase } from './attention.js';
import type { AttentionDraft } from './attention-draft.js';
import type { Case } from './case.js';

const { NaN: nan, POSITIVE_INFINITY: infinity, NEGATIVE_INFINITY: minusInfinity } = Number;
const largest = 3.4028234663852886e38; // of float32
const single = { batch: 1, heads: 1, kvHeads: 1 };
const both = { returnWeights: true, returnLogSumExp: true };

/** Every query's score of key j is scores[j] (q is 1, the head dim 1), to be had with all that attention returns. */
const scored = (
  name: string,
  scores: readonly number[],
  options: AttentionOptions<FloatData> = {},
  draft: Partial<AttentionDraft> = {},
): Case =>
  attentionCase(
    name,
    { ...single, queries: 3, keys: scores.length, headDim: 1, valueDim: 5, q: () => 1, k: (j) => scores[j] ?? nan, ...draft },
    [],
    {
      scale: 1,
      ...both,
      ...options,
    },
  );

const many = (length: number, score: (j: number) => number) => Array.from({ length }, (_, j) => score(j));
const bias = (...values: number[]) => ({ bias: float32([values.length], (j) => values[j] ?? 0) });
const sinks = (value: number) => ({ sinks: Float32Array.of(value) });

const sizes: readonly Case[] = [
  scored(
    'all scores equal, small',
    many(40, () => 1e-30),
  ),
  scored(
    'all scores 1e30',
    many(40, () => 1e30),
  ),
  scored(
    'all scores −1e30',
    many(300, () => -1e30),
  ),
  scored('scores far apart', [1e30, -1e30, 0, 1e30, 5]),
  scored('one score far above', [0, 1, 1e30, 2, 3]),
  scored('one score far below', [0, 1, -1e30, 2, 3]),
  scored('where the exponential vanishes', [0, -86, -87, -87.3, -87.4, -88, -103, -104, -200]),
  scored(
    'scores ever greater, over tiles',
    many(600, (j) => j * 0.6),
  ),
  scored(
    'scores ever smaller, over tiles',
    many(600, (j) => -j * 0.6),
  ),
  scored(
    'the greatest score in the last tile',
    many(600, (j) => (j === 599 ? 60 : -60)),
  ),
  scored(
    'the greatest score in the first tile',
    many(600, (j) => (j === 0 ? 60 : -60)),
  ),
  scored(
    'a first tile of −1e30',
    many(600, (j) => (j < 300 ? -1e30 : j % 7)),
  ),
  scored('a bias of 1e30 on one key', [0, 1, 2, 3], bias(0, 1e30, 0, 0)),
  scored('a bias of −1e30 on some', [0, 1, 2, 3], bias(-1e30, 0, -1e30, 0)),
  scored('a bias of −1e30 on all of equal scores', [2, 2, 2, 2], bias(-1e30, -1e30, -1e30, -1e30)),
  scored('a bias of the lowest number on some', [0, 1, 2, 3], bias(-largest, 0, -largest, 0)),
  scored('a bias of the lowest number on all of equal scores', [0, 0, 0, 0], bias(-largest, -largest, -largest, -largest)),
  scored('a bias that swallows the scores', [0, 1, 2, 3], bias(1e30, 1e30, 1e30, 1e30)),
  scored('values of 1e30', [0, 1, 2, 3], {}, { v: (count) => (count % 3 ? 1e30 : -1e30) }),
  scored('subnormal values', [0, 1, 2, 3], {}, { v: (count) => count * 1e-42 }),
  scored('subnormal scores', [1e-40, 3e-41, -1e-42, 0]),
  scored('subnormal queries on large keys', [1e30, -1e30, 3e29], {}, { q: () => 1e-40 }),
  scored('softcap of large scores', [1e30, -1e30, 0, 40], { softcap: 20 }),
  scored('a small softcap', [1e30, -1e30, 0, 1e-3], { softcap: 1e-3 }),
  scored(
    'steep alibi',
    many(300, () => 0),
    { alibi: Float32Array.of(1e4) },
  ),
  scored(
    'alibi upwards',
    many(30, (j) => j % 3),
    { alibi: Float32Array.of(-2) },
  ),
  scored('a sink far above', [0, 1, 2], sinks(1e30)),
  scored('a sink a little above', [0, 1, 2], sinks(95)),
  scored('a sink far below', [0, 1, 2], sinks(-1e30)),
  scored('a sink of nothing', [0, 1, 2], sinks(minusInfinity)),
  scored('scores far below a sink', [-1e30, -1e30, -1e30], sinks(0)),
  scored('scale 0', [1, 2, 3], { scale: 0 }),
  scored('scale times a score is large', [1, 2, 3, 3], { scale: 1e30 }),
  scored('float16 at its largest', [0, 0, 0, 0], {}, { dtype: 'float16', v: () => 65504 }),
  scored('float16 at its smallest', [0, 1, 2, 3], {}, { dtype: 'float16', v: (count) => count * 2 ** -24 }),
  scored('bfloat16 of any size', [0, 1, 2, 3], {}, { dtype: 'bfloat16', v: (count) => (count % 2 ? 3e37 : 1e-39) }),
];

/** NaN and Infinity where no query looks: keys and values 3 of 4 in the batch, head and tile. */
const garbage = [nan, infinity, minusInfinity];
const hidden = (j: number) => j % 4 === 2;
const rotten = (
  name: string,
  keys: number,
  isHidden: (j: number) => boolean,
  options: AttentionOptions<FloatData>,
  draft: Partial<AttentionDraft> = {},
): Case[] =>
  // Few queries take a path of their own where nobody asks for their weights.
  [both, { returnLogSumExp: true }].map((results) =>
    attentionCase(
      `hidden NaN and Infinity, ${name}${results === both ? '' : ', without weights'}`,
      {
        ...single,
        queries: 5,
        keys,
        headDim: 3,
        valueDim: 5,
        q: (count) => Math.sin(count),
        k: (count) => (isHidden(Math.floor(count / 3)) ? (garbage[count % 3] ?? nan) : Math.cos(count)),
        v: (count) => (isHidden(Math.floor(count / 5)) ? (garbage[count % 3] ?? nan) : Math.cos(3 * count)),
        ...draft,
      },
      [],
      { ...results, ...options },
    ),
  );

const hiding: readonly Case[] = [19, 300].flatMap((keys) =>
  [
    rotten(`by a mask, ${keys} keys`, keys, hidden, { mask: booleans([keys], (j) => !hidden(j)) }),
    rotten(`by a mask a query, ${keys} keys`, keys, hidden, { mask: booleans([5, keys], (count) => !hidden(count % keys)) }),
    rotten(`by a bias of −Infinity, ${keys} keys`, keys, hidden, { bias: float32([keys], (j) => (hidden(j) ? minusInfinity : 0.5)) }),
    rotten(`by keyLengths, ${keys} keys`, keys, (j) => j >= keys - 7, { keyLengths: Int32Array.of(keys - 7) }),
    rotten(`by causal, ${keys} keys`, keys, (j) => j > 4, { causal: true, queryOffset: 0 }),
    rotten(`by a window, ${keys} keys`, keys, (j) => j < 3 || j > 13, { window: [2, 4], queryOffset: 5 }),
    rotten(`by a window at the end, ${keys} keys`, keys, (j) => j < keys - 8, { window: [3, 0] }),
    rotten(`by a mask under softcap and alibi, ${keys} keys`, keys, hidden, {
      mask: booleans([keys], (j) => !hidden(j)),
      softcap: 3,
      alibi: Float32Array.of(0.1),
    }),
    rotten(`by a mask under sinks, ${keys} keys`, keys, hidden, { mask: booleans([keys], (j) => !hidden(j)), sinks: Float32Array.of(0.3) }),
    rotten(`by a mask, in float16, ${keys} keys`, keys, hidden, { mask: booleans([keys], (j) => !hidden(j)) }, { dtype: 'float16' }),
    rotten(`from every query, ${keys} keys`, keys, () => true, { mask: booleans([keys], () => false) }),
    // A key that only some queries see must leave the others alone.
    rotten(`from the first queries by causal, ${keys} keys`, keys, (j) => j === keys - 1, { causal: true }),
    rotten(`from one query by a mask, ${keys} keys`, keys, (j) => j === 3, {
      mask: booleans([5, keys], (count) => count !== 2 * keys + 3),
    }),
    rotten(`from all but one query by a mask, ${keys} keys`, keys, (j) => j === 3, {
      mask: booleans([5, keys], (count) => count % keys !== 3 || count === 2 * keys + 3),
    }),
  ].flat(),
);

/** The same beside the borders of tiles: what a tile of keys takes in beyond the rows' sight must not show, whichever tile notes it. */
const hiddenAcrossTiles: readonly Case[] = [
  ...[
    [250, 20],
    [255, 300],
    [33, 290],
  ].flatMap(([before = 0, after = 0]) =>
    rotten(
      `by a window of ${before} before and ${after} after`,
      800,
      (j) => j < 270 - before || j > 276 + after,
      { window: [before, after], queryOffset: 270 },
      { queries: 7 },
    ),
  ),
  ...[255, 256, 319, 320, 510, 575].flatMap((key) =>
    rotten(
      `from all but the last query by causal, key ${key}`,
      key + 1,
      (j) => j === key,
      { causal: true, queryOffset: key - 13 },
      { queries: 14 },
    ),
  ),
  ...[254, 321, 577].flatMap((key) =>
    rotten(`by a mask, key ${key} before a window's end`, 700, (j) => j === key, {
      window: [340, 2],
      queryOffset: key - 3,
      mask: booleans([700], (j) => j !== key),
    }),
  ),
];

const visible: readonly Case[] = [
  attentionCase('NaN in one query', { ...single, q: (count) => (count === 12 ? nan : 0.5) }, [], both),
  attentionCase('NaN in one query of a group of heads', { kvHeads: 1, q: (count) => (count === 100 ? nan : 0.5) }, [], both),
  attentionCase('NaN in a query that sees nothing', { ...single, queries: 3, keys: 9, q: (count) => (count < 9 ? nan : 0.5) }, [], {
    ...both,
    mask: booleans([3, 1], (i) => i > 0),
  }),
  attentionCase('NaN in a query past queryLengths', { ...single, q: (count) => (count >= 27 ? nan : 0.5) }, [], {
    ...both,
    queryLengths: Int32Array.of(3),
  }),
  attentionCase('NaN in a value', { ...single, v: (count) => (count === 40 ? nan : 0.5) }, [], both),
  attentionCase('Infinity in a value', { ...single, v: (count) => (count === 40 ? infinity : 0.5) }, [], both),
  attentionCase(
    'NaN in a value that weighs nothing',
    { ...single, headDim: 1, q: () => 1, k: (j) => (j === 2 ? -1e30 : 0), v: (count) => (count === 20 ? nan : 0.5) },
    [],
    both,
  ),
  scored('a key of −Infinity weighs nothing', [0, minusInfinity, 1, 2]),
  scored('a key of +Infinity gives NaN where it is seen', [0, 1, infinity, 2], {
    returnLogSumExp: false,
    mask: booleans([3, 4], (count) => count % 4 !== 2 || count > 7),
  }),
];

const seesNothing: readonly Case[] = [
  attentionCase('causal with fewer keys than queries', { ...single, queries: 9, keys: 4 }, [], { ...both, causal: true }),
  attentionCase('causal with fewer keys than queries, sinks', { ...single, queries: 9, keys: 4 }, [], {
    ...both,
    causal: true,
    ...sinks(0.7),
  }),
  attentionCase('a window beside all keys', {}, [], { ...both, window: [2, 2], queryOffset: 1000 }),
  attentionCase('a window before all keys', {}, [], { ...both, window: [2, 2], queryOffset: -1000 }),
  attentionCase('a mask of nothing', {}, [], { ...both, mask: booleans([1], () => false) }),
  attentionCase('a bias of −Infinity alone', {}, [], { ...both, bias: float32([1], () => minusInfinity) }),
  attentionCase('keyLengths and queryLengths of 0', {}, [], {
    ...both,
    keyLengths: Int32Array.of(0, 7),
    queryLengths: Int32Array.of(4, 0),
  }),
  attentionCase('keyLengths of 0, sinks', { heads: 1, kvHeads: 1 }, [], { ...both, keyLengths: Int32Array.of(0, 7), ...sinks(-2) }),
  attentionCase('queryLengths of 0, sinks', { heads: 1, kvHeads: 1 }, [], { ...both, queryLengths: Int32Array.of(0, 3), ...sinks(-2) }),
  attentionCase('sight that begins in the second tile', { ...single, queries: 4, keys: 520 }, [], {
    ...both,
    mask: booleans([520], (j) => j > 400),
  }),
  attentionCase('sight that ends in the first tile', { ...single, queries: 4, keys: 520 }, [], {
    ...both,
    mask: booleans([520], (j) => j < 3),
  }),
  attentionCase('sight with a hole of whole tiles', { ...single, queries: 4, keys: 1100 }, [], {
    ...both,
    mask: booleans([1100], (j) => j < 3 || j > 1090),
  }),
];

const empty: readonly Case[] = [
  ...(['batch', 'queries', 'keys', 'valueDim'] as const).map((size) => attentionCase(`${size} = 0`, { [size]: 0 }, [], both)),
  attentionCase('heads = 0', { heads: 0, kvHeads: 0 }, [], both),
  attentionCase('head dim 0: every score is 0', { headDim: 0 }, [], { ...both, scale: 1 }),
  attentionCase('head dim 0, default scale', { headDim: 0 }, [], both),
  attentionCase('no keys, sinks', { heads: 1, kvHeads: 1, keys: 0 }, [], { ...both, ...sinks(1.5) }),
  attentionCase('no keys, causal', { keys: 0 }, [], { ...both, causal: true }),
  attentionCase('nothing at all', { batch: 0, queries: 0, keys: 0, headDim: 0, valueDim: 0 }, [], both),
];

export const adversarialCases: readonly Case[] = [...sizes, ...hiding, ...hiddenAcrossTiles, ...visible, ...seesNothing, ...empty];
