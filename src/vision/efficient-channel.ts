/**
 * efficientChannel and its promise twin.
 * @module
 */
import { finish, finishAsync, fresh, type Keep, opsOf, type Steps } from '../ops/steps.js';
import type { AsyncOptions, ImageLayout, Tensor } from '../types.js';
import { imageLayout } from '../validate/image.js';
import * as rule from '../validate/options.js';
import { imageOf, resultOf, turned } from './image.js';
import { channelKernel } from './kernel.js';
import { type Weighted, weighted } from './weighted.js';

const op = 'efficientChannel';

/** Options of `efficientChannel`. */
export interface EfficientChannelOptions {
  /** `[k]`, k odd: what a channel's neighbours count in its weight. */
  readonly kernel: Tensor;
  /** @default 'nhwc' */
  readonly layout?: ImageLayout | undefined;
  /** Written instead of allocating: float32, the shape of x. */
  readonly out?: Tensor | undefined;
}

const rules = { kernel: rule.float32Tensor, layout: imageLayout, out: rule.floatTensor } satisfies rule.Rules<EfficientChannelOptions>;

/**
 * Channels weighted by their own mean and those of the channels beside them: sigmoid(a convolution of the means with the kernel). The kernel is
 * not flipped: its first number meets the channel ⌊k/2⌋ before; beyond the first and the last channel there are zeros.
 * @param x float32 `[b, h, w, c]`, or `[b, c, h, w]` with `layout: 'nchw'`
 * @returns output, x times its channel's weight; weights `[b, c]`. NaN in a channel reaches the k channels around it, in its image alone
 * @throws {FoveaError} ERR_SHAPE also for an even k, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY; ERR_NOT_READY in a browser before `init`
 * @see Wang et al. 2020, "ECA-Net"
 */
export function efficientChannel(x: Tensor, options: EfficientChannelOptions): Weighted {
  return finish(op, options, (given, keep) => steps(x, given, keep));
}

/**
 * {@link efficientChannel} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where efficientChannel throws, and with ERR_ABORTED when `signal` fires
 */
export async function efficientChannelAsync(x: Tensor, options: EfficientChannelOptions & AsyncOptions): Promise<Weighted> {
  return finishAsync(op, options, (given, keep) => steps(x, given, keep));
}

function* steps(x: unknown, options: unknown, keep: Keep): Steps<Weighted> {
  const given = rule.checkOptions(op, options, rules);
  const image = imageOf(op, x, given.layout, keep);
  const { batch, channels } = image;
  const kernel = channelKernel(op, rule.needed(op, 'kernel', given.kernel, rule.float32Tensor));
  const result = resultOf(op, image, channels, given.out, { kernel: given.kernel });
  const { convolve, pool } = opsOf(op);
  const weights = fresh(op, [batch, channels]);
  const output = yield* weighted(op, image, result, function* (images, part) {
    const channel = part(weights);
    const { data } = yield* pool(turned(images.pixels));
    const out = { data: channel.data, offset: channel.offset, shape: [images.batch, 1, channels] };
    yield* convolve({ data, shape: [images.batch, 1, 1, channels] }, kernel, { activation: 'sigmoid', out });
    return { channel };
  });
  return { output, weights };
}
