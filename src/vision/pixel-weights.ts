/**
 * Weights of pixels out of what their channels come to, as spatialAttention and cbam have them.
 * @module
 */
import { opsOf, type Steps } from '../ops/steps.js';
import type { Tensor } from '../types.js';
import type { Image } from './image.js';

/** What {@link weighPixels} takes beside images and kernel. */
interface PixelOptions {
  /** @default 0 */
  readonly bias?: number;
  /** `[b, c]`, multiplies the channels before. */
  readonly channel?: Tensor;
}

/**
 * sigmoid(a convolution of mean and maximum over the channels).
 * @param kernel `[2, kh, kw]`
 * @param out `[b, h, w]`
 */
export function* weighPixels(op: string, image: Image, kernel: Tensor, out: Tensor, { bias, channel }: PixelOptions): Steps<void> {
  const { batch, height, width } = image;
  const { convolve, pool } = opsOf(op);
  const { data } = yield* pool(image.pixels, channel);
  const pixels = height * width;
  const maps = { data, shape: [batch, 2, height, width], strides: [pixels, batch * pixels, width, 1] };
  yield* convolve(maps, kernel, { bias, activation: 'sigmoid', out });
}
