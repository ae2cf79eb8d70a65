/** Attention's rows: every feature alone and in pairs, the same where tiles meet, and sizes ragged around every tile border. */
import type { AttentionOptions, FloatData, Tensor } from '../../src/types.js';
import type { AttentionCall } from '../calls.js';
import { random } from '../random.js';
import { floats } from '../tensors.js';
import { type AttentionDraft, plainDraft, shapeOf } from './attention-draft.js';
import { type AttentionFeature, attentionFeatures, rules } from './attention-features.js';
import { alonePaired, type Case } from './case.js';

/** A row of the table: the draft's sizes, its features, and options given outright. */
export function attentionCase(
  name: string,
  draft: Partial<AttentionDraft>,
  features: readonly AttentionFeature[] = [],
  options: AttentionOptions<FloatData> = {},
): Case {
  const call = (): AttentionCall => {
    let whole: AttentionDraft = { ...plainDraft, ...draft, numbers: random(`options of ${name}`) };
    for (const { change } of features) whole = { ...whole, ...change?.(whole) };
    const tensor = (of: 'q' | 'k' | 'v', heads: number, sequence: number, width: number): Tensor<FloatData> => {
      const { normal } = random(`${of} of ${name}`);
      return floats(shapeOf(whole, heads, sequence, width), whole.dtype, whole[of] ?? normal, whole.memory);
    };
    return {
      op: 'attention',
      q: tensor('q', whole.heads, whole.queries, whole.headDim),
      k: tensor('k', whole.kvHeads, whole.keys, whole.keyDim ?? whole.headDim),
      v: tensor('v', whole.kvHeads, whole.keys, whole.valueDim),
      options: Object.assign(
        { ...(whole.layout === 'bshd' ? { layout: whole.layout } : {}) },
        ...features.map((feature) => feature.options?.(whole)),
        options,
      ),
    };
  };
  return { name: `attention: ${name}`, call };
}

const together = (features: readonly AttentionFeature[]) => features.map((feature) => feature.name).join(' + ');

/** Sizes of which every target's lanes, rows and columns are among the borders (test/cases.test.ts checks that). */
export const querySizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 23, 24, 25, 95, 96, 97];
export const keySizes = [
  1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 48, 49, 255, 256, 257, 319, 320, 321, 511, 512, 513,
];
export const widths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 48, 49, 64, 65, 128, 129];

const single = { batch: 1, heads: 1, kvHeads: 1 };

/** More queries than are few to any target: few are read past keys and values as they lie, many past packed ones. */
const many = 19;

