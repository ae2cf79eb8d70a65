/**
 * Weights of pixels out of what their channels come to, as spatialAttention and cbam have them.
 * @module
 */
import { fresh, opsOf, type Steps } from '../ops/steps.js';
import type { Tensor } from '../types.js';
import type { Image } from './image.js';
import { imagesAtOnce } from './weighted.js';

/** What {@link weighPixels} takes beside images and kernel. */
interface PixelOptions {
  /** Of {@link mapsOf}. */
  readonly maps: Float32Array;
  /** @default 0 */
  readonly bias?: number;
  /** `[b, c]`, multiplies the channels before. */
  readonly channel?: Tensor;
}

/**
 * Memory for the means and maxima of images that are weighed at once, the same for all of a call: fresh pages cost more than what is written
 * to them.
 */
export function mapsOf(op: string, image: Image): Float32Array {
  return fresh(op, [2, imagesAtOnce(image), image.height, image.width]).data;
}

/**
 * sigmoid(a convolution of mean and maximum over the channels).
 * @param kernel `[2, kh, kw]`
 * @param out `[b, h, w]`
 */
export function* weighPixels(op: string, image: Image, kernel: Tensor, out: Tensor, { maps, bias, channel }: PixelOptions): Steps<void> {
  const { batch, height, width } = image;
  const { convolve, pool } = opsOf(op);
  yield* pool(image.pixels, { factor: channel, out: maps });
  const pixels = height * width;
  const x = { data: maps, shape: [batch, 2, height, width], strides: [pixels, batch * pixels, width, 1] };
  yield* convolve(x, kernel, { bias, activation: 'sigmoid', out });
}
