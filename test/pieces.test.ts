/** Wasm cuts calls that pass over much memory: they have the bits of calls that are not cut, and reach no other element. */
import { describe, expect, test } from 'vitest';
import { piecesOf } from '../src/backend/wasm/pieces.js';
import * as fovea from '../src/node.js';
import { finish, opsOf } from '../src/ops/steps.js';
import { planActivate } from '../src/plan/activate.js';
import { planMatmul } from '../src/plan/matmul.js';
import { planMultiply } from '../src/plan/multiply.js';
import { planPool } from '../src/plan/pool.js';
import { planSoftmax } from '../src/plan/softmax.js';
import { random } from './random.js';
import { label, targets, use } from './targets.js';

const { normal } = random('pieces');
const bytesOf = (data: Float32Array) => new Uint8Array(data.buffer);
const numbers = (length: number) => Float32Array.from({ length }, normal);

const rows = 300;
const length = 1111;
const x = { data: numbers(rows * 1200), shape: [rows, length], strides: [1200, 1] };
const mask = { data: Uint8Array.from({ length }, (_, i) => i % 3), shape: [length] };
const gapped = () => ({ data: new Float32Array(rows * 1150).fill(7), shape: [rows, length], strides: [1150, 1] });

const n = 1030;
const k = 205;
const row = numbers(k);
const b = numbers(n * k);
const bias = { data: numbers(n), shape: [n] };
const layouts = [
  { name: 'rows', b: { data: b, shape: [k, n] }, transposeB: false },
  { name: 'columns', b: { data: b, shape: [n, k] }, transposeB: true },
];

/** Maps `[3, 300, 500]`, with gaps between rows, and the same turned: rows that do not lie apart. */
const maps = { data: numbers(3 * 300 * 520), shape: [3, 300, 500], strides: [300 * 520, 520, 1] };
const turned = { data: maps.data, shape: [3, 500, 300], strides: [300 * 520, 1, 520] };
const factor = { data: numbers(3 * 500), shape: [3, 500] };
const scalars = { data: numbers(3 * 300), shape: maps.shape, strides: [300, 1, 0] };

/** One of the images, which is a piece on its own only if it is small. */
const imageOf = ({ data, shape, strides }: fovea.Tensor, b: number, rows: readonly [number, number] = [0, shape[1] ?? 0]) => ({
  data,
  shape: [1, rows[1] - rows[0], shape[2] ?? 0],
  strides,
  offset: b * (strides?.[0] ?? 0) + rows[0] * (strides?.[1] ?? 0),
});

describe.each(targets.filter(({ name }) => name === 'wasm').map((target) => ({ name: label(target), target })))('$name', ({ target }) => {
  test('softmax', () => {
    expect(piecesOf(planSoftmax('softmax', x, { mask }, 1).plan, 1)?.length).toBeGreaterThan(3);
    use(target);
    const out = gapped();
    fovea.softmax(x, { mask, out });
    const alone = gapped();
    for (let r = 0; r < rows; r++) {
      const one = { data: alone.data.subarray(r * 1150, r * 1150 + length), shape: [1, length] };
      fovea.softmax({ data: x.data.subarray(r * 1200, r * 1200 + length), shape: [1, length] }, { mask, out: one });
    }
    expect(Buffer.compare(bytesOf(out.data), bytesOf(alone.data))).toBe(0);
  });

  test('pool', () => {
    const { plan } = planPool('pool', maps, { factor });
    expect(piecesOf(plan, 1)?.length).toBe(9);
    expect(piecesOf(planPool('pool', turned).plan, 1)?.length).toBe(3);
    use(target);
    const ops = opsOf('pool');
    const whole = finish('pool', undefined, () => ops.pool(maps, { factor })).data;
    for (let b = 0; b < 3; b++) {
      for (let r = 0; r < 300; r++) {
        const own = { data: factor.data.subarray(500 * b, 500 * b + 500), shape: [1, 500] };
        const one = finish('pool', undefined, () => ops.pool(imageOf(maps, b, [r, r + 1]), { factor: own })).data;
        expect([whole[300 * b + r], whole[900 + 300 * b + r]]).toEqual([...one]);
      }
    }
    const columns = finish('pool', undefined, () => ops.pool(turned)).data;
    for (let b = 0; b < 3; b++) {
      const one = finish('pool', undefined, () => ops.pool(imageOf(turned, b))).data;
      expect(columns.subarray(500 * b, 500 * b + 500)).toEqual(one.subarray(0, 500));
    }
  });

  test('multiply', () => {
    const out = { data: new Float32Array(3 * 300 * 510).fill(7), shape: maps.shape, strides: [300 * 510, 510, 1] };
    const y = { ...factor, shape: maps.shape, strides: [500, 0, 1] };
    const parts = { y, z: scalars, plus: maps, out };
    expect(piecesOf(planMultiply('multiply', maps, parts).plan, 1)?.length).toBe(9);
    expect(piecesOf(planMultiply('multiply', { ...maps, strides: [0, 520, 1] }, parts).plan, 1)).toBeUndefined();
    use(target);
    finish('multiply', undefined, () => opsOf('multiply').multiply(maps, parts));
    for (let b = 0; b < 3; b++) {
      for (let r = 0; r < 300; r++) {
        const row = out.data.subarray((300 * b + r) * 510, (300 * b + r + 1) * 510);
        const one = { data: new Float32Array(510).fill(7), shape: [1, 1, 500] };
        const at = (tensor: fovea.Tensor) => imageOf(tensor, b, [r, r + 1]);
        finish('multiply', undefined, () => opsOf('multiply').multiply(at(maps), { y: at(y), z: at(scalars), plus: at(maps), out: one }));
        expect(row).toEqual(one.data);
      }
    }
  });

  test('gelu', () => {
    const whole = { data: x.data, shape: [x.data.length] };
    expect(piecesOf(planActivate('gelu', whole, undefined).plan, 1)?.length).toBeGreaterThan(3);
    use(target);
    const out = { data: new Float32Array(2 * x.data.length).fill(7), shape: whole.shape, strides: [2] };
    fovea.gelu(whole, { out });
    const parts = Array.from({ length: rows }, (_, r) => [
      ...fovea.gelu({ data: x.data.subarray(r * 1200, (r + 1) * 1200), shape: [1200] }).data,
    ]).flat();
    expect(out.data.filter((_, i) => i % 2 === 0)).toEqual(Float32Array.from(parts));
    expect(out.data.every((value, i) => i % 2 === 0 || value === 7)).toBe(true);
  });

  test.each(layouts)('a row times a matrix of contiguous $name', ({ b, transposeB }) => {
    const options = { bias, activation: 'gelu', transposeB } as const;
    const a = { data: row, shape: [1, k] };
    expect(piecesOf(planMatmul(a, b, options).plan, 1)?.length).toBeGreaterThan(3);
    use(target);
    const two = fovea.matmul({ data: Float32Array.of(...row, ...row), shape: [2, k] }, b, options); // which is not cut
    expect(fovea.matmul(a, b, options).data).toEqual(two.data.subarray(0, n));
  });
});

test('what reaches the same memory again and again is not cut', () => {
  const columns = { data: new Float32Array(600 * 600), shape: [600, 600] };
  expect(piecesOf(planSoftmax('softmax', columns, { axis: 0 }, 1).plan, 1)).toBeUndefined();
  const shared = { data: new Float32Array(1100), shape: [1000, 100], strides: [1, 1] };
  expect(piecesOf(planSoftmax('softmax', shared, undefined, 1).plan, 1)).toBeUndefined();
});
