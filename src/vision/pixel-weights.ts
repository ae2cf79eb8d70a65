/**
 * Weights of pixels out of what their channels come to, as spatialAttention and cbam have them.
 * @module
 */
import { opsOf, type Steps } from '../ops/steps.js';
import type { Tensor } from '../types.js';
import type { Image } from './image.js';
import { sigmoid } from './sigmoid.js';

/**
 * sigmoid(a convolution of mean and maximum over the channels).
 * @param kernel `[2, kh, kw]`
 * @param channel `[b, c]`, multiplies the channels before
 * @returns `[b, h, w]`
 */
export function* pixelWeights(op: string, image: Image, kernel: Tensor, bias: number, channel?: Tensor): Steps<Tensor> {
  const { batch, height, width } = image;
  const { convolve, pool } = opsOf(op);
  const { data } = yield* pool(image.pixels, channel);
  const pixels = height * width;
  const maps = { data, shape: [batch, 2, height, width], strides: [pixels, batch * pixels, width, 1] };
  const weights = yield* convolve(maps, kernel, bias);
  sigmoid(weights.data);
  return weights;
}
