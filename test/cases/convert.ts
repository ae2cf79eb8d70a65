/** The conversions' rows: sizes around every vector and a task, strides of x and out alone and in pairs, and numbers that are hard to round. */
import type { ConvertCall } from '../calls.js';
import { random } from '../random.js';
import { float32, floats, type Memory } from '../tensors.js';
import { alonePaired, type Case, type Feature } from './case.js';

type Name = ConvertCall['name'];
type Half = 'float16' | 'bfloat16';

/** A conversion while features still change it. */
interface ConvertDraft {
  readonly name: Name;
  readonly shape: readonly number[];
  readonly memory: Memory;
  /** How `out` lies; none without it. */
  readonly out?: Memory;
  readonly x?: (count: number) => number;
}

const functions: readonly Name[] = ['toFloat16', 'toBfloat16', 'fromFloat16', 'fromBfloat16'];
const halfOf = (name: Name): Half => (name.endsWith('Bfloat16') ? 'bfloat16' : 'float16');

function halves(shape: readonly number[], dtype: Half, value: (count: number) => number, memory: Memory) {
  const { data, ...rest } = floats(shape, dtype, value, memory);
  if (!(data instanceof Uint16Array)) throw new TypeError('half types lie in Uint16Arrays');
  return { data, ...rest };
}

function convertCase(
  row: string,
  draft: Partial<ConvertDraft> & { name: Name },
  features: readonly Feature<ConvertDraft, never>[] = [],
): Case {
  const call = (): ConvertCall => {
    let whole: ConvertDraft = { shape: [3, 5, 19], memory: 'packed', ...draft };
    for (const { change } of features) whole = { ...whole, ...change?.(whole) };
    const { name, shape, memory, out } = whole;
    const { normal } = random(`x of ${name} ${row}`);
    const [x, dtype] = [whole.x ?? (() => 100 * normal()), halfOf(name)];
    const nothing = () => Number.NaN;
    if (name === 'toFloat16' || name === 'toBfloat16')
      return { op: 'convert', name, x: float32(shape, x, memory), options: out ? { out: halves(shape, dtype, nothing, out) } : {} };
    return { op: 'convert', name, x: halves(shape, dtype, x, memory), options: out ? { out: float32(shape, nothing, out) } : {} };
  };
  return { name: `convert: ${draft.name}, ${row}`, call };
}

const features: readonly Feature<ConvertDraft, never>[] = [
  { name: 'rank 1', kind: 'shape', change: () => ({ shape: [37] }) },
  { name: 'rank 8', kind: 'shape', change: () => ({ shape: [2, 3, 1, 2, 2, 1, 3, 5] }) },
  { name: 'one long row beside another', kind: 'shape', change: () => ({ shape: [2, 131] }) },
  { name: 'columns of one', kind: 'shape', change: () => ({ shape: [33, 1] }) },
  { name: 'gapped x', kind: 'x', change: () => ({ memory: 'gapped' }) },
  { name: 'turned x', kind: 'x', change: () => ({ memory: 'turned' }) },
  { name: 'spread x', kind: 'x', change: () => ({ memory: 'spread' }) },
  { name: 'out', kind: 'out', change: () => ({ out: 'packed' }) },
  { name: 'out with gaps', kind: 'out', change: () => ({ out: 'gapped' }) },
  { name: 'out turned in memory', kind: 'out', change: () => ({ out: 'turned' }) },
  { name: 'out with its elements apart', kind: 'out', change: () => ({ out: 'spread' }) },
];

const sizes = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 1000];
/** More than schedule.cc gives one task, and no multiple of anything. */
const long = 2 ** 18 + 21;

const formats = {
  float16: { precision: 11, minExponent: -14, maxExponent: 15 },
  bfloat16: { precision: 8, minExponent: -126, maxExponent: 127 },
} as const;

/** Positive numbers around what a half type can hold, by what is hard about them. */
function hard(half: Half) {
  const { precision, minExponent, maxExponent } = formats[half];
  const step = 2 ** (1 - precision); // between 1 and the next
  const [top, least, normal] = [2 ** maxExponent, 2 ** minExponent * step, 2 ** minExponent];
  const fine = 2 ** -23; // a float32's own step, beside 1
  const ties = [1 + step / 2, 1 + 1.5 * step, 2 - step / 2, 3 + step, 3 + 3 * step];
  return {
    ties,
    'beside ties': ties.flatMap((x) => [x * (1 - fine), x * (1 + fine)]),
    overflow: [
      top * (2 - step),
      top * (2 - step / 2 - fine),
      top * (2 - step / 2),
      Math.fround(top * (2 - fine)),
      3e38,
      Number.POSITIVE_INFINITY,
    ],
    subnormals: [
      ...[1, 2, 3, 5].map((n) => n * least),
      ...[0.5, 1.5, 2.5, 3.5].map((n) => n * least), // ties
      ...[0.25, 0.75, 1.25].map((n) => n * least),
      ...[normal, normal - least, normal - least / 2, normal + least / 2],
      1e-45,
      1e-40,
      0,
    ],
    NaN: [Number.NaN, 1, Number.NEGATIVE_INFINITY, 2],
  };
}

/** Some numbers again and again, with both signs, so that each meets every lane and the rest after the last whole vector. */
function numbersCase(name: Name, what: string, numbers: readonly number[]): Case {
  const size = numbers.length * 34 + 1;
  const x = (count: number) => (count % 2 ? -1 : 1) * (numbers[(count >> 1) % numbers.length] ?? 0);
  return convertCase(what, { name, shape: [size], x });
}

export const convertCases: readonly Case[] = functions.flatMap((name) => [
  ...sizes.map((size) => convertCase(`${size} numbers`, { name, shape: [size] })),
  ...alonePaired(features).map((some) => convertCase(some.map((feature) => feature.name).join(' + '), { name }, some)),
  convertCase('a scalar', { name, shape: [] }),
  convertCase('no rows', { name, shape: [0, 4] }),
  convertCase('nothing in each row, into out', { name, shape: [4, 0], out: 'gapped' }),
  convertCase('more than a task', { name, shape: [long], x: (count) => Math.sin(count) * 2 ** ((count % 60) - 30) }),
  convertCase('more than a task, spread', { name, shape: [2, long >> 1], memory: 'spread', x: (count) => count % 9973 }),
  ...Object.entries(hard(halfOf(name))).map(([what, numbers]) => numbersCase(name, what, numbers)),
]);
