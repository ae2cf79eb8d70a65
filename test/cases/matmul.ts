/** Matmul's rows: sizes ragged around every tile border, and every feature alone and in pairs. */
import type { DType, FloatData, MatmulOptions, PackMatrixOptions, Tensor } from '../../src/types.js';
import type { MatmulCall } from '../calls.js';
import { type Random, random } from '../random.js';
import { float32, floats, type Memory } from '../tensors.js';
import { alonePaired, type Case, type Feature } from './case.js';

/** A call of matmul while features still change it. */
export interface MatmulDraft {
  readonly batchA: readonly number[];
  readonly batchB: readonly number[];
  /** What the two stretch to. */
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly dtype: DType;
  /** Of b, where it is packed and so may be another one. */
  readonly dtypeB?: DType;
  readonly pack?: PackMatrixOptions;
  readonly memoryA: Memory;
  readonly memoryB: Memory;
  readonly a?: (count: number) => number;
  readonly b?: (count: number) => number;
  readonly numbers: Random;
}

type MatmulFeature = Feature<MatmulDraft, MatmulOptions<FloatData>>;

const plain: Omit<MatmulDraft, 'numbers'> = {
  batchA: [],
  batchB: [],
  batch: [],
  m: 7,
  n: 21,
  k: 10,
  transposeA: false,
  transposeB: false,
  dtype: 'float32',
  memoryA: 'packed',
  memoryB: 'packed',
};

const turned = (shape: readonly [number, number], transpose: boolean): number[] => (transpose ? [shape[1], shape[0]] : [...shape]);

export function matmulCase(
  name: string,
  draft: Partial<MatmulDraft>,
  features: readonly MatmulFeature[] = [],
  options: MatmulOptions<FloatData> = {},
): Case {
  const call = (): MatmulCall => {
    let whole: MatmulDraft = { ...plain, ...draft, numbers: random(`options of ${name}`) };
    for (const { change } of features) whole = { ...whole, ...change?.(whole) };
    const { m, n, k, transposeA, transposeB, dtype, dtypeB = whole.pack ? 'float32' : dtype, pack } = whole;
    const [fillA, fillB]: [() => number, () => number] = [random(`a of ${name}`).normal, random(`b of ${name}`).normal];
    const a: Tensor<FloatData> = floats([...whole.batchA, ...turned([m, k], transposeA)], dtype, whole.a ?? fillA, whole.memoryA);
    const b: Tensor<FloatData> = floats(
      [...whole.batchB, ...turned([k, n], pack?.transpose ?? transposeB)],
      dtypeB,
      whole.b ?? fillB,
      whole.memoryB,
    );
    const transposes = { ...(transposeA ? { transposeA } : {}), ...(transposeB ? { transposeB } : {}) };
    const given = Object.assign(transposes, ...features.map((feature) => feature.options?.(whole)), options);
    return { op: 'matmul', a, b, ...(pack && { pack }), options: given };
  };
  return { name: `matmul: ${name}`, call };
}

const out =
  (dtype: (d: MatmulDraft) => DType, memory: Memory) =>
  (d: MatmulDraft): MatmulOptions<FloatData> => ({ out: floats([...d.batch, d.m, d.n], dtype(d), () => Number.NaN, memory) });

