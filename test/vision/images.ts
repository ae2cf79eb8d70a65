/** Images and weights for the tests of fovea/vision, as tensors and as the textbook reads them. */
import { expect } from 'vitest';
import type { ImageLayout, Linear, Tensor } from '../../src/types.js';
import type { Inexact } from '../inexact.js';
import type { Random } from '../random.js';
import { dense, float32, type Memory } from '../tensors.js';
import type { Affine, Kernel, Picture } from '../textbook/vision.js';

/** `[b, h, w, c]`, whatever the layout. */
export type Sizes = readonly [b: number, h: number, w: number, c: number];

/** How an image comes. */
export interface Form {
  readonly layout: ImageLayout;
  readonly memory: Memory;
}

/** Numbers in the order of `[b, h, w, c]`, float32. */
export function picture([b, h, w, c]: Sizes, value: (count: number) => number): Picture {
  const numbers = Float32Array.from({ length: b * h * w * c }, (_, count) => value(count));
  return { b, h, w, c, at: (image, y, x, channel) => numbers[((image * h + y) * w + x) * c + channel] ?? Number.NaN };
}

export function tensorOf(x: Picture, { layout, memory }: Form): Tensor {
  const { b, h, w, c } = x;
  const shape = layout === 'nhwc' ? [b, h, w, c] : [b, c, h, w];
  return float32(shape, (count) => x.at(...indexOf(shape, layout, count)), memory);
}

/** Where the count-th element of such a shape lies in `[b, h, w, c]`. */
function indexOf(shape: readonly number[], layout: ImageLayout, count: number): [number, number, number, number] {
  const [, n1 = 1, n2 = 1, n3 = 1] = shape;
  const [i0, i1, i2, i3] = [
    Math.floor(count / (n1 * n2 * n3)),
    Math.floor(count / (n2 * n3)) % n1,
    Math.floor(count / n3) % n2,
    count % n3,
  ];
  return layout === 'nhwc' ? [i0, i1, i2, i3] : [i0, i2, i3, i1];
}

/** The numbers of a result in the order of `[b, h, w, c]`. */
export function inOrder(tensor: Tensor, layout: ImageLayout): Float64Array {
  const { data, shape } = dense(tensor);
  const [, h = 1, w = 1, c = 1] = layout === 'nhwc' ? shape : [shape[0], shape[2], shape[3], shape[1]];
  const ordered = new Float64Array(data.length);
  data.forEach((value, count) => {
    const [b, y, x, channel] = indexOf(shape, layout, count);
    ordered[((b * h + y) * w + x) * c + channel] = value;
  });
  return ordered;
}

/** A linear map, small enough that sums of it stay near 1. */
export function linear(rows: number, columns: number, { normal }: Random, memory: Memory = 'packed', biased = true): Linear {
  const weight = float32([rows, columns], () => normal() / Math.sqrt(rows), memory);
  return biased ? { weight, bias: float32([columns], () => normal() / 4, memory) } : { weight };
}

export function affine({ weight, bias }: Linear): Affine {
  const [rows = 0, columns = 0] = weight.shape;
  const [numbers, biases] = [dense(weight).data, bias && dense(bias).data];
  return { rows, columns, weight: (row, column) => numbers[row * columns + column] ?? Number.NaN, bias: (column) => biases?.[column] };
}

export function kernelOf(kernel: Tensor): Kernel {
  const [height = 0, width = 0, maps = 0] = kernel.shape;
  const numbers = dense(kernel).data;
  return { height, width, at: (i, j, map) => numbers[(i * width + j) * maps + map] ?? Number.NaN };
}

/** Every number as far from the textbook's as it may be, or nearer; not a number where that is none. */
export function expectNear(name: string, actual: Float64Array, expected: readonly Inexact[]): void {
  expect(actual.length, `elements of ${name}`).toBe(expected.length);
  const wrong: string[] = [];
  expected.forEach(({ value, error }, i) => {
    const came = actual[i] ?? 0;
    const isRight = Number.isNaN(value) ? Number.isNaN(came) : came === value || Math.abs(came - value) <= error;
    if (!isRight) wrong.push(`${name}[${i}] is ${came}, expected ${value} ± ${error}`);
  });
  expect(wrong.slice(0, 5), `${wrong.length} of ${expected.length} elements of ${name}`).toEqual([]);
}
