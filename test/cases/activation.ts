/** The rows of relu, gelu, tanh and sigmoid: sizes around every vector, a block and a task, strides alone and in pairs, numbers at their limits. */
import type { Activation, DType } from '../../src/types.js';
import type { ActivationCall } from '../calls.js';
import { random } from '../random.js';
import { floats, type Memory } from '../tensors.js';
import { alonePaired, type Case, type Feature } from './case.js';

/** A call while features still change it. */
interface ActivationDraft {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly memory: Memory;
  /** How `out` lies, and in which dtype where it is not that of x; none without it. */
  readonly out?: Memory;
  readonly outDtype?: DType;
  readonly x?: (count: number) => number;
}

function activationCase(
  name: Activation,
  row: string,
  draft: Partial<ActivationDraft> = {},
  features: readonly Feature<ActivationDraft, never>[] = [],
): Case {
  const call = (): ActivationCall => {
    let whole: ActivationDraft = { shape: [3, 5, 19], dtype: 'float32', memory: 'packed', ...draft };
    for (const { change } of features) whole = { ...whole, ...change?.(whole) };
    const { shape, dtype, memory, out, outDtype = dtype } = whole;
    const { normal } = random(`x of ${name} ${row}`);
    const x = floats(shape, dtype, whole.x ?? (() => 3 * normal()), memory);
    return { op: 'activation', name, x, options: out ? { out: floats(shape, outDtype, () => Number.NaN, out) } : {} };
  };
  return { name: `${name}: ${row}`, call };
}

const features: readonly Feature<ActivationDraft, never>[] = [
  { name: 'rank 1', kind: 'shape', change: () => ({ shape: [37] }) },
  { name: 'rank 8', kind: 'shape', change: () => ({ shape: [2, 3, 1, 2, 2, 1, 3, 5] }) },
  { name: 'one long row beside another', kind: 'shape', change: () => ({ shape: [2, 131] }) },
  { name: 'float16', kind: 'dtype', change: () => ({ dtype: 'float16' }) },
  { name: 'bfloat16', kind: 'dtype', change: () => ({ dtype: 'bfloat16' }) },
  { name: 'gapped x', kind: 'x', change: () => ({ memory: 'gapped' }) },
  { name: 'turned x', kind: 'x', change: () => ({ memory: 'turned' }) },
  { name: 'spread x', kind: 'x', change: () => ({ memory: 'spread' }) },
  { name: 'out', kind: 'out', change: () => ({ out: 'packed' }) },
  { name: 'out with gaps', kind: 'out', change: () => ({ out: 'gapped' }) },
  { name: 'out turned in memory', kind: 'out', change: () => ({ out: 'turned' }) },
  { name: 'out with its elements apart', kind: 'out', change: () => ({ out: 'spread' }) },
  { name: 'out in float32', kind: 'out', change: () => ({ out: 'packed', outDtype: 'float32' }) },
];

const functions: readonly Activation[] = ['relu', 'gelu', 'tanh', 'sigmoid'];
const dtypes: readonly DType[] = ['float32', 'float16', 'bfloat16'];
const sizes = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 1000, 2047, 2048, 2049, 5000];
/** More than schedule.cc gives one task, and no multiple of anything. */
const long = 2 ** 16 + 21;
const limits = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1e-40, -1e-40, 3e38, -3e38, 1e-20, -1e-20];

export const activationCases: readonly Case[] = [
  ...functions.flatMap((name) => [
    ...dtypes.flatMap((dtype) => [
      activationCase(name, `from -100 to 100 in ${dtype}`, { dtype, shape: [2001], x: (count) => (count - 1000) / 10 }),
      activationCase(name, `NaN, Infinity and other limits in ${dtype}`, {
        dtype,
        shape: [limits.length * 17 + 3],
        x: (count) => limits[count % limits.length] ?? 0,
      }),
    ]),
    activationCase(name, 'more than a task', { shape: [long], x: (count) => 4 * Math.sin(count) }),
    activationCase(name, 'a scalar', { shape: [] }),
  ]),
  ...sizes.flatMap((size) => [
    activationCase('gelu', `${size} numbers`, { shape: [size] }),
    activationCase('gelu', `${size} numbers in bfloat16`, { shape: [size], dtype: 'bfloat16' }),
  ]),
  ...alonePaired(features).map((some) => activationCase('gelu', some.map((feature) => feature.name).join(' + '), {}, some)),
  activationCase('gelu', 'no rows', { shape: [0, 4] }),
  activationCase('gelu', 'nothing in each row, into out', { shape: [4, 0], out: 'gapped' }),
  activationCase('gelu', 'more than a task, spread', { shape: [2, long >> 1], memory: 'spread', x: (count) => Math.sin(count) }),
];
