/** pool, multiply and convolve, of which fovea/vision is made, on every backend and target: any strides, sizes around the vectors, NaN. */
import { beforeAll, describe, expect, it } from 'vitest';
import { finish, opsOf, type Steps } from '../src/ops/steps.js';
import type { Tensor } from '../src/types.js';
import { exact, inexactIn } from './inexact.js';
import { random } from './random.js';
import { label, targets, use } from './targets.js';
import { dense, float32, type Memory } from './tensors.js';
import { kernelArithmetic } from './tolerance.js';
import { expectNear } from './vision/images.js';

const { mean, maximum, product, sigmoid, sum } = inexactIn(kernelArithmetic);
const ops = opsOf('maps');
const now = <R>(steps: () => Steps<R>): R => finish('maps', undefined, steps);

type Sizes = readonly [batch: number, rows: number, columns: number];
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const memories: readonly Memory[] = ['packed', 'gapped', 'turned', 'spread'];
const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 130];

/** Some values in row-major order. */
function numbers(tensor: Tensor): (...index: number[]) => number {
  const { data, shape } = dense(tensor);
  return (...index) => data[index.reduce((at, i, dimension) => at * (shape[dimension] ?? 1) + i, 0)] ?? Number.NaN;
}

/** The same data with the last two dimensions in the other order. */
function turned({ data, shape, strides, offset }: Tensor): Tensor {
  const [b = 0, m = 0, n = 0] = shape;
  const [ofB = m * n, ofM = n, ofN = 1] = strides ?? [];
  return { data, offset, shape: [b, n, m], strides: [ofB, ofN, ofM] };
}

function expectPooled(x: Tensor, factor: Tensor | undefined): void {
  const [batch = 0, rows = 0, columns = 0] = x.shape;
  const [value, weight] = [numbers(x), factor && numbers(factor)];
  const pooled = now(() => ops.pool(x, { factor }));
  const all = range(batch).flatMap((b) =>
    range(rows).map((r) =>
      range(columns).map((c) => (weight ? product(exact(value(b, r, c)), exact(weight(b, c))) : exact(value(b, r, c)))),
    ),
  );
  expect(pooled.shape).toEqual([2, batch, rows]);
  expectNear('pooled', dense(pooled).data, [...all.map(mean), ...all.map(maximum)]);
}

