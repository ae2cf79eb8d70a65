/** Softmax's and softmin's rows: lengths ragged around every vector, axes, and every feature alone and in pairs. */
import type { DType, FloatData, SoftmaxOptions } from '../../src/types.js';
import type { SoftmaxCall } from '../calls.js';
import { type Random, random } from '../random.js';
import { booleans, floats, type Memory } from '../tensors.js';
import { alonePaired, type Case, type Feature } from './case.js';

/** A call of softmax while features still change it. */
interface SoftmaxDraft {
  readonly op: 'softmax' | 'softmin';
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly memory: Memory;
  readonly x?: (count: number) => number;
  readonly numbers: Random;
}

type SoftmaxFeature = Feature<SoftmaxDraft, SoftmaxOptions<FloatData>>;

const plain: Omit<SoftmaxDraft, 'numbers'> = { op: 'softmax', shape: [3, 5, 19], dtype: 'float32', memory: 'packed' };

export function softmaxCase(
  name: string,
  draft: Partial<SoftmaxDraft>,
  features: readonly SoftmaxFeature[] = [],
  options: SoftmaxOptions<FloatData> = {},
): Case {
  const call = (): SoftmaxCall => {
    let whole: SoftmaxDraft = { ...plain, ...draft, numbers: random(`options of ${name}`) };
    for (const { change } of features) whole = { ...whole, ...change?.(whole) };
    const { normal } = random(`x of ${name}`);
    const x = floats(whole.shape, whole.dtype, whole.x ?? (() => 3 * normal()), whole.memory);
    return { op: whole.op, x, options: Object.assign({}, ...features.map((feature) => feature.options?.(whole)), options) };
  };
  return { name: `softmax: ${name}`, call };
}

const out =
  (dtype: (d: SoftmaxDraft) => DType, memory: Memory) =>
  (d: SoftmaxDraft): SoftmaxOptions<FloatData> => ({ out: floats(d.shape, dtype(d), () => Number.NaN, memory) });
const mask =
  (shape: (d: SoftmaxDraft) => readonly number[], memory?: Memory) =>
  (d: SoftmaxDraft): SoftmaxOptions<FloatData> => ({ mask: booleans(shape(d), () => d.numbers.uniform() < 0.6, memory) });

const features: readonly SoftmaxFeature[] = [
  { name: 'softmin', change: () => ({ op: 'softmin' }) },
  { name: 'first axis', kind: 'axis', options: () => ({ axis: 0 }) },
  { name: 'middle axis', kind: 'axis', options: () => ({ axis: 1 }) },
  { name: 'axis from the end', kind: 'axis', options: () => ({ axis: -2 }) },
  { name: 'scale', kind: 'scale', options: () => ({ scale: 0.37 }) },
  { name: 'negative scale', kind: 'scale', options: () => ({ scale: -2.5 }) },
  { name: 'scale 0', kind: 'scale', options: () => ({ scale: 0 }) },
  { name: 'mask', kind: 'mask', options: mask((d) => d.shape) },
  { name: 'mask of the last axis', kind: 'mask', options: mask((d) => d.shape.slice(-1)) },
  { name: 'mask of the first axis', kind: 'mask', options: mask((d) => [d.shape[0] ?? 1, 1, 1]) },
  { name: 'mask turned in memory', kind: 'mask', options: mask((d) => d.shape, 'turned') },
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

const lengths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1000];
const largest = 3.4028234663852886e38; // of float32
const { NaN: nan, POSITIVE_INFINITY: infinity, NEGATIVE_INFINITY: minusInfinity } = Number;

/** One row of x for each list. */
const rows = (name: string, ...values: readonly (readonly number[])[]): Case =>
  softmaxCase(name, { shape: [values.length, values[0]?.length ?? 0], x: (count) => values.flat()[count] ?? nan });

/** More than softmax_rows.inl keeps between two passes, and than softmax_columns.inl keeps in a tile; neither a multiple of anything. */
const [longRow, longColumn] = [33_333, 8_211];

const many = Array.from({ length: 700 }, (_, i) => i);