const features: readonly MatmulFeature[] = [
  { name: 'transposeA', change: () => ({ transposeA: true }) },
  { name: 'transposeB', change: () => ({ transposeB: true }) },
  { name: 'bias', kind: 'bias', options: (d) => ({ bias: float32([d.n], d.numbers.normal) }) },
  { name: 'bias with gaps', kind: 'bias', options: (d) => ({ bias: float32([d.n], d.numbers.normal, 'spread') }) },
  { name: 'relu', kind: 'activation', options: () => ({ activation: 'relu' }) },
  { name: 'gelu', kind: 'activation', options: () => ({ activation: 'gelu' }) },
  { name: 'tanh', kind: 'activation', options: () => ({ activation: 'tanh' }) },
  { name: 'sigmoid', kind: 'activation', options: () => ({ activation: 'sigmoid' }) },
  { name: 'batch', kind: 'batch', change: () => ({ batchA: [2, 3], batchB: [2, 3], batch: [2, 3] }) },
  { name: 'one b for a batch of a', kind: 'batch', change: () => ({ batchA: [2, 3], batchB: [], batch: [2, 3] }) },
  { name: 'one a for a batch of b', kind: 'batch', change: () => ({ batchA: [], batchB: [4], batch: [4] }) },
  { name: 'batches that stretch each other', kind: 'batch', change: () => ({ batchA: [3, 1], batchB: [2, 1, 4], batch: [2, 3, 4] }) },
  {
    name: 'six batch dimensions',
    kind: 'batch',
    change: () => ({ batchA: [2, 1, 2, 1, 1, 2], batchB: [1, 1, 2, 2, 1, 1], batch: [2, 1, 2, 2, 1, 2] }),
  },
  { name: 'one row', kind: 'm', change: () => ({ m: 1 }) },
  { name: 'four rows', kind: 'm', change: () => ({ m: 4 }) },
  { name: 'one column', kind: 'n', change: () => ({ n: 1 }) },
  { name: 'many columns', kind: 'n', change: () => ({ n: 133 }) },
  { name: 'nothing to sum', kind: 'k', change: () => ({ k: 0 }) },
  { name: 'one product', kind: 'k', change: () => ({ k: 1 }) },
  { name: 'long sums', kind: 'k', change: () => ({ k: 300 }) },
  { name: 'gapped a', kind: 'a', change: () => ({ memoryA: 'gapped' }) },
  { name: 'turned a', kind: 'a', change: () => ({ memoryA: 'turned' }) },
  { name: 'spread a', kind: 'a', change: () => ({ memoryA: 'spread' }) },
  { name: 'gapped b', kind: 'b', change: () => ({ memoryB: 'gapped' }) },
  { name: 'turned b', kind: 'b', change: () => ({ memoryB: 'turned' }) },
  { name: 'spread b', kind: 'b', change: () => ({ memoryB: 'spread' }) },
  { name: 'float16', kind: 'dtype', change: () => ({ dtype: 'float16' }) },
  { name: 'bfloat16', kind: 'dtype', change: () => ({ dtype: 'bfloat16' }) },
  { name: 'out', kind: 'out', options: out((d) => d.dtype, 'packed') },
  { name: 'out with gaps', kind: 'out', options: out((d) => d.dtype, 'gapped') },
  { name: 'out turned in memory', kind: 'out', options: out((d) => d.dtype, 'turned') },
  { name: 'out with its elements apart', kind: 'out', options: out((d) => d.dtype, 'spread') },
  { name: 'out in float32', kind: 'out', options: out(() => 'float32', 'packed') },
];

/** Around multiples of every target's rows and columns (test/cases.test.ts checks that they are among them). */
export const rowSizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 23, 24, 25];
export const columnSizes = [1, 3, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 48, 49, 64, 65];
const depths = [
  1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 191, 192, 193, 255, 256, 257, 319, 320, 321, 383, 384, 385, 511,
  512, 513, 1025,
];
const blocks = [95, 96, 97, 119, 120, 121, 143, 144, 145, 191, 192, 193, 240, 241, 255, 256, 257];

const activations = ['relu', 'gelu', 'tanh', 'sigmoid'] as const;
const dtypes = ['float32', 'float16', 'bfloat16'] as const;
const limits = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1e-40, -1e-40, 3e38, -3e38];
/** Each activation over several blocks of k, and where the sums are so large that it is at its limits. */
const activated: readonly Case[] = activations.flatMap((activation) => [
  ...dtypes.flatMap((dtype) =>
    [1, 4, 5, 26].flatMap((m) =>
      [false, true].map((biased) =>
        matmulCase(`${activation}, ${dtype}, ${m} rows, sums of 515${biased ? ' and a bias' : ''}`, { m, n: 35, k: 515, dtype }, [], {
          activation,
          ...(biased && { bias: float32([35], random(`bias of ${activation} ${m}`).normal) }),
        }),
      ),
    ),
  ),
  ...[1, 7].flatMap((m) => [
    matmulCase(`${activation}, ${m} rows, sums from -60 to 60`, { m, n: 121, k: 1, a: () => 1, b: (count) => count - 60 }, [], {
      activation,
    }),
    matmulCase(`${activation}, ${m} rows, NaN and Infinity`, { m, k: 1, a: () => 1, b: (count) => limits[count] ?? 0 }, [], { activation }),
    matmulCase(`${activation}, ${m} rows, nothing to sum`, { m, k: 0 }, [], { activation, bias: float32([21], (at) => at - 10) }),
  ]),
]);

