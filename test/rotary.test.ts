/** What rotary is for, and what its kept sines and cosines must not show: any order of calls gives what each alone would. */
import { describe, expect, it } from 'vitest';
import { rotary } from '../src/node.js';
import { random } from './random.js';
import { dense, float32 } from './tensors.js';

const { normal } = random('rotary');
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * (b[i] ?? Number.NaN), 0);

describe('rotary', () => {
  it.each([false, true])('the product of two rows depends on their distance alone (interleaved: %s)', (interleaved) => {
    const [q, k] = [float32([1, 64], normal), float32([1, 64], normal)];
    const at = (x: typeof q, position: number) => rotary(x, { positions: Int32Array.of(position), interleaved }).data;
    const near = dot(at(q, 5), at(k, 2));
    expect(Math.abs(near - dot(q.data, k.data))).toBeGreaterThan(1e-3);
    for (const far of [100, 4097, 1_000_003]) expect(dot(at(q, far + 3), at(k, far))).toBeCloseTo(near, 4);
  });

  it('a token alone is turned as it is among all', () => {
    const x = float32([2, 3, 40, 32], normal);
    const all = dense(rotary(x)).data;
    for (const position of [0, 1, 17, 39]) {
      const token = { data: x.data, shape: [2, 3, 1, 32], strides: [3 * 40 * 32, 40 * 32, 32, 1], offset: position * 32 };
      const alone = dense(rotary(token, { positions: Int32Array.of(position) })).data;
      const among = Float64Array.from(
        { length: 6 * 32 },
        (_, i) => all[(Math.floor(i / 32) * 40 + position) * 32 + (i % 32)] ?? Number.NaN,
      );
      expect(alone).toEqual(among);
    }
  });

  it('longer and shorter sequences, other bases, widths and positions in any order, and positions that change under it', () => {
    const positions = new Int32Array(6);
    const calls = Array.from({ length: 60 }, (_, i) => {
      const [length, width] = [[6, 3, 6, 9][i % 4] ?? 6, i % 7 === 0 ? 8 : 12];
      const base = i % 5 === 0 ? 77 : 10000;
      const x = float32([length, width], normal);
      if (length !== 6 || i % 4 === 0) return { x, base, result: rotary(x, { base }).data, places: undefined };
      positions.forEach((_, j) => {
        positions[j] = (i >> 3) * 10 + j;
      });
      return { x, base, result: rotary(x, { base, positions }).data, places: positions.slice() };
    });
    for (const { x, base, result, places } of calls) {
      const [length = 0, width = 0] = x.shape;
      for (let row = 0; row < length; row++) {
        for (let i = 0; i < width / 2; i++) {
          const angle = (places?.[row] ?? row) / base ** ((2 * i) / width);
          const [a, b] = [x.data[row * width + i] ?? 0, x.data[row * width + i + width / 2] ?? 0];
          expect(result[row * width + i]).toBeCloseTo(a * Math.cos(angle) - b * Math.sin(angle), 5);
          expect(result[row * width + i + width / 2]).toBeCloseTo(b * Math.cos(angle) + a * Math.sin(angle), 5);
        }
      }
    }
  });
});
