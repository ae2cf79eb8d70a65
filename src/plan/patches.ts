/**
 * Images, how a filter goes over them, and what their patches are multiplied with → {@link PatchesPlan}. For our own functions, which have
 * checked their arguments.
 * @module
 */
import type { Activation, Tensor } from '../types.js';
import type { PatchesPlan, PatchSide } from './plan.js';
import { viewOf } from './view.js';

export type { PatchSide };

/** What `patches` takes beside the images and b; all float32. */
export interface PatchesOptions {
  readonly height: PatchSide;
  readonly width: PatchSide;
  /** The matrix of patches is multiplied transposed. @default false */
  readonly transposed?: boolean | undefined;
  /** `[n]` @default 0 */
  readonly bias?: Tensor | undefined;
  readonly activation?: Activation | undefined;
  /** `[rows, n]`, transposed `[columns, n]`; apart from the others. */
  readonly out: Tensor;
}

/**
 * @param name of the function that the caller called, for errors
 * @param x `[images, height.pixels, width.pixels, channels]`
 * @param b `[columns, n]`, transposed `[rows, n]`: rows are all places of all images, columns all taps of all channels
 */
export function planPatches(
  name: string,
  x: Tensor,
  b: Tensor,
  { height, width, transposed = false, bias, activation, out }: PatchesOptions,
): { readonly plan: PatchesPlan; readonly result: Tensor } {
  const [images = 0, , , channels = 0] = x.shape;
  const plan: PatchesPlan = {
    op: 'patches',
    name,
    images,
    channels,
    height,
    width,
    rows: images * height.places * width.places,
    columns: height.taps * width.taps * channels,
    n: b.shape[1] ?? 0,
    transposed,
    activation: activation ?? 'none',
    x: viewOf(x),
    b: viewOf(b),
    out: viewOf(out),
    bias: bias && viewOf(bias),
  };
  return { plan, result: out };
}