for (const target of targets) {
  describe(label(target), () => {
    beforeAll(() => use(target));

    const poolings: readonly Sizes[] = [
      ...lengths.map((columns): Sizes => [2, 3, columns]),
      ...lengths.map((rows): Sizes => [2, rows, 11]),
      [1, 1100, 3],
      [3, 70, 1000],
    ];
    for (const sizes of poolings) {
      it(`pool ${sizes.join(' × ')}`, () => {
        const { normal } = random(`pool ${sizes.join()}`);
        const [batch, rows, columns] = sizes;
        for (const memory of memories) {
          const x = float32([batch, rows, columns], normal, memory);
          const other = turned(float32([batch, columns, rows], normal, memory));
          const factor = float32([batch, columns], normal, memory);
          for (const each of [x, other]) {
            expectPooled(each, undefined);
            expectPooled(each, factor);
          }
        }
      });
    }

    it('pool into memory that is there, and larger', () => {
      const x = float32([2, 3, 37], random('pool into').normal);
      const out = new Float32Array(20).fill(7);
      const pooled = now(() => ops.pool(x, { out }));
      expect(pooled.data).toBe(out);
      expect(pooled.shape).toEqual([2, 2, 3]);
      expect([...out]).toEqual([...now(() => ops.pool(x)).data, ...Array<number>(8).fill(7)]);
    });

    it('pool: what is no number shows in its row, and Infinity is a maximum', () => {
      const at = (row: number, column: number, value: number) => ({ row, column, value });
      const { NaN: nan, POSITIVE_INFINITY: up, NEGATIVE_INFINITY: down } = Number;
      const placed = [at(1, 9, nan), at(2, 3, up), at(3, 20, down), at(4, 1, up), at(4, 18, down), at(5, 0, down), at(5, 19, nan)];
      const value = (row: number, column: number) => placed.find((one) => one.row === row && one.column === column)?.value ?? column;
      const x = float32([1, 7, 21], (count) => value(Math.floor(count / 21), count % 21));
      const across = turned(float32([1, 21, 7], (count) => value(count % 7, Math.floor(count / 7))));
      for (const each of [x, across]) {
        const { data } = now(() => ops.pool(each));
        expect([...data]).toEqual([10, nan, up, down, nan, nan, 10, 20, nan, up, 19, up, nan, 20]);
      }
    });

    for (const sizes of [...lengths.map((columns): Sizes => [2, 3, columns]), [1, 2, 5000] as const, [2, 3000, 3] as const]) {
      it(`multiply ${sizes.join(' × ')}`, () => {
        const { normal } = random(`multiply ${sizes.join()}`);
        const [batch, rows, columns] = sizes;
        for (const memory of memories) {
          const made = (its: Memory = memory) => float32([batch, rows, columns], normal, its);
          const [x, y, plus] = [made(), made(), made()];
          const scalars = float32([batch, rows, 1], normal);
          const z = { ...scalars, shape: x.shape, strides: [rows, 1, 0] };
          const lists = float32([batch, 1, columns], normal);
          const row = { ...lists, shape: x.shape, strides: [columns, 0, 1] };
          for (const parts of [{}, { y }, { y: row, z }, { y: z }, { z, plus }, { y, z, plus }]) {
            const out = made();
            now(() => ops.multiply(x, { ...parts, out }));
            const [first, second, third, last] = [x, parts.y, parts.z, parts.plus].map((tensor) => tensor && dense(tensor).data);
            const expected = range(batch * rows * columns).map((i) => {
              const factors = [second, third].map((data) => exact(data ? (data[i] ?? Number.NaN) : 1));
              const whole = factors.reduce(product, exact(first?.[i] ?? Number.NaN));
              return last ? sum([whole, exact(last[i] ?? Number.NaN)]) : whole;
            });
            expectNear(`multiply ${Object.keys(parts).join()} ${memory}`, dense(out).data, expected);
          }
        }
      });
    }

    it('multiply may write where x lies', () => {
      const x = float32([2, 3, 37], random('in place').normal);
      const before = [...x.data];
      now(() => ops.multiply(x, { plus: x, out: x }));
      expect([...x.data]).toEqual(before.map((value) => 2 * value));
    });

    const convolutions = [
      ...lengths.map((width) => [2, 1, 2, width, 1, 3] as const),
      ...[1, 2, 5].map((height) => [2, 3, height, 18, 5, 7] as const),
      [1, 2, 70, 90, 7, 7] as const,
      [1, 0, 2, 3, 3, 3] as const,
    ];
    for (const [batch, maps, height, width, kernelHeight, kernelWidth] of convolutions) {
      it(`convolve [${[batch, maps, height, width].join(', ')}] by ${kernelHeight} × ${kernelWidth}`, () => {
        const { normal } = random(`convolve ${[batch, maps, height, width, kernelHeight].join()}`);
        const kernel = float32([maps, kernelHeight, kernelWidth], normal);
        const weight = numbers(kernel);
        for (const memory of memories) {
          const x = float32([batch, maps, height, width], normal, memory);
          const value = numbers(x);
          const out = now(() => ops.convolve(x, kernel, { bias: 0.25 }));
          const expected = range(batch * height * width).map((i) => {
            const [b, row, column] = [Math.floor(i / height / width), Math.floor(i / width) % height, i % width];
            const terms = range(maps * kernelHeight * kernelWidth).map((j) => {
              const [m, down, across] = [
                Math.floor(j / kernelHeight / kernelWidth),
                Math.floor(j / kernelWidth) % kernelHeight,
                j % kernelWidth,
              ];
              const [above, beside] = [row + down - Math.floor(kernelHeight / 2), column + across - Math.floor(kernelWidth / 2)];
              const isInside = above >= 0 && above < height && beside >= 0 && beside < width;
              return product(exact(weight(m, down, across)), exact(isInside ? value(b, m, above, beside) : 0));
            });
            return sum([...terms, exact(0.25)]);
          });
          expectNear(`convolve ${memory}`, dense(out).data, expected);
          const weights = float32([batch, height, width], normal, memory);
          now(() => ops.convolve(x, kernel, { bias: 0.25, activation: 'sigmoid', out: weights }));
          expectNear(`convolve ${memory}, sigmoid`, dense(weights).data, expected.map(sigmoid));
        }
      });
    }
  });
}