export const attentionCases: readonly Case[] = [
  attentionCase('no options', {}),
  ...alonePaired(attentionFeatures).map((features) => attentionCase(together(features), {}, features)),
  ...attentionFeatures.map((feature) => attentionCase(`${feature.name}, ${many} queries`, { queries: many }, [feature])),
  attentionCase(
    'window + softcap, heads of a group side by side, of which one sees nothing',
    { batch: 1, heads: 2, kvHeads: 1, queries: 9, keys: 6, headDim: 4, valueDim: 4 },
    [],
    { window: [0, 0], queryOffset: 0, softcap: 5, returnWeights: true, returnLogSumExp: true },
  ),
  ...[6, 64].map((valueDim) =>
    attentionCase(`a window far into the keys, ${valueDim} values`, { ...single, queries: 5, keys: 700, headDim: 5, valueDim }, [], {
      window: [9, 3],
      queryOffset: 590,
      returnWeights: true,
    }),
  ),
  // Key tiles are counted from the first key that a group of rows sees: windows that begin beside the borders of tiles and of panels, and
  // reach into the next tile or just to its edge.
  ...[0, 1, 31, 32, 33, 255, 256, 257].flatMap((before) =>
    [0, 40, 330].map((after) =>
      attentionCase(
        `a window of ${before} before and ${after} after, queries from 260`,
        { ...single, queries: 25, keys: 660, headDim: 3, valueDim: 4 },
        [],
        { window: [before, after], queryOffset: 260 },
      ),
    ),
  ),
  ...[1, 31, 255, 319, 321].map((queryOffset) =>
    attentionCase(`causal, 14 queries from ${queryOffset}`, { ...single, queries: 14, keys: 345, headDim: 3, valueDim: 4 }, [], {
      causal: true,
      queryOffset,
      returnWeights: true,
    }),
  ),
  // The rules that shape the loops, where query tiles (96) and key tiles (240 to 320) meet.
  ...alonePaired(rules).map((features) =>
    attentionCase(`${together(features)}, across tiles`, { ...single, queries: 101, keys: 277, headDim: 5, valueDim: 6 }, features),
  ),
  ...alonePaired(rules).map((features) =>
    attentionCase(
      `${together(features)}, one query a row`,
      { batch: 3, heads: 4, kvHeads: 2, queries: 1, keys: 270, headDim: 8, valueDim: 8 },
      features,
    ),
  ),
  ...querySizes.map((queries) => attentionCase(`${queries} queries`, { ...single, queries, keys: 21, headDim: 5, valueDim: 6 })),
  ...[7, many].flatMap((queries) =>
    keySizes.map((keys) => attentionCase(`${keys} keys, ${queries} queries`, { ...single, queries, keys, headDim: 5, valueDim: 6 })),
  ),
  ...keySizes.map((keys) =>
    attentionCase(`${keys} keys, causal, as many queries`, { ...single, queries: Math.min(keys, 130), keys, headDim: 4, valueDim: 3 }, [], {
      causal: true,
    }),
  ),
  ...keySizes.map((keys) =>
    attentionCase(`${keys} keys, two queries of 4 heads to a key head`, {
      batch: 1,
      heads: 4,
      kvHeads: 1,
      queries: 2,
      keys,
      headDim: 4,
      valueDim: 4,
    }),
  ),
  ...[5, many].flatMap((queries) => [
    ...widths.map((headDim) => attentionCase(`head dim ${headDim}, ${queries} queries`, { ...single, queries, headDim, valueDim: 7 })),
    ...widths.map((valueDim) => attentionCase(`value dim ${valueDim}, ${queries} queries`, { ...single, queries, headDim: 7, valueDim })),
    ...widths.map((width) =>
      attentionCase(`float16, head dim ${width}, ${queries} queries`, {
        ...single,
        queries,
        headDim: width,
        valueDim: width,
        dtype: 'float16',
      }),
    ),
  ]),
  // Around the most queries that are few (16), and the rows that are worked on side by side (4, 2, 1).
  ...[
    [1, 1],
    [1, 2],
    [3, 1],
    [4, 1],
    [1, 5],
    [2, 3],
    [7, 1],
    [5, 3],
    [16, 1],
    [4, 4],
    [17, 1],
  ].map(([heads = 1, queries = 1]) =>
    attentionCase(`${queries} queries of ${heads} heads to a key head, keys of several tiles`, {
      batch: 1,
      heads,
      kvHeads: 1,
      queries,
      keys: 700,
      headDim: 20,
      valueDim: 36,
    }),
  ),
  // A group's queries share one tall tile: its borders fall between heads, inside them and at their ends.
  ...[1, 2, 3, 4, 11, 12, 13, 24, 25].map((queries) =>
    attentionCase(
      `${queries} queries of 8 heads to a key head`,
      { batch: 1, heads: 8, kvHeads: 1, queries, keys: 37, headDim: 6, valueDim: 5 },
      [],
      { causal: true, returnWeights: true },
    ),
  ),
  ...[95, 96, 97].flatMap((queries) =>
    [255, 256, 257].map((keys) =>
      attentionCase(`causal, ${queries} queries on ${keys} keys`, { ...single, queries, keys, headDim: 3, valueDim: 3 }, [], {
        causal: true,
        queryOffset: 100,
      }),
    ),
  ),
];
