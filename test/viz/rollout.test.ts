/** rollout against the paper's formula in float64, on every backend. */
import { afterAll, describe, expect, it } from 'vitest';
import { setBackend, softmax } from '../../src/node.js';
import type { Tensor } from '../../src/types.js';
import { type HeadFusion, rollout } from '../../src/viz/node.js';
import { random } from '../random.js';
import { label, targets, use } from '../targets.js';
import { float32 } from '../tensors.js';
import { arithmeticOf, gamma } from '../tolerance.js';

const [layers, heads, size] = [4, 3, 37];
const { normal } = random('rollout');
const weights = softmax(float32([layers, heads, size, size], () => 2 * normal()));

const fusions: Readonly<Record<HeadFusion, (values: readonly number[]) => number>> = {
  mean: (values) => values.reduce((a, b) => a + b, 0) / values.length,
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
};

type Matrix = readonly (readonly number[])[];
const square = (value: (i: number, j: number) => number): Matrix =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => value(i, j)));

/** Abnar & Zuidema 2020, eq. 1, with the rows normalised as their code does it. */
function fromPaper({ data }: Tensor, residual: number, fusion: HeadFusion): Matrix {
  let rolled = square((i, j) => Number(i === j));
  for (let layer = 0; layer < layers; layer++) {
    const at = (head: number, i: number, j: number) => data[((layer * heads + head) * size + i) * size + j] ?? 0;
    const mixed = square(
      (i, j) => (1 - residual) * fusions[fusion](Array.from({ length: heads }, (_, head) => at(head, i, j))) + residual * Number(i === j),
    );
    const a = mixed.map((row) => row.map((value) => value / row.reduce((x, y) => x + y, 0)));
    const below = rolled;
    rolled = square((i, j) => below.reduce((sum, row, k) => sum + (a[i]?.[k] ?? 0) * (row[j] ?? 0), 0));
  }
  return rolled;
}

afterAll(() => setBackend('auto'));

describe.each(targets.map((target) => ({ name: label(target), target })))('$name', ({ target }) => {
  it.each([
    ['mean', 0.5],
    ['mean', 0],
    ['min', 0.25],
    ['max', 0.9],
  ] as const)('rollout of heads by %s, residual %d', (fusion, residual) => {
    use(target);
    const rolled = rollout(weights, { heads: fusion, residual });
    const expected = fromPaper(weights, residual, fusion).flat();
    expect(rolled.shape).toEqual([size, size]);
    // Nothing is below 0, so relative errors add up: A rounded once a layer, and each product's γ.
    const bound = layers * (2 ** -24 + gamma(size, { ...arithmeticOf(target), u: 2 ** -24 })) * 1.01;
    for (const [i, exact] of expected.entries()) expect(Math.abs((rolled.data[i] ?? 0) - exact)).toBeLessThanOrEqual(bound * exact);
  });
});

describe('rollout', () => {
  const layer = (i: number) => ({ data: weights.data.subarray(i * heads * size * size), shape: [heads, size, size] });

  it('takes a list of layers, whose heads may differ in number', () => {
    expect(rollout([layer(0), layer(1), layer(2), layer(3)]).data).toEqual(rollout(weights).data);
    expect(rollout([layer(0), { ...layer(1), shape: [1, 1, size, size] }]).shape).toEqual([size, size]);
  });

  it('is the identity where nothing but the residual counts', () => {
    expect([...rollout(weights, { residual: 1 }).data]).toEqual(
      Array.from({ length: size ** 2 }, (_, at) => Number(at % (size + 1) === 0)),
    );
  });

  it('keeps a row of nothing, and NaN in the rows that see it', () => {
    const odd = { data: Float32Array.of(0, 0, 0.5, Number.NaN), shape: [1, 1, 2, 2] };
    expect([...rollout(odd, { residual: 0 }).data]).toEqual([0, 0, Number.NaN, Number.NaN]);
  });

  it('is empty for no tokens', () => {
    expect(rollout({ data: new Float32Array(0), shape: [2, 3, 0, 0] })).toEqual({ data: new Float32Array(0), shape: [0, 0] });
  });
});
