/** Wasm cuts calls that pass over much memory: they have the bits of calls that are not cut, and reach no other element. */
import { describe, expect, test } from 'vitest';
import { piecesOf } from '../src/backend/wasm/pieces.js';
import * as fovea from '../src/node.js';
import { planMatmul } from '../src/plan/matmul.js';
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
