/** sinusoidalPositions against the formula of the paper, and against what the formula is for: a shift is a rotation. */
import { expect, it } from 'vitest';
import { sinusoidalPositions } from '../src/node.js';

it('sin and cos of position / 10000^(2i/dim), beside each other', () => {
  const { data, shape } = sinusoidalPositions(50, 12);
  expect(shape).toEqual([50, 12]);
  for (let position = 0; position < 50; position++)
    for (let i = 0; i < 6; i++) {
      const angle = position / 10000 ** ((2 * i) / 12);
      expect(data[position * 12 + 2 * i]).toBeCloseTo(Math.sin(angle), 7);
      expect(data[position * 12 + 2 * i + 1]).toBeCloseTo(Math.cos(angle), 7);
    }
});

it('halves are the same numbers, sines first', () => {
  const [together, apart] = [sinusoidalPositions(9, 10).data, sinusoidalPositions(9, 10, { halves: true }).data];
  for (let row = 0; row < 9; row++)
    for (let i = 0; i < 5; i++) {
      expect(apart[row * 10 + i]).toBe(together[row * 10 + 2 * i]);
      expect(apart[row * 10 + 5 + i]).toBe(together[row * 10 + 2 * i + 1]);
    }
});

it('the product of two rows depends on their distance alone', () => {
  const { data } = sinusoidalPositions(300, 64);
  const product = (a: number, b: number) =>
    Array.from({ length: 64 }, (_, i) => (data[a * 64 + i] ?? 0) * (data[b * 64 + i] ?? 0)).reduce((x, y) => x + y);
  for (const start of [0, 1, 57, 290]) expect(product(start, start + 9)).toBeCloseTo(product(100, 109), 4);
});

it('nothing of nothing', () => {
  expect(sinusoidalPositions(0, 4)).toEqual({ data: new Float32Array(0), shape: [0, 4] });
  expect(sinusoidalPositions(3, 0).shape).toEqual([3, 0]);
});