const largest = 3e38;

const bfloat16s = (name: string, draft: Partial<MatmulDraft>, options: MatmulOptions<FloatData> = {}): Case =>
  matmulCase(`bfloat16, ${name}`, { ...draft, dtype: 'bfloat16' }, [], options);
const exactly = (m: number, n: number): MatmulOptions<FloatData> => ({ out: floats([m, n], 'float32', () => Number.NaN) });
/** Two neighbours in k may travel as one: odd and even sums, pairs that begin at odd places, edges of tiles, what a pair must not mix. */
const pairs: readonly Case[] = [
  ...[1, 2, 3, 4, 5, 31, 32, 33, 63, 64, 65, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025, 1537].flatMap((k) => [
    bfloat16s(`sums of ${k}`, { m: 13, n: 33, k }),
    bfloat16s(`sums of ${k}, float32 out`, { m: 13, n: 33, k }, exactly(13, 33)),
    bfloat16s(`sums of ${k}, many columns`, { m: 5, n: 161, k }, exactly(5, 161)),
    bfloat16s(`sums of ${k}, both transposed`, { m: 13, n: 33, k, transposeA: true, transposeB: true }, exactly(13, 33)),
  ]),
  ...[5, 6, 11, 12, 13, 24, 25].flatMap((m) =>
    [1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129].map((n) => bfloat16s(`${m} × ${n}`, { m, n, k: 6 }, exactly(m, n))),
  ),
  ...(['packed', 'gapped', 'turned', 'spread'] as const).flatMap((memoryA) =>
    (['packed', 'gapped', 'turned', 'spread'] as const).flatMap((memoryB) =>
      [9, 10].map((k) => bfloat16s(`${memoryA} a, ${memoryB} b, sums of ${k}`, { m: 7, n: 35, k, memoryA, memoryB }, exactly(7, 35))),
    ),
  ),
  ...[6, 7].map((k) => bfloat16s(`a batch, sums of ${k}`, { batchA: [2, 3], batchB: [3], batch: [2, 3], m: 7, k })),
  ...activations.map((activation) =>
    bfloat16s(
      `${activation} and a bias in float32`,
      { m: 26, n: 35, k: 515 },
      { ...exactly(26, 35), activation, bias: float32([35], () => 1) },
    ),
  ),
  ...(['float16', 'bfloat16'] as const).map((dtype) =>
    matmulCase(`${dtype}, sums that wait for the rest of k`, { m: 515, n: 35, k: 1100, dtype }, [], { bias: float32([35], () => 1) }),
  ),
  bfloat16s('NaN in one row of a', { k: 11, a: (count) => (count === 25 ? Number.NaN : 0.5) }),
  bfloat16s('NaN in one column of b', { k: 11, b: (count) => (count === 25 ? Number.NaN : 0.5) }),
  bfloat16s('Infinity in b', { k: 11, a: () => 1, b: (count) => (count === 40 ? Number.POSITIVE_INFINITY : 1) }),
  bfloat16s('Infinity times zero', { k: 11, a: () => 0, b: (count) => (count === 40 ? Number.POSITIVE_INFINITY : 1) }),
  bfloat16s('Infinities that cancel', { k: 2, a: (count) => (count % 2 ? -1 : 1), b: () => Number.POSITIVE_INFINITY }),
  bfloat16s('large numbers that cancel', { k: 2, a: (count) => (count % 2 ? -(2 ** 63) : 2 ** 63), b: () => 2 ** 63 }),
  bfloat16s('near the largest number', { k: 1, a: () => largest, b: (count) => (count % 2 ? 1 : -1) }),
  bfloat16s('subnormal inputs', { k: 5, a: (count) => (count + 1) * 2 ** -133, b: () => 1024 }, exactly(7, 21)),
  bfloat16s('subnormal inputs beside others', { k: 5, a: (count) => (count % 2 ? 2 ** -130 : 0.5), b: () => 3 }, exactly(7, 21)),
  bfloat16s('subnormal products', { k: 5, a: () => 2 ** -70, b: () => 2 ** -70 }, exactly(7, 21)),
];

