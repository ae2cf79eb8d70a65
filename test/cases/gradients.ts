/** Rows of softmaxBackward, layerNormBackward and rmsNormBackward: lengths ragged around every vector, axes, every feature alone and in pairs. */
import type { DType, FloatData, LayerNormBackwardOptions, RmsNormBackwardOptions, SoftmaxBackwardOptions } from '../../src/types.js';
import type { NormBackwardCall, SoftmaxBackwardCall } from '../calls.js';
import { type Random, random } from '../random.js';
import { float32, floats, type Memory } from '../tensors.js';
import { textbookSoftmax } from '../textbook/softmax.js';
import { alonePaired, type Case, type Feature } from './case.js';

/** A call while features still change it. */
interface Draft {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly seedDtype: DType;
  readonly memory: Memory;
  readonly seedMemory: Memory;
  /** x of a norm; what was put through softmax. */
  readonly x?: (count: number) => number;
  readonly dOutput?: (count: number) => number;
  readonly numbers: Random;
}

const plain: Omit<Draft, 'numbers'> = {
  shape: [3, 5, 37],
  dtype: 'float32',
  seedDtype: 'float32',
  memory: 'packed',
  seedMemory: 'packed',
};

function drafted<Options>(name: string, draft: Partial<Draft>, some: readonly Feature<Draft, Options>[]): Draft {
  let whole: Draft = { ...plain, ...draft, numbers: random(`options of ${name}`) };
  for (const { change } of some) whole = { ...whole, ...change?.(whole) };
  return whole;
}

const seedOf = (name: string, { shape, seedDtype, seedMemory, dOutput }: Draft) => {
  const { normal } = random(`dOutput of ${name}`);
  return floats(shape, seedDtype, dOutput ?? normal, seedMemory);
};

/** What both have. */
const features: readonly Feature<Draft, object>[] = [
  { name: 'gapped', kind: 'memory', change: () => ({ memory: 'gapped' }) },
  { name: 'turned', kind: 'memory', change: () => ({ memory: 'turned' }) },
  { name: 'spread', kind: 'memory', change: () => ({ memory: 'spread' }) },
  { name: 'turned dOutput', kind: 'dOutput', change: () => ({ seedMemory: 'turned' }) },
  { name: 'spread dOutput', kind: 'dOutput', change: () => ({ seedMemory: 'spread' }) },
  { name: 'float16', kind: 'dtype', change: () => ({ dtype: 'float16' }) },
  { name: 'bfloat16 throughout', kind: 'dtype', change: () => ({ dtype: 'bfloat16', seedDtype: 'bfloat16' }) },
];

type SoftmaxFeature = Feature<Draft, SoftmaxBackwardOptions<FloatData>>;

const outOf = (dtype: (d: Draft) => DType, memory: Memory) => (d: Draft) => ({ out: floats(d.shape, dtype(d), () => Number.NaN, memory) });

const softmaxFeatures: readonly SoftmaxFeature[] = [
  ...features,
  { name: 'first axis', kind: 'axis', options: () => ({ axis: 0 }) },
  { name: 'middle axis', kind: 'axis', options: () => ({ axis: -2 }) },
  { name: 'scale', options: () => ({ scale: -0.37 }) },
  { name: 'out turned in memory', kind: 'out', options: outOf((d) => d.dtype, 'turned') },
  { name: 'out with its elements apart', kind: 'out', options: outOf((d) => d.dtype, 'spread') },
  { name: 'out in float32', kind: 'out', options: outOf(() => 'float32', 'packed') },
];

function softmaxCase(
  name: string,
  draft: Partial<Draft> = {},
  some: readonly SoftmaxFeature[] = [],
  options: SoftmaxBackwardOptions<FloatData> = {},
): Case {
  const call = (): SoftmaxBackwardCall => {
    const whole = drafted(name, draft, some);
    const given: SoftmaxBackwardOptions<FloatData> = Object.assign({}, ...some.map((feature) => feature.options?.(whole)), options);
    const { normal } = random(`x of ${name}`);
    const x = float32(whole.shape, whole.x ?? (() => 2 * normal()));
    const { output } = textbookSoftmax({ op: 'softmax', x, options: { axis: given.axis } });
    const y = floats(whole.shape, whole.dtype, (count) => output[count] ?? Number.NaN, whole.memory);
    return { op: 'softmaxBackward', y, dOutput: seedOf(name, whole), options: given };
  };
  return { name: `softmaxBackward: ${name}`, call };
}

const { NaN: nan, POSITIVE_INFINITY: infinity, NEGATIVE_INFINITY: minusInfinity } = Number;
const lengths = [1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, 257, 1000];

