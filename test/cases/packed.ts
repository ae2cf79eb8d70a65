/** matmul of a packed b: every dtype, few rows and many, columns and sums around the borders of panels and blocks. */
import type { FloatData, MatmulOptions, PackedDType } from '../../src/types.js';
import { random } from '../random.js';
import { float32, floats } from '../tensors.js';
import type { Case } from './case.js';
import { type MatmulDraft, matmulCase } from './matmul.js';

const dtypes: readonly PackedDType[] = ['float32', 'bfloat16', 'int8'];
const halves = ['float16', 'bfloat16'] as const;

function packedCase(name: string, dtype: PackedDType, draft: Partial<MatmulDraft>, options: MatmulOptions<FloatData> = {}): Case {
  return matmulCase(`packed ${dtype}, ${name}`, { ...draft, pack: { ...draft.pack, dtype } }, [], options);
}

const finish = (n: number, name: string): MatmulOptions<FloatData> => ({
  bias: float32([n], random(`bias of ${name}`).normal),
  activation: 'gelu',
});
const outs = (m: number, n: number) => (['float32', ...halves] as const).map((dtype) => floats([m, n], dtype, () => Number.NaN, 'gapped'));

const rows = [1, 2, 3, 4, 5, 26, 200];
/** Around multiples of every target's panel: 8, 12, 16 and 32 columns. */
const columns = [1, 7, 8, 9, 11, 12, 13, 15, 16, 17, 31, 32, 33, 63, 64, 65, 97];
const depths = [1, 2, 3, 4, 5, 7, 8, 255, 256, 257, 513];
const limits = [3e38, -3e38, 3.4028234663852886e38, 1e-38, 1e-40, -1e-45, 0, -0, 1];

export const packedCases: readonly Case[] = dtypes
  .flatMap((dtype) => [
    ...rows.flatMap((m) => [
      packedCase(`${m} rows`, dtype, { m, n: 35, k: 515 }),
      packedCase(`${m} rows, bias and gelu`, dtype, { m, n: 35, k: 515 }, finish(35, `${m} rows`)),
      ...halves.map((half) => packedCase(`${m} rows of ${half}`, dtype, { m, n: 35, k: 515, dtype: half }, finish(35, half))),
    ]),
    ...[1, 3, 6].flatMap((m) => columns.map((n) => packedCase(`${m} × ${n}`, dtype, { m, n, k: 5 }))),
    ...[1, 2, 4, 5].flatMap((m) => depths.map((k) => packedCase(`${m} rows, sums of ${k}`, dtype, { m, n: 33, k }))),
    ...[1, 5].map((m) => packedCase(`${m} rows, columns of two tasks`, dtype, { m, n: 1030, k: 7 })),
    ...[2, 9].flatMap((m) => [
      ...outs(m, 33).map((out) =>
        packedCase(
          `${m} rows, out with gaps in ${out.dtype ?? 'float32'}`,
          dtype,
          { m, n: 33, k: 300, dtype: out.dtype ?? 'float32' },
          { out },
        ),
      ),
      packedCase(
        `${m} rows, half in, float32 out`,
        dtype,
        { m, n: 33, k: 300, dtype: 'float16' },
        { out: floats([m, 33], 'float32', () => Number.NaN) },
      ),
      packedCase(`${m} rows, b transposed`, dtype, { m, n: 33, k: 37, pack: { transpose: true } }),
      packedCase(`${m} rows, a transposed`, dtype, { m, n: 33, k: 37, transposeA: true }),
      ...halves.map((half) => packedCase(`${m} rows, b in ${half}`, dtype, { m, n: 33, k: 37, dtypeB: half })),
      ...(['gapped', 'turned', 'spread'] as const).flatMap((memory) => [
        packedCase(`${m} rows, ${memory} b`, dtype, { m, n: 33, k: 37, memoryB: memory }),
        packedCase(`${m} rows, ${memory} b in float16`, dtype, {
          m,
          n: 33,
          k: 37,
          memoryB: memory,
          dtypeB: 'float16',
          pack: { transpose: true },
        }),
      ]),
      packedCase(`${m} rows, a batch of a in one piece`, dtype, { batchA: [2, 3], batch: [2, 3], m, n: 33 }),
      packedCase(`${m} rows, a batch of turned a`, dtype, { batchA: [2, 3], batch: [2, 3], m, n: 33, memoryA: 'turned' }),
      packedCase(`${m} rows, nothing to sum`, dtype, { m, k: 0 }, finish(21, 'nothing')),
      packedCase(`${m} rows, no columns`, dtype, { m, n: 0 }),
      packedCase(`${m} rows, columns of zeros`, dtype, { m, b: (count) => (count % 21 < 5 ? 0 : 1) }),
      packedCase(`${m} rows, columns far apart in size`, dtype, { m, b: (count) => Math.sin(count) * 10 ** ((count % 21) - 10) }),
      packedCase(`${m} rows, the largest and the smallest numbers`, dtype, { m, n: 9, k: 1, a: () => 1, b: (count) => limits[count] ?? 0 }),
    ]),
    packedCase('no rows', dtype, { m: 0 }),
  ])
  .concat(
    (['float32', 'bfloat16'] as const).flatMap((dtype) =>
      [3, 7].map((m) =>
        packedCase(`${m} rows, NaN and Infinity in b`, dtype, {
          m,
          b: (count) => [Number.NaN, Number.POSITIVE_INFINITY][count - 25] ?? 0.5,
        }),
      ),
    ),
  );