export const matmulCases: readonly Case[] = [
  ...rowSizes.flatMap((m) => columnSizes.map((n) => matmulCase(`${m} × ${n}`, { m, n, k: 5 }))),
  ...depths.map((k) => matmulCase(`sums of ${k}`, { m: 13, n: 33, k })),
  ...depths.map((k) => matmulCase(`sums of ${k}, one row`, { m: 1, n: 33, k })),
  ...depths.map((k) => matmulCase(`sums of ${k}, one row, b transposed`, { m: 1, n: 11, k, transposeB: true })),
  ...blocks.map((m) => matmulCase(`${m} rows`, { m, n: 9, k: 6 })),
  ...[...blocks, 511, 512, 513, 1023, 1024, 1025, 2049, 4097].map((n) => matmulCase(`${n} columns`, { m: 5, n, k: 3 })),
  ...activated,
  ...pairs,
  matmulCase('blocks in every direction', { m: 149, n: 150, k: 151 }),
  // a single block of a, and two: b is packed some panels at a time, or all of them
  ...[53, 203].flatMap((m) =>
    [false, true].map((transposeB) =>
      matmulCase(`${m} × 277, sums of 515${transposeB ? ', b transposed' : ''}`, { m, n: 277, k: 515, transposeB }),
    ),
  ),
  ...[1, 2, 3, 4].map((m) => matmulCase(`${m} × 2100, sums of 19`, { m, n: 2100, k: 19 })), // more columns than are streamed at a time
  ...alonePaired(features).map((some) => matmulCase(some.map((feature) => feature.name).join(' + '), {}, some)),
  ...(['m', 'n', 'k'] as const).map((size) => matmulCase(`${size} = 0`, { [size]: 0 })),
  matmulCase('an empty batch', { batchA: [0, 3], batchB: [3], batch: [0, 3] }),
  matmulCase('a batch of one against an empty one', { batchA: [1], batchB: [0], batch: [0] }),
  matmulCase('large numbers that cancel', { k: 2, a: (count) => (count % 2 ? -1e19 : 1e19), b: () => 1e19 }),
  matmulCase('near the largest number', { k: 1, a: () => largest, b: (count) => (count % 2 ? 1 : -1) }),
  matmulCase('subnormal products', { a: () => 3e-23, b: () => 2e-20 }),
  matmulCase('subnormal inputs', { a: (count) => count * 1e-41, b: () => 1024 }),
  matmulCase('NaN in one row of a', { a: (count) => (count === 25 ? Number.NaN : 0.5) }),
  matmulCase('NaN in one column of b', { b: (count) => (count === 25 ? Number.NaN : 0.5) }),
  matmulCase('Infinity in b', { a: () => 1, b: (count) => (count === 40 ? Number.POSITIVE_INFINITY : 1) }),
  matmulCase('Infinity times zero', { a: () => 0, b: (count) => (count === 40 ? Number.POSITIVE_INFINITY : 1) }),
  matmulCase('past the largest float16', { dtype: 'float16', a: () => 300, b: (count) => (count % 2 ? 300 : -300) }),
  matmulCase('subnormal float16', { dtype: 'float16', a: (count) => count * 2 ** -24, b: () => 0.5 }),
  matmulCase('subnormal bfloat16', { dtype: 'bfloat16', k: 1, a: (count) => count * 2 ** -133, b: () => 1 }),
];
