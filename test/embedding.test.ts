/** embedding: rows of tables of any dtype and strides, by ids of any shape, into any `out`. */
import { expect, it } from 'vitest';
import { embedding } from '../src/node.js';
import type { DType } from '../src/types.js';
import { random } from './random.js';
import { dense, float32, floats, type Memory } from './tensors.js';

const { normal, integer } = random('embedding');
const [rows, width] = [11, 7];
const memories: readonly Memory[] = ['packed', 'gapped', 'turned', 'spread'];
const shapes = [[], [1], [5], [3, 4], [2, 1, 3], [0], [2, 0, 3]];
const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

it.each<[DType, DType]>([
  ['float32', 'float32'],
  ['float16', 'float16'],
  ['bfloat16', 'bfloat16'],
  ['float16', 'float32'],
  ['bfloat16', 'float32'],
])('a table in %s, a result in %s', (dtype, outDtype) => {
  for (const shape of shapes)
    for (const memory of memories)
      for (const outMemory of memories) {
        const table = floats([rows, width], dtype, normal, memory);
        const ids = { data: Int32Array.from({ length: sizeOf(shape) }, () => integer(0, rows - 1)), shape };
        const numbers = dense(table).data;
        const expected = [...ids.data].flatMap((id) => [...numbers.subarray(id * width, (id + 1) * width)]);
        const out = floats([...shape, width], outDtype, () => Number.NaN, outMemory);
        expect(embedding(ids, table, { out })).toBe(out);
        expect([...dense(out).data]).toEqual(expected);
        const fresh = embedding(ids, table);
        expect(fresh).toMatchObject({ shape: [...shape, width], ...(dtype !== 'float32' && { dtype }) });
        expect([...dense(fresh).data]).toEqual(expected);
      }
});

it('ids with strides and an offset, and as a bare array', () => {
  const table = float32([rows, 2], (at) => at);
  const ids = { data: Int32Array.of(9, 9, 1, 9, 2, 9, 3, 9, 4), shape: [2, 2], strides: [2, 4], offset: 2 };
  expect([...embedding(ids, table).data]).toEqual([2, 3, 6, 7, 4, 5, 8, 9]);
  expect(embedding(Int32Array.of(10, 0), table)).toEqual({ data: Float32Array.of(20, 21, 0, 1), shape: [2, 2] });
});

it('a table of nothing', () => {
  expect(embedding(new Int32Array(0), float32([0, 3], normal)).shape).toEqual([0, 3]);
  expect(embedding(Int32Array.of(1, 0), float32([2, 0], normal)).shape).toEqual([2, 0]);
});
