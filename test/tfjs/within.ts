/** Tensors of TensorFlow.js beside numbers that know how far they may be off. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { exact, type Inexact } from '../inexact.js';

/** Every element within its own bound, and none of them missing. */
export function expectWithin(found: Tensor, expected: readonly Inexact[], what: string): void {
  const numbers = [...found.dataSync()];
  expect(numbers.length, what).toBe(expected.length);
  const wrong = expected.flatMap(({ value, error }, i) => {
    const off = Math.abs((numbers[i] ?? Number.NaN) - value);
    return off <= error + Math.abs(value) * 2 ** -24 ? [] : [`${what}[${i}] is ${numbers[i]}, expected ${value} within ${error}`];
  });
  expect(wrong.slice(0, 5), `${wrong.length} of ${expected.length} elements`).toEqual([]);
}

/** `[b, s, d]` as rows of numbers that are what they are. */
export function rowsOf(x: Tensor): Inexact[][][] {
  return (x.arraySync() as number[][][]).map((sequence) => sequence.map((row) => row.map(exact)));
}
