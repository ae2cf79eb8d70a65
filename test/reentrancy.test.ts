/** A call within a call: tensors and arrays of a caller's own class run code whenever fovea asks them something, and that code may call fovea. */
import { describe, expect, test } from 'vitest';
import { attention, matmul } from '../src/index.js';
import { label, targets, use } from './targets.js';

const numbers = (length: number, from: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(from + i));

/** Does something, at most ten times, whenever it is asked how long it is. */
function nosy(data: Float32Array, act: () => void): Float32Array {
  let left = 10;
  class Nosy extends Float32Array {
    override get length(): number {
      if (left-- > 0) act();
      return super.length;
    }
    override get byteLength(): number {
      if (left-- > 0) act();
      return super.byteLength;
    }
  }
  return new Nosy(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / 4);
}

/** The same tensor, which does something whenever its shape is asked for. */
function nosyTensor({ data, shape }: { data: Float32Array; shape: number[] }, act: () => void): { data: Float32Array; shape: number[] } {
  return {
    data: nosy(data, act),
    get shape() {
      act();
      return shape;
    },
  };
}

describe.each(targets.map((target) => [label(target), target] as const))('%s', (_, target) => {
  test.each([8, 512])('%i numbers a tensor', (size) => {
    use(target);
    const tensors = [1, 2, 3].map((from) => ({ data: numbers(2 * size, from), shape: [1, 1, 2, size] }));
    const [q, k, v] = tensors as [never, never, never];
    const slopes = Float32Array.of(0.5);
    const expected = attention(q, k, v, { alibi: slopes }).output.data;
    const a = { data: numbers(9, 4), shape: [3, 3] };
    const product = matmul(a, a).data;

    const inner: Float32Array[] = [];
    const act = () => void inner.push(matmul(a, a).data);
    const [nosyQ, nosyK, nosyV] = tensors.map((tensor) => nosyTensor(tensor, act)) as [never, never, never];
    expect(attention(nosyQ, nosyK, nosyV, { alibi: nosy(slopes, act) }).output.data).toEqual(expected);
    expect(inner.length, 'calls within the call').toBeGreaterThan(3);
    for (const each of inner) expect(each).toEqual(product);
  });

  test('an array that says that it holds more than it does is refused', () => {
    use(target);
    class Boaster extends Float32Array {
      override get length(): number {
        return 1e9;
      }
      override get byteLength(): number {
        return 4e9;
      }
    }
    const x = { data: new Boaster(new ArrayBuffer(16)), shape: [4, 4] };
    expect(() => matmul(x, x)).toThrow('at least 16');
  });

  test('an option that calls while it is read', () => {
    use(target);
    const q = { data: numbers(16, 1), shape: [1, 1, 2, 8] };
    const a = { data: numbers(9, 4), shape: [3, 3] };
    const expected = attention(q, q, q, { scale: 0.5 }).output.data;
    const product = matmul(a, a).data;
    const within: Float32Array[] = [];
    const options = {
      get scale() {
        within.push(attention(q, q, q, { scale: 0.5, causal: false }).output.data, matmul(a, a).data);
        return 0.5;
      },
    };
    expect(attention(q, q, q, options).output.data).toEqual(expected);
    expect(within).toEqual([expected, product]);
  });

  test('a call that was refused leaves nothing to the next', () => {
    use(target);
    const q = { data: numbers(16, 1), shape: [1, 1, 2, 8] };
    const expected = attention(q, q, q).output.data;
    expect(() => attention(q, q, q, { causal: true, softcap: 3, window: [-1, 0] })).toThrow(/window/);
    expect(attention(q, q, q).output.data).toEqual(expected);
  });
});
