/** patches, of which convolutions of fovea/tfjs are made, on every backend and target: any way of a filter over images, blocks and their edges. */
import { beforeAll, describe, expect, it } from 'vitest';
import { finish, opsOf } from '../src/ops/steps.js';
import type { PatchSide } from '../src/plan/patches.js';
import { exact, inexactIn } from './inexact.js';
import { random } from './random.js';
import { targets, use } from './targets.js';
import { dense, float32 } from './tensors.js';
import { kernelArithmetic } from './tolerance.js';
import { expectNear } from './vision/images.js';

const { product, sum } = inexactIn(kernelArithmetic);
const plain = { step: 1, dilation: 1, offset: 0, gap: 1 };

interface Row {
  readonly images: number;
  readonly channels: number;
  readonly n: number;
  readonly height: PatchSide;
  readonly width: PatchSide;
}

const square = (images: number, channels: number, n: number, side: PatchSide): Row => ({ images, channels, n, height: side, width: side });

/** Every step, dilation, offset and gap, channels and columns around the vectors, more rows and columns than a block has. */
const rows: readonly Row[] = [
  square(1, 1, 1, { ...plain, pixels: 1, places: 1, taps: 1 }),
  square(2, 3, 5, { ...plain, pixels: 7, places: 7, taps: 3, offset: -1 }),
  square(2, 16, 17, { ...plain, pixels: 6, places: 6, taps: 5, offset: -2 }),
  square(1, 17, 33, { ...plain, pixels: 9, places: 4, taps: 3, step: 2 }),
  square(1, 4, 9, { ...plain, pixels: 11, places: 7, taps: 3, dilation: 2 }),
  square(1, 5, 3, { ...plain, pixels: 4, places: 9, taps: 3, dilation: -1, offset: 2, gap: 2 }),
  square(1, 2, 130, { ...plain, pixels: 5, places: 12, taps: 4, dilation: -2, offset: 3, gap: 3 }),
  square(1, 3, 4, { ...plain, pixels: 3, places: 5, taps: 3, offset: -7 }),
  {
    images: 2,
    channels: 64,
    n: 20,
    height: { ...plain, pixels: 3, places: 3, taps: 3, offset: -1 },
    width: { ...plain, pixels: 20, places: 20, taps: 3, offset: -1 },
  },
  {
    images: 1,
    channels: 1,
    n: 8,
    height: { ...plain, pixels: 20, places: 18, taps: 3 },
    width: { ...plain, pixels: 70, places: 34, taps: 3, step: 2 },
  },
  square(8, 2, 5, { ...plain, pixels: 9, places: 9, taps: 3, offset: -1 }),
  { images: 2, channels: 2, n: 3, height: { ...plain, pixels: 0, places: 2, taps: 2 }, width: { ...plain, pixels: 3, places: 2, taps: 2 } },
  square(2, 2, 3, { ...plain, pixels: 3, places: 0, taps: 2 }),
  square(1, 0, 3, { ...plain, pixels: 3, places: 3, taps: 1 }),
];

const name = ({ images, channels, n, height, width }: Row) =>
  `[${images}, ${height.pixels}, ${width.pixels}, ${channels}] by ${height.taps} × ${width.taps}, ${n} columns, step ${height.step}, dilation ${height.dilation}, offset ${height.offset}, gap ${height.gap}`;

const pixelOf = ({ pixels, step, dilation, offset, gap }: PatchSide, place: number, tap: number): number => {
  const at = (place * step + tap * dilation + offset) / gap;
  return Number.isInteger(at) && at >= 0 && at < pixels ? at : -1;
};

describe.each(targets)('$name $target', (target) => {
  beforeAll(() => use(target));

  it.each(rows.map((row) => [name(row), row] as const))('%s', (_, { images, channels, n, height, width }) => {
    const { normal } = random(name({ images, channels, n, height, width }));
    const count = { rows: images * height.places * width.places, columns: height.taps * width.taps * channels };
    for (const [transposed, memory] of [
      [false, 'dense'],
      [true, 'dense'],
      [false, 'apart'],
    ] as const) {
      const image = float32([images, height.pixels, width.pixels, channels], normal);
      // Channels first, as strides.
      const first = float32([images, channels, height.pixels, width.pixels], normal);
      const [area, line] = [height.pixels * width.pixels, width.pixels];
      const x = memory === 'dense' ? image : { ...first, shape: image.shape, strides: [channels * area, line, 1, area] };
      const [m, k] = transposed ? [count.columns, count.rows] : [count.rows, count.columns];
      const b = float32([k, n], normal);
      const bias = float32([n], normal);
      const out = float32([m, n], normal);
      const call = (more: object) =>
        finish('patches', undefined, () => opsOf('patches').patches(x, b, { height, width, transposed, out, ...more }));
      call({ bias });
      const strides = x.strides ?? [area * channels, line * channels, channels, 1];
      const number = (row: number, column: number): number => {
        const [i, y, px] = [
          Math.floor(row / width.places / height.places),
          Math.floor(row / width.places) % height.places,
          row % width.places,
        ];
        const [ty, tx, c] = [Math.floor(column / channels / width.taps), Math.floor(column / channels) % width.taps, column % channels];
        const [py, ppx] = [pixelOf(height, y, ty), pixelOf(width, px, tx)];
        if (py < 0 || ppx < 0) return 0;
        return x.data[i * (strides[0] ?? 0) + py * (strides[1] ?? 0) + ppx * (strides[2] ?? 0) + c * (strides[3] ?? 0)] ?? Number.NaN;
      };
      const expected = Array.from({ length: m * n }, (_, at) => {
        const [row, column] = [Math.floor(at / n), at % n];
        const terms = Array.from({ length: k }, (_, i) =>
          product(exact(transposed ? number(i, row) : number(row, i)), exact(b.data[i * n + column] ?? Number.NaN)),
        );
        return sum([...terms, exact(bias.data[column] ?? Number.NaN)]);
      });
      expectNear(`patches, transposed: ${transposed}, ${memory}`, dense(out).data, expected);
      const before = out.data.slice();
      call({ bias, activation: 'relu' });
      expect([...out.data]).toEqual([...before].map((value) => Math.max(0, value)));
    }
  });
});
