/**
 * cbam and its promise twin.
 * @module
 */
import { finish, finishAsync, fresh, type Keep, opsOf, type Steps } from '../ops/steps.js';
import type { AsyncOptions, ImageLayout, Linear, Tensor } from '../types.js';
import { imageLayout } from '../validate/image.js';
import { linear } from '../validate/linear.js';
import * as rule from '../validate/options.js';
import { excitationOf, excited } from './excitation.js';
import { imageOf, resultOf, turned } from './image.js';
import { namedWeights } from './kept.js';
import { pixelKernel } from './kernel.js';
import { mapsOf, weighPixels } from './pixel-weights.js';
import { weighted } from './weighted.js';

const op = 'cbam';

/** Options of `cbam`. */
export interface CbamOptions {
  /** weight `[c, r]`, bias `[r]`. */
  readonly reduce: Linear;
  /** weight `[r, c]`, bias `[c]`. */
  readonly expand: Linear;
  /** `[kh, kw, 2, 1]`, kh and kw odd: of the means, then of the maxima of the channels. */
  readonly kernel: Tensor;
  /** @default 'nhwc' */
  readonly layout?: ImageLayout | undefined;
  /** Written instead of allocating: float32, the shape of x. */
  readonly out?: Tensor | undefined;
}

/** What `cbam` gives. */
export interface CbamResult {
  /** In the shape and layout of x. */
  readonly output: Tensor;
  /** channel `[b, c]`, spatial `[b, h, w]`. */
  readonly weights: { readonly channel: Tensor; readonly spatial: Tensor };
}

const rules = {
  reduce: linear,
  expand: linear,
  kernel: rule.float32Tensor,
  layout: imageLayout,
  out: rule.floatTensor,
} satisfies rule.Rules<CbamOptions>;

/**
 * Channels weighted first, then pixels. channel = sigmoid(m(mean) + m(maximum)) with m(v) = relu(v · reduce) · expand, biases in both; spatial as
 * {@link spatialAttention} has it, of x · channel; output = x · channel · spatial.
 * @param x float32 `[b, h, w, c]`, or `[b, c, h, w]` with `layout: 'nchw'`
 * @returns output and both weights. NaN in an image reaches all of that image and no other
 * @throws {FoveaError} ERR_SHAPE also for an even kernel, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY; ERR_NOT_READY in a browser before `init`
 * @see Woo et al. 2018, "CBAM"
 */
export function cbam(x: Tensor, options: CbamOptions): CbamResult {
  return finish(op, options, (given, keep) => steps(x, given, keep));
}

/**
 * {@link cbam} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where cbam throws, and with ERR_ABORTED when `signal` fires
 */
export async function cbamAsync(x: Tensor, options: CbamOptions & AsyncOptions): Promise<CbamResult> {
  return finishAsync(op, options, (given, keep) => steps(x, given, keep));
}

function* steps(x: unknown, options: unknown, keep: Keep): Steps<CbamResult> {
  const given = rule.checkOptions(op, options, rules);
  const image = imageOf(op, x, given.layout, keep);
  const { batch, channels } = image;
  const excitation = excitationOf(op, given, channels, keep);
  const kernel = pixelKernel(op, rule.needed(op, 'kernel', given.kernel, rule.float32Tensor));
  const result = resultOf(op, image, channels, given.out, {
    ...namedWeights('reduce', given.reduce),
    ...namedWeights('expand', given.expand),
    kernel: given.kernel,
  });
  const weights = { channel: fresh(op, [batch, channels]), spatial: fresh(op, [batch, image.height, image.width]) };
  const maps = mapsOf(op, image);
  const { activate, pool } = opsOf(op);
  const output = yield* weighted(op, image, result, function* (images, part) {
    const channel = part(weights.channel);
    const pixel = part(weights.spatial);
    const { data } = yield* pool(turned(images.pixels));
    const both = yield* excited(op, { data, shape: [2 * images.batch, channels] }, excitation);
    yield* activate('sigmoid', halvesAdded(both.data, channel.shape), channel);
    yield* weighPixels(op, images, kernel, pixel, { maps, channel });
    return { channel, pixel };
  });
  return { output, weights };
}

function halvesAdded(both: Float32Array, shape: readonly number[]): Tensor {
  const size = both.length / 2;
  const data = new Float32Array(size);
  for (let i = 0; i < size; i++) data[i] = (both[i] ?? NaN) + (both[size + i] ?? NaN);
  return { data, shape };
}
