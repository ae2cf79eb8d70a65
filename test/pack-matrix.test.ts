/** packMatrix: how near its numbers lie, what a caller may get wrong, and what becomes of its memory. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { active } from '../src/backend/select.js';
import {
  attention,
  FoveaError,
  matmul,
  matmulAsync,
  type PackedDType,
  type PackedMatrix,
  packMatrix,
  setBackend,
  type Tensor,
} from '../src/node.js';
import { type Anything, zeros } from './bad-input/row.js';
import { jsonOf } from './child.js';
import { stepsOf } from './packed-weights.js';
import { random } from './random.js';
import { label, targets, use } from './targets.js';
import { dense, float32 } from './tensors.js';
import { thrown } from './thrown.js';

const dtypes: readonly PackedDType[] = ['float32', 'bfloat16', 'int8'];
const [k, n] = [37, 45];
const matrix = (): Tensor => float32([k, n], random('a matrix to pack').normal);
const identity = float32([k, k], (count) => Number(count % (k + 1) === 0));

describe.each(targets.map((target) => [label(target), target] as const))('%s', (_, target) => {
  beforeAll(() => use(target));
  afterAll(() => setBackend('auto'));

  it.each(dtypes)('every number of %s lies as near as design.md says', (dtype) => {
    const b = matrix();
    const packed = packMatrix(b, { dtype });
    const exact = dense(b).data;
    const steps = stepsOf(exact, n);
    const allowed = {
      float32: () => 0,
      bfloat16: (x: number) => Math.abs(x) * 2 ** -8,
      int8: (_x: number, at: number) => (steps[at % n] ?? 0) * (0.5 + 127 * 2 ** -24), // half a step, and step · whole number rounded
    }[dtype];
    const kept = matmul(identity, packed).data;
    const errors = exact.map((x, at) => Math.abs((kept[at] ?? Number.NaN) - x) - allowed(x, at));
    expect(Math.max(...errors)).toBeLessThanOrEqual(0);
    if (dtype !== 'float32') expect(exact.some((x, at) => Math.abs((kept[at] ?? 0) - x) > allowed(x, at) / 2)).toBe(true);
    packed.dispose();
  });

  it('says what it is, and takes what its dtype needs', () => {
    const made = dtypes.map((dtype) => packMatrix(zeros(64, 96), { dtype }));
    for (const [i, packed] of made.entries()) expect([packed.shape, packed.dtype]).toEqual([[64, 96], dtypes[i]]);
    expect(made.map(({ bytes }) => bytes)).toEqual([64 * 96 * 4, 64 * 96 * 2, 64 * 96 + 96 * 4]);
    expect(packMatrix(zeros(3, 5), { transpose: true }).shape).toEqual([5, 3]);
  });

  it('is a copy: b may change', () => {
    const b = matrix();
    const packed = packMatrix(b);
    const before = matmul(identity, packed).data;
    b.data.fill(7);
    expect(matmul(identity, packed).data).toEqual(before);
  });

  it('stays right while other memory comes and goes', () => {
    const all = Array.from({ length: 20 }, (_, i) =>
      packMatrix(
        float32([9, 33], () => i),
        { dtype: dtypes[i % 3] },
      ),
    );
    for (const packed of all.slice(0, 10)) packed.dispose();
    const large = packMatrix(zeros(1024, 1024));
    const one = float32([1, 9], (count) => Number(count === 0));
    for (const [i, packed] of all.entries()) if (i >= 10) expect(matmul(one, packed).data[32]).toBeCloseTo(i, 4);
    large.dispose();
  });

  it('a twin runs to its end though b is disposed of and its memory used again', async () => {
    const [b, a] = [matrix(), float32([6, k], random('a twin').normal)];
    const packed = packMatrix(b);
    const expected = matmul(a, packed).data;
    const running = [matmulAsync(a, packed), matmulAsync(a, packed, { copy: false }), matmulAsync(a, packed)];
    packed.dispose();
    const other = packMatrix(float32([k, n], () => Number.NaN));
    for (const { data } of await Promise.all(running)) expect(data).toEqual(expected);
    other.dispose();
  });

  it('a twin that is aborted lets its memory go', async () => {
    const packed = packMatrix(matrix());
    const stop = new AbortController();
    const running = matmulAsync(identity, packed, { signal: stop.signal });
    packed.dispose();
    stop.abort();
    await running.catch((error: unknown) => expect(error).toMatchObject({ code: 'ERR_ABORTED' }));
  });

  it('a failed one leaves no memory behind', () => {
    if (target.name !== 'wasm') return;
    const end = () => active('test').memory.allocate(64).view().byteOffset;
    const before = end();
    for (let i = 0; i < 10; i++)
      expect(() =>
        packMatrix(
          float32([512, 512], () => Number.NaN),
          { dtype: 'int8' },
        ),
      ).toThrow();
    expect(end() - before).toBeLessThan(512 * 512);
  });
});

describe.each(targets.map((target) => [label(target), target] as const))('%s: bad input', (_, target) => {
  beforeAll(() => use(target));
  afterAll(() => setBackend('auto'));
  const packed = () => packMatrix(zeros(5, 4));
  const rows: readonly [string, () => unknown, string, readonly string[]][] = [
    ['no matrix', () => (packMatrix as Anything)(), 'ERR_DTYPE', ['packMatrix: b has no value', 'a tensor']],
    ['numbers that are none', () => packMatrix({ data: new Int32Array(4), shape: [2, 2] } as Anything), 'ERR_DTYPE', ['Int32Array']],
    ['rank 1', () => packMatrix(zeros(5)), 'ERR_SHAPE', ['b has rank 1', 'rank 2']],
    ['a batch', () => packMatrix(zeros(2, 5, 4)), 'ERR_SHAPE', ['b has rank 3', 'b is [2, 5, 4]']],
    ['data that is too short', () => packMatrix({ data: new Float32Array(5), shape: [2, 3] }), 'ERR_SHAPE', ['5 elements', 'at least 6']],
    [
      'an unknown dtype',
      () => packMatrix(zeros(5, 4), { dtype: 'float16' as Anything }),
      'ERR_OPTION',
      ["'float16'", "'bfloat16'", "'int8'"],
    ],
    ['a misspelt option', () => packMatrix(zeros(5, 4), { transposed: true } as Anything), 'ERR_OPTION', ["did you mean 'transpose'"]],
    [
      'NaN in int8',
      () =>
        packMatrix(
          float32([5, 4], (at) => (at === 6 ? Number.NaN : 1)),
          { dtype: 'int8' },
        ),
      'ERR_OPTION',
      ['NaN', 'row 1, column 2'],
    ],
    [
      'Infinity in int8',
      () =>
        packMatrix(
          float32([2, 2], () => -Infinity),
          { dtype: 'int8' },
        ),
      'ERR_OPTION',
      ['-Infinity at row 0, column 0'],
    ],
    [
      'more than there is memory',
      () => packMatrix({ data: new Float32Array(1), shape: [2 ** 25, 2 ** 25], strides: [0, 0] }),
      'ERR_OUT_OF_MEMORY',
      ['packMatrix'],
    ],
    [
      'an option of a twin that it has not',
      () => packMatrix(zeros(2, 2), { signal: 1 } as Anything),
      'ERR_OPTION',
      ["unknown option 'signal'"],
    ],
    ['another k', () => matmul(zeros(3, 6), packed()), 'ERR_SHAPE', ['b has 5 rows', 'expected 6', 'a is [3, 6], b is [5, 4]']],
    [
      'another k, a transposed',
      () => matmul(zeros(3, 5), packed(), { transposeA: true }),
      'ERR_SHAPE',
      ['b has 5 rows', 'expected 3', 'a is [3, 5] transposed'],
    ],
    ['a vector for a', () => matmul(zeros(5), packed()), 'ERR_SHAPE', ['a has rank 1']],
    ['ids for a', () => matmul({ data: new Int32Array(15), shape: [3, 5] } as Anything, packed()), 'ERR_DTYPE', ['a has', 'Int32Array']],
    ['half numbers without a dtype', () => matmul({ data: new Uint16Array(15), shape: [3, 5] }, packed()), 'ERR_DTYPE', ['without dtype']],
    ['a bias of another length', () => matmul(zeros(3, 5), packed(), { bias: zeros(5) }), 'ERR_SHAPE', ['bias']],
    [
      'out in a half type that a is not in',
      () => matmul(zeros(3, 5), packed(), { out: { data: new Uint16Array(12), shape: [3, 4], dtype: 'bfloat16' } }),
      'ERR_DTYPE',
      ['out has dtype bfloat16', 'expected float32'],
    ],
    [
      'out over a',
      () => {
        const data = new Float32Array(15);
        return matmul({ data, shape: [3, 5] }, packed(), { out: { data, shape: [3, 4] } });
      },
      'ERR_OPTION',
      ['out is overlapping a'],
    ],
    [
      'transposeB',
      () => matmul(zeros(3, 5), packed(), { transposeB: true }),
      'ERR_OPTION',
      ['transposeB is true', 'packMatrix', 'transpose'],
    ],
    ['as a', () => matmul(packed() as Anything, zeros(4, 2)), 'ERR_DTYPE', ['matmul: a has']],
    ['as a key', () => attention(zeros(3, 4), packed() as Anything, zeros(5, 4)), 'ERR_DTYPE', ['key has']],
    ['a copy of its fields', () => matmul(zeros(3, 5), { ...packed() } as Anything), 'ERR_DTYPE', ['b has']],
    ['out of another shape', () => matmul(zeros(3, 5), packed(), { out: zeros(3, 5) }), 'ERR_SHAPE', ['out', '[3, 4]']],
  ];

  it.each(rows)('%s', (_, call, code, words) => {
    const error = thrown(call);
    expect(error).toBeInstanceOf(FoveaError);
    expect(error).toMatchObject({ code });
    for (const word of words) expect(String(error)).toContain(word);
  });

  it.each(['matmul', 'its twin'])('on any other target is ERR_BACKEND, and nothing is written: %s', async (which) => {
    const [b, out] = [packed(), { ...zeros(3, 4), data: new Float32Array(12).fill(7) }];
    const call = async () => (which === 'matmul' ? matmul(zeros(3, 5), b, { out }) : matmulAsync(zeros(3, 5), b, { out }));
    for (const other of targets) {
      if (other === target) continue;
      use(other);
      await expect(call(), label(other)).rejects.toMatchObject({
        code: 'ERR_BACKEND',
        message: `matmul: b is packed for ${label(target)}, expected ${label(other)}, which is chosen now (after setBackend a matrix is packed anew)`,
      });
    }
    use(target);
    expect(out.data).toEqual(new Float32Array(12).fill(7));
    expect(matmul(zeros(3, 5), b, { out }).data).toEqual(new Float32Array(12));
  });

  it('is ERR_DISPOSED after dispose, which may be called twice', async () => {
    const b = packed();
    b.dispose();
    b.dispose();
    expect(b.bytes).toBe(0);
    expect(thrown(() => matmul(zeros(3, 5), b))).toMatchObject({ code: 'ERR_DISPOSED', message: expect.stringContaining('packed matrix') });
    await expect(matmulAsync(zeros(3, 5), b)).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
  });

  it('Symbol.dispose ends it, where the engine has that symbol', () => {
    const b: PackedMatrix = packed();
    if (Symbol.dispose === undefined) return;
    b[Symbol.dispose]();
    expect(b.bytes).toBe(0);
  });
});

describe('memory', () => {
  it('comes back when a matrix is forgotten: native, where it counts as external', () => {
    const [most = 0, after = 0] = jsonOf(
      `
      import { matmul, packMatrix } from 'fovea';
      const settle = async () => { for (let i = 0; i < 5; i++) { await new Promise((done) => setTimeout(done, 10)); globalThis.gc(); } };
      const weights = { data: new Float32Array(512 * 512), shape: [512, 512] };
      const x = { data: new Float32Array(512), shape: [1, 512] };
      const taken = () => process.memoryUsage().arrayBuffers / 2 ** 20;
      const before = taken();
      let most = 0;
      for (let i = 0; i < 40; i++) {
        for (let j = 0; j < 8; j++) matmul(x, packMatrix(weights));
        most = Math.max(most, taken() - before);
        await settle();
      }
      console.log(JSON.stringify([most, taken() - before]));
    `,
      { flags: ['--expose-gc', '--input-type=module'], env: { FOVEA_BACKEND: 'native' } },
    ) as number[];
    expect(most).toBeGreaterThan(7); // eight of 1 MB
    expect(most).toBeLessThan(100); // 320 MB went through
    expect(after).toBeLessThan(8);
  });

  it('comes back when a matrix is forgotten: wasm', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    setBackend('wasm');
    const end = () => active('test').memory.allocate(64).view().byteOffset;
    const kept = packMatrix(float32([5, 4], () => 1));
    const before = end();
    let most = 0;
    for (let i = 0; i < 200; i++) {
      for (let j = 0; j < 4; j++) matmul(zeros(1, 512), packMatrix(zeros(512, 512)));
      most = Math.max(most, end());
      collect();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    expect((most - before) / 2 ** 20).toBeLessThan(200); // 800 MB went through
    expect([
      ...matmul(
        float32([1, 5], () => 1),
        kept,
      ).data,
    ]).toEqual([5, 5, 5, 5]);
    setBackend('auto');
  });
});