export const softmaxCases: readonly Case[] = [
  ...lengths.map((length) => softmaxCase(`${length} along the last axis`, { shape: [3, length] })),
  ...lengths.map((length) => softmaxCase(`${length} along the first axis`, { shape: [length, 3] }, [], { axis: 0 })),
  ...lengths.map((inner) => softmaxCase(`${inner} rows side by side`, { shape: [6, inner] }, [], { axis: 0 })),
  ...lengths.map((length) => softmaxCase(`${length} in float16`, { shape: [2, length], dtype: 'float16' })),
  ...lengths.map((length) =>
    softmaxCase(`${length}, masked`, { shape: [2, length] }, [], { mask: booleans([length], (count) => count % 3 !== 1) }),
  ),
  ...[0, 3, 7].map((axis) => softmaxCase(`rank 8, axis ${axis}`, { shape: [2, 3, 1, 2, 2, 1, 3, 5] }, [], { axis })),
  softmaxCase('rank 1', { shape: [11] }),
  ...alonePaired(features).map((some) => softmaxCase(some.map((feature) => feature.name).join(' + '), {}, some)),
  softmaxCase('an empty axis', { shape: [3, 0] }),
  softmaxCase('no rows', { shape: [0, 4] }),
  softmaxCase('no rows beside an axis', { shape: [4, 0] }, [], { axis: 0 }),
  rows('all equal, of any size', [1e30, 1e30, 1e30], [-1e30, -1e30, -1e30], [0, 0, 0], [1e-40, 1e-40, 1e-40]),
  rows('far apart', [1e30, -1e30, 0, 5], [-1e30, 0, 80, -80], [1e38, -1e38, 1, 2]),
  rows('the largest numbers', [3e38, -3e38, 1, 2], [largest, 0, largest, -largest]),
  rows('the lowest number where others write −Infinity', [0, -largest, 1, -largest], [-largest, -largest, -largest, -largest]),
  rows('where the exponential vanishes', [0, -86, -87, -87.3, -87.4, -88, -103, -104, -200]),
  rows('a row of −Infinity', [minusInfinity, minusInfinity, minusInfinity], [1, minusInfinity, 2], [minusInfinity, 0, minusInfinity]),
  rows('+Infinity gives NaN in its row alone', [1, infinity, 2], [1, 2, 3], [infinity, infinity, minusInfinity]),
  rows('NaN gives NaN in its row alone', [1, 2, 3], [nan, 1, 2], [minusInfinity, nan, minusInfinity]),
  rows('subnormals', [1e-45, 1e-40, -1e-42, 0]),
  rows(
    'ever greater',
    many.map((i) => i * 0.7),
  ),
  rows(
    'ever smaller',
    many.map((i) => -i * 0.7),
  ),
  rows('the greatest last', [...many.map(() => -50), 50]),
  rows('the greatest first', [50, ...many.map(() => -50)]),
  softmaxCase(
    'NaN and Infinity behind the mask',
    { shape: [4, 21], x: (count) => (count % 3 === 1 ? ([nan, infinity, minusInfinity][(count % 7) % 3] ?? nan) : count % 5) },
    [],
    { mask: booleans([4, 21], (count) => count % 3 !== 1) },
  ),
  softmaxCase('NaN and Infinity behind the mask, first axis', { shape: [21, 4], x: (count) => (count % 3 === 1 ? nan : count % 5) }, [], {
    axis: 0,
    mask: booleans([21, 4], (count) => count % 3 !== 1),
  }),
  softmaxCase('a row wholly masked, of NaN', { shape: [3, 5], x: (count) => (count < 5 ? nan : count) }, [], {
    mask: booleans([3, 1], (count) => count > 0),
  }),
  softmaxCase('all masked', {}, [], { mask: booleans([1], () => false) }),
  softmaxCase('NaN and Infinity far apart in rows of several vectors', {
    shape: [4, 200],
    x: (count) => ({ 70: nan, 71: minusInfinity, 270: infinity, 271: minusInfinity, 470: -500 })[count] ?? count % 7,
  }),
  softmaxCase(
    'NaN and Infinity far apart in columns of several steps',
    { shape: [41, 37], x: (count) => ({ 700: nan, 737: minusInfinity, 720: infinity, 757: minusInfinity, 30: -500 })[count] ?? count % 7 },
    [],
    { axis: 0 },
  ),
  softmaxCase(
    'columns that begin with −Infinity, far below 0',
    { shape: [40, 19], x: (count) => (count < 19 * 17 ? minusInfinity : -500 - (count % 11)) },
    [],
    { axis: 0 },
  ),
  softmaxCase('a row longer than a block', { shape: [2, longRow] }),
  softmaxCase('a row longer than a block, ever greater', { shape: [1, longRow], x: (count) => count * 0.004 }),
  softmaxCase('a row longer than a block in float16', { shape: [1, longRow], dtype: 'float16' }),
  softmaxCase(
    'a row longer than a block, masked at its beginning',
    { shape: [1, longRow], x: (count) => (count < 50 ? nan : count % 5) },
    [],
    {
      mask: booleans([longRow], (count) => count >= 33000),
    },
  ),
  softmaxCase('NaN in a row longer than a block', {
    shape: [2, longRow],
    x: (count) => (count === 33000 ? nan : count % 3 ? 1 : minusInfinity),
  }),
  softmaxCase('more columns than a tile', { shape: [9, 1100] }, [], { axis: 0 }),
  softmaxCase('more columns than a narrow tile', { shape: [2100, 67] }, [], { axis: 0 }),
  softmaxCase('columns longer than a tile', { shape: [longColumn, 3] }, [], { axis: 0 }),
  softmaxCase('columns longer than a tile, masked, in bfloat16', { shape: [longColumn, 3], dtype: 'bfloat16' }, [], {
    axis: 0,
    mask: booleans([longColumn, 3], (count) => count % 4 !== 1),
  }),
  softmaxCase('scale times x is large', { shape: [2, 9], x: (count) => count - 4 }, [], { scale: 1e30 }),
];
