/** What the promise twins copy: the stretch that views touch, once where inputs share it, and nothing of what is written. */
import { describe, expect, test } from 'vitest';
import { ownMemory } from '../src/plan/async.js';
import { planAttention } from '../src/plan/attention.js';
import { planMatmul } from '../src/plan/matmul.js';
import { eachElement } from './tensors.js';

const counting = (length: number) => Float32Array.from({ length }, (_, i) => i);

/** Numbers of a view in row-major order. */
function numbers(view: { data: ArrayLike<number>; offset: number; strides: readonly number[] }, shape: number[]): number[] {
  const found: number[] = [];
  eachElement({ shape, strides: view.strides, offset: view.offset }, (place) => found.push(view.data[place] ?? Number.NaN));
  return found;
}

describe('ownMemory', () => {
  test('copies the touched stretch only', () => {
    const a = { data: counting(1000), shape: [2, 3], strides: [100, 2], offset: 500 };
    const { plan } = planMatmul(a, { data: counting(12), shape: [3, 4] }, undefined);
    const own = ownMemory('matmul', plan, true);
    expect(own.a.data.buffer).not.toBe(a.data.buffer);
    expect(own.a.data.buffer.byteLength).toBe(105 * 4);
    expect(numbers(own.a, [2, 3])).toEqual([500, 502, 504, 600, 602, 604]);
    expect(own.out.data).toBe(plan.out.data);
  });

  test('what inputs share is copied once, however it interleaves', () => {
    // Query, key and value as columns of one matrix [s, 3, d], as a linear layer gives them.
    const data = counting(5 * 12);
    const part = (offset: number) => ({ data, shape: [5, 4], strides: [12, 1], offset });
    const { plan } = planAttention(part(0), part(4), part(8), undefined);
    const own = ownMemory('attention', plan, true);
    expect(new Set([own.q, own.k, own.v].map(({ data: copy }) => copy.buffer)).size).toBe(1);
    expect(own.q.data.buffer.byteLength).toBe(60 * 4);
    for (const name of ['q', 'k', 'v'] as const) expect(numbers(own[name], [1, 1, 5, 4])).toEqual(numbers(plan[name], [1, 1, 5, 4]));
  });

  test('arrays of different kinds in one buffer keep their alignment', () => {
    const buffer = new ArrayBuffer(256);
    const mask = new Uint8Array(buffer, 1, 25).fill(1);
    const keyLengths = new Int32Array(buffer, 28, 1).fill(4);
    const q = { data: new Float32Array(buffer, 36, 20).fill(2), shape: [1, 1, 5, 4] };
    const { plan } = planAttention(q, q, q, { mask: { data: mask, shape: [5, 5] }, keyLengths });
    const own = ownMemory('attention', plan, true);
    mask.fill(0);
    keyLengths.fill(0);
    q.data.fill(0);
    expect([...new Set(own.mask?.data)]).toEqual([1]);
    expect([...(own.keyLengths ?? [])]).toEqual([4]);
    expect([...new Set(own.v.data)]).toEqual([2]);
  });

  test('tensors without elements copy nothing', () => {
    const q = { data: new Float32Array(8), shape: [1, 1, 0, 4] };
    const k = { data: new Float32Array(8), shape: [1, 1, 2, 4] };
    const { plan } = planAttention(q, k, k, undefined);
    const own = ownMemory('attention', plan, true);
    expect(own.q.data.length).toBe(0);
    expect(own.k.data.length).toBe(8);
  });

  test('copy: false hands on the very arrays', () => {
    const a = { data: counting(4), shape: [2, 2] };
    const { plan } = planMatmul(a, a, undefined);
    expect(ownMemory('matmul', plan, false)).toBe(plan);
  });
});
