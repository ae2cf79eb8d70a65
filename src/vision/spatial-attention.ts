/**
 * spatialAttention and its promise twin.
 * @module
 */
import { shapeError } from '../errors.js';
import { finish, finishAsync, fresh, type Keep, type Steps } from '../ops/steps.js';
import type { AsyncOptions, ImageLayout, Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import { imageLayout } from '../validate/image.js';
import * as rule from '../validate/options.js';
import type { Checked } from '../validate/tensor.js';
import { imageOf, resultOf } from './image.js';
import { pixelKernel } from './kernel.js';
import { mapsOf, weighPixels } from './pixel-weights.js';
import { type Weighted, weighted } from './weighted.js';

const op = 'spatialAttention';

/** Options of `spatialAttention`. */
export interface SpatialAttentionOptions {
  /** `[kh, kw, 2, 1]`, kh and kw odd: of the means, then of the maxima of the channels. */
  readonly kernel: Tensor;
  /** `[1]` @default 0 */
  readonly bias?: Tensor | undefined;
  /** @default 'nhwc' */
  readonly layout?: ImageLayout | undefined;
  /** Written instead of allocating: float32, the shape of x. */
  readonly out?: Tensor | undefined;
}

const rules = {
  kernel: rule.float32Tensor,
  bias: rule.float32Tensor,
  layout: imageLayout,
  out: rule.floatTensor,
} satisfies rule.Rules<SpatialAttentionOptions>;

/**
 * Pixels weighted by what their neighbourhood shows: sigmoid(a convolution of the mean and the maximum of each pixel's channels + bias). The kernel
 * is not flipped; around the image there are zeros.
 * @param x float32 `[b, h, w, c]`, or `[b, c, h, w]` with `layout: 'nchw'`
 * @returns output, x times its pixel's weight; weights `[b, h, w]`. NaN in a pixel reaches the pixels whose kernel covers it and no other
 * @throws {FoveaError} ERR_SHAPE also for an even kernel, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY; ERR_NOT_READY in a browser before `init`
 * @see Woo et al. 2018, "CBAM", §3
 */
export function spatialAttention(x: Tensor, options: SpatialAttentionOptions): Weighted {
  return finish(op, options, (given, keep) => steps(x, given, keep));
}

/**
 * {@link spatialAttention} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where spatialAttention throws, and with ERR_ABORTED when `signal` fires
 */
export async function spatialAttentionAsync(x: Tensor, options: SpatialAttentionOptions & AsyncOptions): Promise<Weighted> {
  return finishAsync(op, options, (given, keep) => steps(x, given, keep));
}

function* steps(x: unknown, options: unknown, keep: Keep): Steps<Weighted> {
  const given = rule.checkOptions(op, options, rules);
  const image = imageOf(op, x, given.layout, keep);
  const kernel = pixelKernel(op, rule.needed(op, 'kernel', given.kernel, rule.float32Tensor));
  const bias = given.bias === undefined ? 0 : numberOf(given.bias);
  const result = resultOf(op, image, image.channels, given.out, { kernel: given.kernel, bias: given.bias });
  const weights = fresh(op, [image.batch, image.height, image.width]);
  const maps = mapsOf(op, image);
  const output = yield* weighted(op, image, result, function* (images, part) {
    const pixel = part(weights);
    yield* weighPixels(op, images, kernel, pixel, { maps, bias });
    return { pixel };
  });
  return { output, weights };
}

function numberOf({ data, offset, shape }: Checked): number {
  if (shape.length !== 1 || shape[0] !== 1) throw shapeError(op, 'bias', `shape ${list(shape)}`, '[1]', 'there is one map');
  return data[offset] ?? NaN;
}
