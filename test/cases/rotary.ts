/** rotary's rows: widths ragged around every vector, every option and stride alone and in pairs, positions far away. */
import type { DType, FloatData, RotaryOptions } from '../../src/types.js';
import type { RotaryCall } from '../calls.js';
import { random } from '../random.js';
import { floats, type Memory } from '../tensors.js';
import { alonePaired, type Case, type Feature } from './case.js';

/** A call while features still change it. */
interface RotaryDraft {
  /** Outer sizes, heads, sequence, width. */
  readonly outer: readonly number[];
  readonly heads: number;
  readonly length: number;
  readonly width: number;
  readonly layout: 'bhsd' | 'bshd' | undefined;
  readonly dtype: DType;
  readonly memory: Memory;
  readonly x?: (count: number) => number;
}

type RotaryFeature = Feature<RotaryDraft, RotaryOptions<FloatData>>;

const plain: RotaryDraft = {
  outer: [2],
  heads: 3,
  length: 5,
  width: 38,
  layout: undefined,
  dtype: 'float32',
  memory: 'packed',
};

const shapeOf = ({ outer, heads, length, width, layout }: RotaryDraft): readonly number[] =>
  layout === 'bshd' ? [...outer, length, heads, width] : [...outer, heads, length, width];

function rotaryCase(
  name: string,
  draft: Partial<RotaryDraft> = {},
  features: readonly RotaryFeature[] = [],
  options: RotaryOptions<FloatData> = {},
): Case {
  const call = (): RotaryCall => {
    let whole: RotaryDraft = { ...plain, ...draft };
    for (const { change } of features) whole = { ...whole, ...change?.(whole) };
    const { normal } = random(`x of rotary ${name}`);
    const x = floats(shapeOf(whole), whole.dtype, whole.x ?? normal, whole.memory);
    const { layout } = whole;
    const given = Object.assign(layout ? { layout } : {}, ...features.map((feature) => feature.options?.(whole)), options);
    return { op: 'rotary', x, options: given };
  };
  return { name: `rotary: ${name}`, call };
}

const out =
  (dtype: (d: RotaryDraft) => DType, memory: Memory) =>
  (d: RotaryDraft): RotaryOptions<FloatData> => ({ out: floats(shapeOf(d), dtype(d), () => Number.NaN, memory) });
const positions =
  (position: (i: number) => number) =>
  (d: RotaryDraft): RotaryOptions<FloatData> => ({ positions: Int32Array.from({ length: d.length }, (_, i) => position(i)) });

const features: readonly RotaryFeature[] = [
  { name: 'interleaved', options: () => ({ interleaved: true }) },
  { name: 'base', options: () => ({ base: 500.5 }) },
  { name: 'later positions', kind: 'positions', options: positions((i) => i + 1000) },
  { name: 'any positions', kind: 'positions', options: positions((i) => [7, -3, 7, 0, 2_000_000_000][i % 5] ?? 0) },
  { name: 'bshd', kind: 'layout', change: () => ({ layout: 'bshd' }) },
  { name: 'bhsd', kind: 'layout', change: () => ({ layout: 'bhsd' }) },
  { name: 'rank 8', kind: 'shape', change: () => ({ outer: [2, 1, 2, 1, 2], width: 18 }) },
  { name: 'one head', kind: 'shape', change: () => ({ heads: 1 }) },
  { name: 'one position', kind: 'shape', change: () => ({ length: 1 }) },
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

const widths = [2, 4, 6, 8, 10, 14, 16, 18, 30, 32, 34, 48, 62, 64, 66, 80, 96, 126, 128, 130, 256];
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

/** One matrix `[s, d]`. */
function matrixCase(name: string, length: number, width: number, options: RotaryOptions<FloatData> = {}, draft: Partial<RotaryDraft> = {}) {
  const built = rotaryCase(name, { outer: [], heads: 1, length, width, ...draft }, [], options);
  const call = (): RotaryCall => {
    const { x, ...rest } = built.call() as RotaryCall;
    return { ...rest, x: { ...x, shape: [length, width] } };
  };
  return { name: built.name, call };
}

export const rotaryCases: readonly Case[] = [
  ...widths.flatMap((width) =>
    [false, true].map((interleaved) => rotaryCase(`rows of ${width}${interleaved ? ', interleaved' : ''}`, { width }, [], { interleaved })),
  ),
  ...alonePaired(features).map((some) => rotaryCase(some.map((feature) => feature.name).join(' + '), {}, some)),
  matrixCase('rank 2', 7, 20),
  matrixCase('rank 2, bshd', 7, 20, { layout: 'bshd' }),
  matrixCase('more rows than a task', 2000, 64),
  matrixCase('NaN in a pair', 3, 4, {}, { x: (count) => (count === 5 ? nan : count) }),
  matrixCase('Infinity in a pair', 3, 4, {}, { x: (count) => (count === 5 ? infinity : count + 1) }),
  matrixCase('large numbers', 3, 34, {}, { x: (count) => (count % 2 ? -1e38 : 1e38) }),
  matrixCase('subnormal numbers', 3, 34, {}, { x: (count) => count * 1e-41 }),
  rotaryCase('no rows', { length: 0 }),
  rotaryCase('rows of nothing', { width: 0 }),
  rotaryCase('an empty batch', { outer: [0] }),
];
