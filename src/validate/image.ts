/**
 * Unknown value → a batch of images, and what only options about images are: their layout, sizes along both sides.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import type { ImageLayout } from '../types.js';
import { list, received } from './describe.js';
import { oneOf, type Rule } from './options.js';
import { type Checked, checkFloat32 } from './tensor.js';
import { Workspace } from './workspace.js';

/** A batch of images: `x`, and its sizes and strides by name. */
export interface CheckedImage {
  readonly layout: ImageLayout;
  readonly x: Checked;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly strides: { readonly batch: number; readonly row: number; readonly column: number; readonly channel: number };
}

export function checkImage(op: string, value: unknown, layout: ImageLayout = 'nhwc'): CheckedImage {
  const x = checkFloat32(op, 'x', value, new Workspace());
  if (x.shape.length !== 4) {
    const order = layout === 'nhwc' ? '[b, h, w, c]' : '[b, c, h, w]';
    throw shapeError(op, 'x', `rank ${x.shape.length}`, `rank 4: ${order}`, `x is ${list(x.shape)}`);
  }
  return namedImage(x, layout);
}

/** @param x of rank 4 */
export function namedImage(x: Checked, layout: ImageLayout): CheckedImage {
  const [b, h, w, c] = layout === 'nhwc' ? [0, 1, 2, 3] : [0, 2, 3, 1];
  const size = (i = 0) => x.shape[i] ?? 0;
  const stride = (i = 0) => x.strides[i] ?? 0;
  return {
    layout,
    x,
    batch: size(b),
    height: size(h),
    width: size(w),
    channels: size(c),
    strides: { batch: stride(b), row: stride(h), column: stride(w), channel: stride(c) },
  };
}

export const imageLayout: Rule<ImageLayout> = oneOf('nhwc', 'nchw');

/** n, or `[height, width]`: whole numbers, each at least `least`. */
function sides(least: number): Rule<readonly [number, number]> {
  const isSide = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= least;
  return (op, name, value) => {
    if (isSide(value)) return [value, value];
    const [height, width] = Array.isArray(value) && value.length === 2 ? (value as unknown[]) : [];
    if (isSide(height) && isSide(width)) return [height, width];
    const came = Array.isArray(value) ? list(value) : received(value);
    throw optionError(op, name, came, `a whole number from ${least} or two of them, [height, width]`);
  };
}

export const window2d = sides(1);
export const shift2d = sides(0);
