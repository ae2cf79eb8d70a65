/**
 * An image times weights of its channels, of its pixels, or of both.
 * @module
 */
import { opsOf, type Steps } from '../ops/steps.js';
import type { Tensor } from '../types.js';
import { type Image, inMemoryOrder, type Result } from './image.js';

/** What channel and pixel attention give. */
export interface Weighted {
  /** In the shape and layout of x. */
  readonly output: Tensor;
  readonly weights: Tensor;
}

/** @param weights channel `[b, c]`, pixel `[b, h, w]` @returns the result, of the shape of x */
export function* weighted(
  op: string,
  image: Image,
  { channel, pixel }: { readonly channel?: Tensor; readonly pixel?: Tensor },
  result: Result,
): Steps<Tensor> {
  const { batch, channels } = image;
  const count = image.height * image.width;
  const shape = [batch, count, channels];
  const ofChannel = channel && inMemoryOrder(image, { ...channel, shape, strides: [channels, 0, 1] });
  const ofPixel = pixel && inMemoryOrder(image, { ...pixel, shape, strides: [count, 1, 0] });
  const [y, z] = image.layout === 'nhwc' ? [ofChannel, ofPixel] : [ofPixel, ofChannel];
  yield* opsOf(op).multiply(inMemoryOrder(image, image.pixels), { y, z, out: inMemoryOrder(image, result.pixels) });
  result.settle();
  return result.tensor;
}
