/** Merging's rows: numbers of parts, parts that saw nothing, and every feature alone and in pairs. */
import type { AttentionPart, DType, FloatData, Layout, MergeOptions } from '../../src/types.js';
import type { MergeCall } from '../calls.js';
import { type Random, random } from '../random.js';
import { float32, floats, type Memory } from '../tensors.js';
import { alonePaired, type Case, type Feature } from './case.js';

/** A call of mergeAttention while features still change it. */
interface MergeDraft {
  readonly parts: number;
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly valueDim: number;
  readonly rank: 2 | 3 | 4;
  readonly layout: Layout;
  readonly dtype: DType;
  readonly memory: Memory;
  /** logSumExp of a part at a row; normal when absent. */
  readonly score?: (part: number, row: number) => number;
  readonly numbers: Random;
}

type MergeFeature = Feature<MergeDraft, MergeOptions<FloatData>>;

const plain: Omit<MergeDraft, 'numbers'> = {
  parts: 3,
  batch: 2,
  heads: 3,
  queries: 5,
  valueDim: 9,
  rank: 4,
  layout: 'bhsd',
  dtype: 'float32',
  memory: 'packed',
};

function outputShape({ batch, heads, queries, valueDim, rank, layout }: MergeDraft): number[] {
  if (rank === 2) return [queries, valueDim];
  const inner = layout === 'bshd' ? [queries, heads, valueDim] : [heads, queries, valueDim];
  return rank === 3 ? inner : [batch, ...inner];
}

export function mergeCase(
  name: string,
  draft: Partial<MergeDraft>,
  features: readonly MergeFeature[] = [],
  options: MergeOptions<FloatData> = {},
): Case {
  const call = (): MergeCall => {
    let whole: MergeDraft = { ...plain, ...draft, numbers: random(`options of ${name}`) };
    for (const { change } of features) whole = { ...whole, ...change?.(whole) };
    const { batch, heads, queries, rank, score } = whole;
    const parts = Array.from({ length: whole.parts }, (_, part): AttentionPart => {
      const { normal } = random(`part ${part} of ${name}`);
      return {
        output: floats(outputShape(whole), whole.dtype, normal, whole.memory),
        logSumExp: float32([batch, heads, queries].slice(1 - rank), (row) => score?.(part, row) ?? 2 * normal(), whole.memory),
      };
    });
    const layout = whole.layout === 'bshd' ? { layout: whole.layout } : {};
    return { op: 'merge', parts, options: Object.assign(layout, ...features.map((feature) => feature.options?.(whole)), options) };
  };
  return { name: `merge: ${name}`, call };
}

const out =
  (dtype: (d: MergeDraft) => DType, memory: Memory) =>
  (d: MergeDraft): MergeOptions<FloatData> => ({ out: floats(outputShape(d), dtype(d), () => Number.NaN, memory) });
const { NEGATIVE_INFINITY: minusInfinity } = Number;

const features: readonly MergeFeature[] = [
  { name: 'bshd', change: () => ({ layout: 'bshd' }) },
  { name: 'sinks', options: (d) => ({ sinks: Float32Array.from({ length: d.heads }, d.numbers.normal) }) },
  { name: 'one part', kind: 'parts', change: () => ({ parts: 1 }) },
  { name: 'two parts', kind: 'parts', change: () => ({ parts: 2 }) },
  { name: 'many parts', kind: 'parts', change: () => ({ parts: 17 }) },
  { name: 'rank 3', kind: 'rank', change: () => ({ rank: 3, batch: 1 }) },
  { name: 'rank 2', kind: 'rank', change: () => ({ rank: 2, batch: 1, heads: 1 }) },
  { name: 'one value a row', kind: 'width', change: () => ({ valueDim: 1 }) },
  { name: 'many values a row', kind: 'width', change: () => ({ valueDim: 67 }) },
  { name: 'gapped parts', kind: 'memory', change: () => ({ memory: 'gapped' }) },
  { name: 'turned parts', kind: 'memory', change: () => ({ memory: 'turned' }) },
  { name: 'spread parts', kind: 'memory', change: () => ({ memory: 'spread' }) },
  { name: 'float16', kind: 'dtype', change: () => ({ dtype: 'float16' }) },
  { name: 'bfloat16', kind: 'dtype', change: () => ({ dtype: 'bfloat16' }) },
  {
    name: 'parts that saw nothing',
    kind: 'score',
    change: () => ({ score: (part, row) => ((part + row) % 3 === 0 ? minusInfinity : part - row) }),
  },
  { name: 'rows that no part saw', kind: 'score', change: () => ({ score: (part, row) => (row % 2 ? minusInfinity : part) }) },
  { name: 'out', kind: 'out', options: out((d) => d.dtype, 'packed') },
  { name: 'out with gaps', kind: 'out', options: out((d) => d.dtype, 'gapped') },
  { name: 'out turned in memory', kind: 'out', options: out((d) => d.dtype, 'turned') },
  { name: 'out in float32', kind: 'out', options: out(() => 'float32', 'packed') },
];

const sinks = (value: number) => ({ sinks: new Float32Array(plain.heads).fill(value) });

export const mergeCases: readonly Case[] = [
  mergeCase('no options', {}),
  ...alonePaired(features).map((some) => mergeCase(some.map((feature) => feature.name).join(' + '), {}, some)),
  ...[2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33].map((valueDim) => mergeCase(`${valueDim} values a row`, { valueDim })),
  mergeCase('no queries', { queries: 0 }),
  mergeCase('no values', { valueDim: 0 }),
  mergeCase('no batch', { batch: 0 }),
  mergeCase('parts alike, of any size', { score: (_, row) => (row % 2 ? 1e30 : -1e30) }),
  mergeCase('parts far apart', { score: (part) => [1e30, -1e30, 0][part] ?? 0 }),
  mergeCase('sinks far above', {}, [], sinks(1e30)),
  mergeCase('sinks far below', {}, [], sinks(-1e30)),
  mergeCase('sinks of nothing', {}, [], sinks(minusInfinity)),
  mergeCase('nothing but sinks', { score: () => minusInfinity }, [], sinks(0.5)),
  mergeCase('NaN in one row', { score: (part, row) => (part === 1 && row === 4 ? Number.NaN : part) }),
];
