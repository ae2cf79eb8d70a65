/** A call within a call: arrays of a caller's own class run code whenever fovea asks them something, and that code may call fovea. */
import { describe, expect, test } from 'vitest';
import { attention, matmul } from '../src/index.js';
import { label, targets, use } from './targets.js';

const numbers = (length: number, from: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(from + i));

/** Does something, at most ten times, whenever its length is asked for. */
function nosy(data: Float32Array, act: () => void): Float32Array {
  let left = 10;
  class Nosy extends Float32Array {
    override get length(): number {
      if (left-- > 0) act();
      return super.length;
    }
  }
  return new Nosy(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / 4);
}

describe.each(targets.map((target) => [label(target), target] as const))('%s', (_, target) => {
  test.each([8, 512])('%i numbers a tensor', (size) => {
    use(target);
    const [q, k, v] = [1, 2, 3].map((from) => ({ data: numbers(2 * size, from), shape: [1, 1, 2, size] })) as [never, never, never];
    const tensors: { data: Float32Array; shape: number[] }[] = [q, k, v];
    const slopes = Float32Array.of(0.5);
    const expected = attention(q, k, v, { alibi: slopes }).output.data;
    const a = { data: numbers(9, 4), shape: [3, 3] };
    const product = matmul(a, a).data;

    const inner: Float32Array[] = [];
    const act = () => void inner.push(matmul(a, a).data);
    for (const tensor of tensors) tensor.data = nosy(tensor.data, act);
    expect(attention(q, k, v, { alibi: nosy(slopes, act) }).output.data).toEqual(expected);
    expect(inner.length, 'calls within the call').toBeGreaterThan(3);
    for (const each of inner) expect(each).toEqual(product);
  });
});
