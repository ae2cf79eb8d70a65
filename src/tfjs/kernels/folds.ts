/**
 * Many numbers made few: loops that take rows of them in, and the walk that calls these.
 * @module
 */
import type { Numbers } from '../backend.js';
import { joined } from '../loops.js';
import { sizeOf } from '../shape.js';

/** Takes rows of n numbers of x in: each column by a number of `out` of its own (outStep 1), or all by one (outStep 0). */
export type Fold<In extends Numbers> = (
  x: In,
  from: number,
  rows: number,
  n: number,
  out: Float64Array,
  at: number,
  outStep: number,
) => void;

export const add: Fold<Float32Array> = (x, from, rows, n, out, at, outStep) => {
  if (outStep === 0) out[at] = (out[at] ?? 0) + sumOf(x, from, rows * n);
  else addColumns(x, from, rows, n, out, at);
};

/** Four sums at a time, which need not wait for one another. */
function sumOf(x: Float32Array, from: number, n: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const end = from + n;
  let i = from;
  for (; i + 3 < end; i += 4) {
    a += x[i] ?? 0;
    b += x[i + 1] ?? 0;
    c += x[i + 2] ?? 0;
    d += x[i + 3] ?? 0;
  }
  for (; i < end; i++) a += x[i] ?? 0;
  return a + b + (c + d);
}

/** Four columns at a time, whose sums stay in registers. */
function addColumns(x: Float32Array, from: number, rows: number, n: number, out: Float64Array, at: number): void {
  let column = 0;
  for (; column + 3 < n; column += 4) {
    let a = out[at + column] ?? 0;
    let b = out[at + column + 1] ?? 0;
    let c = out[at + column + 2] ?? 0;
    let d = out[at + column + 3] ?? 0;
    for (let row = 0, i = from + column; row < rows; row++, i += n) {
      a += x[i] ?? 0;
      b += x[i + 1] ?? 0;
      c += x[i + 2] ?? 0;
      d += x[i + 3] ?? 0;
    }
    out[at + column] = a;
    out[at + column + 1] = b;
    out[at + column + 2] = c;
    out[at + column + 3] = d;
  }
  for (; column < n; column++) {
    let sum = out[at + column] ?? 0;
    for (let row = 0, i = from + column; row < rows; row++, i += n) sum += x[i] ?? 0;
    out[at + column] = sum;
  }
}

/** NaN is the largest, and of −0 and 0 the first. */
export const largest: Fold<Float32Array> = (x, from, rows, n, out, at, outStep) => {
  for (let row = 0, i = from; row < rows; row++)
    for (let c = 0, o = at; c < n; c++, i++, o += outStep) {
      const value = x[i] ?? 0;
      if (value > (out[o] ?? 0) || Number.isNaN(value)) out[o] = value;
    }
};

export const multiply: Fold<Numbers> = (x, from, rows, n, out, at, outStep) => {
  for (let row = 0, i = from; row < rows; row++)
    for (let c = 0; c < n; c++, i++) out[at + c * outStep] = (out[at + c * outStep] ?? 1) * (x[i] ?? 1);
};

/** Reads x from its first number to its last; outSteps are those of the result, 0 along what is reduced. */
export function foldAll<In extends Numbers>(
  x: In,
  shape: readonly number[],
  outSteps: readonly number[],
  out: Float64Array,
  fold: Fold<In>,
): void {
  const { sizes, steps } = joined(shape, [outSteps]);
  const own = steps[0] ?? [];
  const length = sizes.at(-1) ?? 1;
  const outStep = own.at(-1) ?? 0;
  // Neighbours that both stay are one dimension: before one that stays is one that is reduced.
  const rows = outStep === 0 ? 1 : (sizes.at(-2) ?? 1);
  const outer = sizes.length - (outStep === 0 ? 1 : 2);
  const block = Math.max(1, Math.floor(atOnce / Math.max(1, length)));
  const size = sizeOf(sizes);
  const index = sizes.map(() => 0);
  let at = 0;
  for (let from = 0; from < size; from += rows * length) {
    for (let row = 0; row < rows; row += block) fold(x, from + row * length, Math.min(block, rows - row), length, out, at, outStep);
    for (let i = outer - 1; i >= 0; i--) {
      index[i] = (index[i] ?? 0) + 1;
      at += own[i] ?? 0;
      if (index[i] !== sizes[i]) break;
      at -= (own[i] ?? 0) * (sizes[i] ?? 1);
      index[i] = 0;
    }
  }
}

/** Numbers of x that are read column by column: as many as a processor keeps near. */
const atOnce = 2 ** 12;
