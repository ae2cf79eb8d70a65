/** layerNorm's and rmsNorm's rows: lengths ragged around every vector, every feature alone and in pairs, numbers that make float32 sweat. */
import type { DType, FloatData, LayerNormOptions } from '../../src/types.js';
import type { NormCall } from '../calls.js';
import { type Random, random } from '../random.js';
import { float32, floats, type Memory } from '../tensors.js';
import { alonePaired, type Case, type Feature } from './case.js';

/** A call while features still change it. */
interface NormDraft {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly memory: Memory;
  readonly x?: (count: number) => number;
  readonly numbers: Random;
}

type NormFeature = Feature<NormDraft, LayerNormOptions<FloatData>>;

const plain: Omit<NormDraft, 'numbers'> = { shape: [3, 5, 37], dtype: 'float32', memory: 'packed' };

function normCase(
  op: NormCall['op'],
  name: string,
  draft: Partial<NormDraft> = {},
  features: readonly NormFeature[] = [],
  options: LayerNormOptions<FloatData> = {},
): Case {
  const call = (): NormCall => {
    let whole: NormDraft = { ...plain, ...draft, numbers: random(`options of ${name}`) };
    for (const { change } of features) whole = { ...whole, ...change?.(whole) };
    const { normal } = random(`x of ${name}`);
    const x = floats(whole.shape, whole.dtype, whole.x ?? (() => 3 * normal() + 1), whole.memory);
    return { op, x, options: Object.assign({}, ...features.map((feature) => feature.options?.(whole)), options) };
  };
  return { name: `${op}: ${name}`, call };
}

const row = ({ shape, numbers }: NormDraft, memory: Memory) => float32([shape.at(-1) ?? 0], () => numbers.normal(), memory);
const out =
  (dtype: (d: NormDraft) => DType, memory: Memory) =>
  (d: NormDraft): LayerNormOptions<FloatData> => ({ out: floats(d.shape, dtype(d), () => Number.NaN, memory) });

const features: readonly NormFeature[] = [
  { name: 'gamma', kind: 'gamma', options: (d) => ({ gamma: row(d, 'packed') }) },
  { name: 'spread gamma', kind: 'gamma', options: (d) => ({ gamma: row(d, 'spread') }) },
  { name: 'epsilon', kind: 'epsilon', options: () => ({ epsilon: 0.25 }) },
  { name: 'epsilon 0', kind: 'epsilon', options: () => ({ epsilon: 0 }) },
  { name: 'gapped x', kind: 'x', change: () => ({ memory: 'gapped' }) },
  { name: 'turned x', kind: 'x', change: () => ({ memory: 'turned' }) },
  { name: 'spread x', kind: 'x', change: () => ({ memory: 'spread' }) },
  { name: 'float16', kind: 'dtype', change: () => ({ dtype: 'float16' }) },
  { name: 'bfloat16', kind: 'dtype', change: () => ({ dtype: 'bfloat16' }) },
  { name: 'out', kind: 'out', options: out((d) => d.dtype, 'packed') },
  { name: 'out with gaps', kind: 'out', options: out((d) => d.dtype, 'gapped') },
  { name: 'out turned in memory', kind: 'out', options: out((d) => d.dtype, 'turned') },
  { name: 'out with its elements apart', kind: 'out', options: out((d) => d.dtype, 'spread') },
  { name: 'out in float32', kind: 'out', options: out(() => 'float32', 'packed') },
];
const layerFeatures: readonly NormFeature[] = [
  ...features,
  { name: 'beta', kind: 'beta', options: (d) => ({ beta: row(d, 'packed') }) },
  { name: 'spread beta', kind: 'beta', options: (d) => ({ beta: row(d, 'spread') }) },
];

const lengths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1000];
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

const ofBoth = (op: NormCall['op']): readonly Case[] => {
  const rows = (name: string, ...values: readonly (readonly number[])[]): Case =>
    normCase(op, name, { shape: [values.length, values[0]?.length ?? 0], x: (count) => values.flat()[count] ?? nan });
  const [beta, shift] = op === 'layerNorm' ? [{ beta: float32([19], (i) => i - 9) }, 'and beta'] : [{}, ''];
  return [
    ...lengths.map((length) => normCase(op, `rows of ${length}`, { shape: [3, length] })),
    ...lengths.map((length) => normCase(op, `rows of ${length} in bfloat16`, { shape: [2, length], dtype: 'bfloat16' })),
    ...alonePaired(op === 'layerNorm' ? layerFeatures : features).map((some) =>
      normCase(op, some.map((feature) => feature.name).join(' + '), {}, some),
    ),
    normCase(op, 'rank 1', { shape: [11] }),
    normCase(op, 'rank 8', { shape: [2, 3, 1, 2, 2, 1, 3, 5] }),
    normCase(op, 'a long row', { shape: [2, 33_333] }),
    normCase(op, 'more rows than a task', { shape: [700, 19] }),
    normCase(op, 'no rows', { shape: [0, 4] }),
    normCase(op, 'rows of nothing', { shape: [3, 0] }),
    normCase(op, `gamma ${shift} for many rows`, { shape: [40, 19] }, [], { gamma: float32([19], (i) => 1 + i / 8), ...beta }),
    normCase(op, 'far from 0', { shape: [3, 200], x: (count) => 1000 + (count % 7) / 8 }),
    rows('all equal', [5, 5, 5, 5, 5], [0, 0, 0, 0, 0], [-1e-3, -1e-3, -1e-3, -1e-3, -1e-3]),
    rows('tiny', [1e-20, -2e-20, 3e-20], [1e-40, 2e-40, -1e-45], [1e-3, 2e-3, -1e-3]),
    rows('squares that overflow', [1e30, -2e30, 3e30, 1], [3e38, -3e38, 3e38, 3e38], [1e19, 2e19, 3e19, 4e19], [1, 2, 3, 4]),
    normCase(op, 'squares that overflow in bfloat16', { shape: [4, 37], dtype: 'bfloat16', x: (count) => (count % 5) * 1e37 }),
    rows('NaN spoils its row alone', [1, nan, 3, 4], [1, 2, 3, 4]),
    rows('Infinity in a row', [1, infinity, 3, 4], [1, 2, 3, 4], [-infinity, 2, 3, 4]),
  ];
};

export const normCases: readonly Case[] = [...ofBoth('layerNorm'), ...ofBoth('rmsNorm')];
