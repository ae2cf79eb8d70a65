/** entropy against its definition in float64, and what has to hold of it whatever the weights. */
import { describe, expect, it } from 'vitest';
import { softmax } from '../../src/node.js';
import { entropy } from '../../src/viz/node.js';
import { random } from '../random.js';
import { float32 } from '../tensors.js';

/** −Σ p·log₂ p of each row, straight from the definition. */
function bits(row: readonly number[]): number {
  const sum = row.reduce((a, b) => a + b, 0);
  return row.map((w) => w / sum).reduce((h, p) => (p > 0 ? h - p * Math.log2(p) : h), 0);
}

/** Sums of a few float64 terms of at most log₂ 64 = 6, then one rounding to float32. */
const tolerance = 6 * 2 ** -24 + 2 ** -40;

describe('entropy', () => {
  it('is that of the definition, head by head', () => {
    const { normal } = random('entropy');
    const weights = softmax(float32([2, 3, 5, 64], () => 3 * normal()));
    const rows = Array.from({ length: 30 }, (_, i) => bits([...weights.data.subarray(64 * i, 64 * i + 64)]));
    const each = entropy(weights, { perQuery: true });
    expect(each.shape).toEqual([2, 3, 5]);
    for (const [i, h] of rows.entries()) expect(Math.abs((each.data[i] ?? 0) - h)).toBeLessThan(tolerance);
    const heads = entropy(weights);
    expect(heads.shape).toEqual([2, 3]);
    for (let head = 0; head < 6; head++) {
      const mean = rows.slice(5 * head, 5 * head + 5).reduce((a, b) => a + b, 0) / 5;
      expect(Math.abs((heads.data[head] ?? 0) - mean)).toBeLessThan(tolerance);
    }
  });

  it('is 0 where all look at one key, and log(skv) where they look at all alike', () => {
    const weights = float32([2, 4, 8], (i) => (i < 32 ? Number(i % 8 === 3) : 1 / 8));
    expect([...entropy(weights).data]).toEqual([0, 3]);
    expect(entropy(weights, { base: 8 }).data[1]).toBeCloseTo(1, 6);
    expect(entropy(weights, { base: Math.E }).data[1]).toBe(Math.fround(Math.log(8)));
  });

  it('does not mind a row that adds up to something else (sinks, dropout)', () => {
    const weights = float32([1, 2, 4], (i) => (i < 4 ? 0.1 : 3));
    expect([...entropy(weights, { perQuery: true }).data]).toEqual([2, 2]);
  });

  it('leaves out queries that see no key, and knows of none when there are none', () => {
    const weights = float32([2, 2, 4], (i) => (i < 4 ? 0.25 : 0));
    expect([...entropy(weights).data]).toEqual([2, Number.NaN]);
    expect([...entropy(weights, { perQuery: true }).data]).toEqual([2, 0, 0, 0]);
    expect(entropy(float32([3, 0, 4], () => 1))).toEqual({ data: new Float32Array(3).fill(Number.NaN), shape: [3] });
    expect(
      entropy(
        float32([1, 2, 0], () => 1),
        { perQuery: true },
      ).data,
    ).toEqual(new Float32Array(2));
  });

  it('gives NaN for a weight that is NaN or below 0, in its row only', () => {
    const odd = [0.5, 0.5, Number.NaN, 0.5, -0.5, 0.5];
    expect([
      ...entropy(
        float32([3, 2], (i) => odd[i] ?? 0),
        { perQuery: true },
      ).data,
    ]).toEqual([1, Number.NaN, Number.NaN]);
    expect(entropy(float32([3, 2], (i) => odd[i] ?? 0)).data[0]).toBeNaN();
  });

  it('reads strided weights', () => {
    const transposed = { data: Float32Array.of(1, 0.5, 0, 0.5), shape: [2, 2], strides: [1, 2] };
    expect([...entropy(transposed, { perQuery: true }).data]).toEqual([0, 1]);
  });
});
