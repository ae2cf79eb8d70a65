/**
 * Images times weights of their channels, of their pixels, or of both, that come out of the images themselves.
 * @module
 */
import { opsOf, type Steps } from '../ops/steps.js';
import type { Tensor } from '../types.js';
import { type Image, imagesFrom, inMemoryOrder, type Result } from './image.js';

/** What channel and pixel attention give. */
export interface Weighted {
  /** In the shape and layout of x. */
  readonly output: Tensor;
  readonly weights: Tensor;
}

/** One of them or both, row-major: channel `[b, c]`, pixel `[b, h, w]`. */
type Weights = { readonly channel: Tensor; readonly pixel?: Tensor } | { readonly channel?: Tensor; readonly pixel: Tensor };

/** Images that are read for their weights before they are multiplied with them, in bytes: caches still hold them the second time. */
const bytesAtOnce = 4 * 2 ** 20;

/** How many images are weighed before they are multiplied. */
export function imagesAtOnce({ batch, height, width, channels }: Image): number {
  return Math.min(batch, Math.max(1, Math.floor(bytesAtOnce / (4 * height * width * channels))));
}

/**
 * @param weigh makes the weights of some of the images; `part` is what a tensor of all images holds of these
 * @returns the result, of the shape of x
 */
export function* weighted(
  op: string,
  image: Image,
  result: Result,
  weigh: (images: Image, part: (all: Tensor) => Tensor) => Steps<Weights>,
): Steps<Tensor> {
  const most = imagesAtOnce(image);
  for (let first = 0; first < image.batch; first += most) {
    const count = Math.min(most, image.batch - first);
    const part = (all: Tensor) => imagesFrom(all, first, count);
    const images = { ...image, batch: count, pixels: part(image.pixels) };
    const weights = yield* weigh(images, part);
    yield* multiplied(op, images, weights, part(result.pixels));
  }
  result.settle();
  return result.tensor;
}

function multiplied(op: string, image: Image, { channel, pixel }: Weights, out: Tensor): Steps<Tensor> {
  const { channels, pixels } = image;
  const count = image.height * image.width;
  const { shape } = pixels;
  const ofChannel = channel && inMemoryOrder(image, { data: channel.data, offset: channel.offset, shape, strides: [channels, 0, 1] });
  const ofPixel = pixel && inMemoryOrder(image, { data: pixel.data, offset: pixel.offset, shape, strides: [count, 1, 0] });
  const [y, z] = image.layout === 'nhwc' ? [ofChannel, ofPixel] : [ofPixel, ofChannel];
  return opsOf(op).multiply(inMemoryOrder(image, pixels), { y, z, out: inMemoryOrder(image, out) });
}