const softmaxRows: readonly Case[] = [
  ...lengths.map((length) => softmaxCase(`${length} along the last axis`, { shape: [3, length] })),
  ...lengths.map((length) => softmaxCase(`${length} along the first axis`, { shape: [length, 3] }, [], { axis: 0 })),
  ...lengths.map((inner) => softmaxCase(`${inner} rows side by side`, { shape: [6, inner] }, [], { axis: 0 })),
  ...alonePaired(softmaxFeatures).map((some) => softmaxCase(some.map((feature) => feature.name).join(' + '), {}, some)),
  softmaxCase('rank 1', { shape: [11] }),
  softmaxCase('rank 8', { shape: [2, 3, 1, 2, 2, 1, 3, 5] }, [], { axis: 3 }),
  softmaxCase('rows longer than a block', { shape: [2, 3001] }),
  softmaxCase('rows longer than a block, in float16', { shape: [2, 1025], dtype: 'float16' }),
  softmaxCase('more columns than are worked on together', { shape: [5, 2100] }, [], { axis: 0 }),
  softmaxCase('more rows than a task', { shape: [7000, 19] }),
  softmaxCase('no rows', { shape: [0, 4] }),
  softmaxCase('rows of nothing', { shape: [3, 0] }),
  softmaxCase('what is hidden counts for nothing, NaN or not', {
    shape: [4, 40],
    x: (count) => (count % 3 === 1 ? minusInfinity : count % 7),
    dOutput: (count) => (count % 3 === 1 ? ([nan, infinity, minusInfinity, 1e30][count % 4] ?? nan) : count % 5),
  }),
  softmaxCase(
    'what is hidden counts for nothing, first axis',
    {
      shape: [40, 4],
      x: (count) => (Math.floor(count / 4) % 3 === 1 ? minusInfinity : count % 7),
      dOutput: (count) => (Math.floor(count / 4) % 3 === 1 ? nan : count % 5),
    },
    [],
    { axis: 0 },
  ),
  softmaxCase('a row that sees nothing', { shape: [3, 9], x: (count) => (count < 9 ? minusInfinity : count) }),
  softmaxCase('NaN spoils its row alone, but for what is hidden', {
    shape: [4, 21],
    x: (count) => (count % 5 === 1 ? minusInfinity : count % 3),
    dOutput: (count) => (count === 24 ? nan : count === 44 ? infinity : count),
  }),
  softmaxCase('NaN in y', { shape: [3, 21], x: (count) => (count === 22 ? nan : count % 3) }),
];

type NormFeature = Feature<Draft, LayerNormBackwardOptions<FloatData>>;

const row = ({ shape, numbers }: Draft, memory: Memory) => float32([shape.at(-1) ?? 0], () => numbers.normal(), memory);

const normFeatures: readonly NormFeature[] = [
  ...features,
  { name: 'gamma', kind: 'gamma', options: (d) => ({ gamma: row(d, 'packed') }) },
  { name: 'spread gamma', kind: 'gamma', options: (d) => ({ gamma: row(d, 'spread') }) },
  { name: 'epsilon', options: () => ({ epsilon: 0.25 }) },
  { name: 'out.dX turned in memory', kind: 'out', options: (d) => ({ out: { dX: outOf(() => d.dtype, 'turned')(d).out } }) },
  {
    name: 'out.dX in float32, a spread out.dGamma',
    kind: 'out',
    options: (d) => ({ out: { dX: outOf(() => 'float32', 'packed')(d).out, dGamma: row(d, 'spread') } }),
  },
];

function normCase(
  op: NormBackwardCall['op'],
  name: string,
  draft: Partial<Draft> = {},
  some: readonly NormFeature[] = [],
  options: LayerNormBackwardOptions<FloatData> = {},
): Case {
  const call = (): NormBackwardCall => {
    const whole = drafted(name, draft, some);
    const { normal } = random(`x of ${name}`);
    const x = floats(whole.shape, whole.dtype, whole.x ?? (() => 3 * normal() + 1), whole.memory);
    const given: RmsNormBackwardOptions<FloatData> = Object.assign({}, ...some.map((feature) => feature.options?.(whole)), options);
    return { op, x, dOutput: seedOf(name, whole), options: given };
  };
  return { name: `${op}: ${name}`, call };
}

const normRows = (op: NormBackwardCall['op']): readonly Case[] => {
  const rows = (name: string, ...values: readonly (readonly number[])[]): Case =>
    normCase(op, name, { shape: [values.length, values[0]?.length ?? 0], x: (count) => values.flat()[count] ?? nan });
  return [
    ...lengths.map((length) => normCase(op, `rows of ${length}`, { shape: [3, length] })),
    ...alonePaired(normFeatures).map((some) => normCase(op, some.map((feature) => feature.name).join(' + '), {}, some)),
    normCase(op, 'rank 1', { shape: [11] }),
    normCase(op, 'rank 8', { shape: [2, 3, 1, 2, 2, 1, 3, 5] }),
    normCase(op, 'a long row', { shape: [2, 33_333] }),
    normCase(op, 'sums of many rows, of several tasks', { shape: [9000, 19] }),
    normCase(op, 'no rows: sums of nothing', { shape: [0, 4] }),
    normCase(op, 'no rows: sums of nothing, written', { shape: [0, 4] }, [], { out: { dGamma: float32([4], () => nan) } }),
    normCase(op, 'rows of nothing', { shape: [3, 0] }),
    normCase(op, 'far from 0', { shape: [3, 200], x: (count) => 1000 + (count % 7) / 8 }),
    rows('all equal', [5, 5, 5, 5, 5], [0, 0, 0, 0, 0], [-1e-3, -1e-3, -1e-3, -1e-3, -1e-3]),
    rows('tiny', [1e-20, -2e-20, 3e-20], [1e-40, 2e-40, -1e-45], [1e-3, 2e-3, -1e-3]),
    rows('squares that overflow', [1e30, -2e30, 3e30, 1], [3e38, -3e38, 3e38, 3e38], [1e19, 2e19, 3e19, 4e19], [1, 2, 3, 4]),
    rows('NaN in x', [1, nan, 3, 4], [1, 2, 3, 4]),
    rows('Infinity in x', [1, infinity, 3, 4], [1, 2, 3, 4], [minusInfinity, 2, 3, 4]),
    normCase(op, 'NaN in dOutput: its row, and its column of the sums', {
      shape: [5, 21],
      dOutput: (count) => (count === 25 ? nan : count % 3),
    }),
  ];
};

export const gradientCases: readonly Case[] = [...softmaxRows, ...normRows('layerNormBackward'), ...normRows('rmsNormBackward')];
