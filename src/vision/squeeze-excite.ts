/**
 * squeezeExcite and its promise twin.
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
import { type Weighted, weighted } from './weighted.js';

const op = 'squeezeExcite';

/** Options of `squeezeExcite`. */
export interface SqueezeExciteOptions {
  /** weight `[c, r]`, bias `[r]`. */
  readonly reduce: Linear;
  /** weight `[r, c]`, bias `[c]`. */
  readonly expand: Linear;
  /** @default 'nhwc' */
  readonly layout?: ImageLayout | undefined;
  /** Written instead of allocating: float32, the shape of x. */
  readonly out?: Tensor | undefined;
}

const rules = { reduce: linear, expand: linear, layout: imageLayout, out: rule.floatTensor } satisfies rule.Rules<SqueezeExciteOptions>;

/**
 * Channels weighted by what the whole image shows: sigmoid(relu(mean · reduce) · expand), the mean being that of each channel.
 * @param x float32 `[b, h, w, c]`, or `[b, c, h, w]` with `layout: 'nchw'`
 * @returns output, x times its channel's weight; weights `[b, c]`. NaN in an image reaches all of that image and no other
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY; ERR_NOT_READY in a browser before `init`
 * @see Hu et al. 2018
 */
export function squeezeExcite(x: Tensor, options: SqueezeExciteOptions): Weighted {
  return finish(op, options, (given, keep) => steps(x, given, keep));
}

/**
 * {@link squeezeExcite} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where squeezeExcite throws, and with ERR_ABORTED when `signal` fires
 */
export async function squeezeExciteAsync(x: Tensor, options: SqueezeExciteOptions & AsyncOptions): Promise<Weighted> {
  return finishAsync(op, options, (given, keep) => steps(x, given, keep));
}

function* steps(x: unknown, options: unknown, keep: Keep): Steps<Weighted> {
  const given = rule.checkOptions(op, options, rules);
  const image = imageOf(op, x, given.layout, keep);
  const { batch, channels } = image;
  const excitation = excitationOf(op, given, channels, keep);
  const result = resultOf(op, image, channels, given.out, {
    ...namedWeights('reduce', given.reduce),
    ...namedWeights('expand', given.expand),
  });
  const weights = fresh(op, [batch, channels]);
  const { pool } = opsOf(op);
  const output = yield* weighted(op, image, result, function* (images, part) {
    const channel = part(weights);
    const { data } = yield* pool(turned(images.pixels));
    yield* excited(op, { data, shape: [images.batch, channels] }, excitation, { activation: 'sigmoid', out: channel });
    return { channel };
  });
  return { output, weights };
}
