/**
 * nonLocal and its promise twin.
 * @module
 */
import { finish, finishAsync, type Keep, opsOf, type Steps } from '../ops/steps.js';
import type { Asked, AsyncOptions, ImageLayout, Linear, Tensor } from '../types.js';
import { imageLayout } from '../validate/image.js';
import { checkGives, checkTakes, linear } from '../validate/linear.js';
import * as rule from '../validate/options.js';
import { imageOf, inMemoryOrder, resultOf } from './image.js';
import { kept } from './kept.js';

const op = 'nonLocal';

/** Options of `nonLocal`. */
export interface NonLocalOptions<W extends Asked = Asked> {
  /** weight `[c, d]`, bias `[d]`: what a pixel looks for. */
  readonly theta: Linear;
  /** weight `[c, d]`, bias `[d]`: what it is found by. */
  readonly phi: Linear;
  /** weight `[c, dv]`, bias `[dv]`: what it gives. */
  readonly g: Linear;
  /** weight `[dv, c]`, bias `[c]`. */
  readonly out: Linear;
  /** Also return the weights `[b, h·w, h·w]`. @default false */
  readonly returnWeights?: W;
  /** @default 'nhwc' */
  readonly layout?: ImageLayout | undefined;
}

/** What `nonLocal` gives: weights where W (`returnWeights`) is true. */
export type NonLocalResult<W extends Asked = Asked> = {
  /** In the shape and layout of x. */
  readonly output: Tensor;
} & ([W] extends [true] ? { readonly weights: Tensor } : { readonly weights?: Tensor });

const rules = {
  theta: linear,
  phi: linear,
  g: linear,
  out: linear,
  returnWeights: rule.boolean,
  layout: imageLayout,
} satisfies rule.Rules<NonLocalOptions>;

/**
 * Each pixel adds to itself what all pixels give it: x + softmax(theta(x) · phi(x)ᵀ) · g(x) · out, the embedded Gaussian, whose scale is 1.
 * @param x float32 `[b, h, w, c]`, or `[b, c, h, w]` with `layout: 'nchw'`
 * @returns output; on demand weights `[b, h·w, h·w]`, pixels counted row by row. NaN in an image reaches all of that image and no other
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY; ERR_NOT_READY in a browser before `init`
 * @see Wang et al. 2018, "Non-local neural networks"
 */
export function nonLocal<W extends Asked = false>(x: Tensor, options: NonLocalOptions<W>): NonLocalResult<W> {
  return finish(op, options, (given, keep) => steps(x, given, keep)) as NonLocalResult<W>;
}

/**
 * {@link nonLocal} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where nonLocal throws, and with ERR_ABORTED when `signal` fires
 */
export async function nonLocalAsync<W extends Asked = false>(
  x: Tensor,
  options: NonLocalOptions<W> & AsyncOptions,
): Promise<NonLocalResult<W>> {
  return (await finishAsync(op, options, (given, keep) => steps(x, given, keep))) as NonLocalResult<W>;
}

function* steps(x: unknown, options: unknown, keep: Keep): Steps<NonLocalResult> {
  const given = rule.checkOptions(op, options, rules);
  const image = imageOf(op, x, given.layout, keep);
  const { channels, pixels } = image;
  const theta = rule.needed(op, 'theta', given.theta, linear);
  const phi = rule.needed(op, 'phi', given.phi, linear);
  const g = rule.needed(op, 'g', given.g, linear);
  const out = rule.needed(op, 'out', given.out, linear);
  for (const [name, weights] of Object.entries({ theta, phi, g })) checkTakes(op, name, weights, channels, 'the channels of x');
  checkGives(op, 'phi', phi, theta.weight.shape[1] ?? 0, 'the columns of theta.weight');
  checkTakes(op, 'out', out, g.weight.shape[1] ?? 0, 'the columns of g.weight');
  checkGives(op, 'out', out, channels, 'the channels of x');
  const { attention, matmul, multiply } = opsOf(op);
  const [ofQuery, ofKey, ofValue, ofOutput] = [kept(theta, keep), kept(phi, keep), kept(g, keep), kept(out, keep)];

  const q = yield* matmul(pixels, ofQuery.weight, { bias: ofQuery.bias });
  const k = yield* matmul(pixels, ofKey.weight, { bias: ofKey.bias });
  const v = yield* matmul(pixels, ofValue.weight, { bias: ofValue.bias });
  const { output: taken, weights } = yield* attention(q, k, v, { scale: 1, returnWeights: given.returnWeights ?? false });
  const { tensor, pixels: added } = resultOf(op, image, channels, undefined, {});
  yield* matmul(taken, ofOutput.weight, { bias: ofOutput.bias, out: added });
  const sum = inMemoryOrder(image, added);
  yield* multiply(sum, { plus: inMemoryOrder(image, pixels), out: sum });
  return weights ? { output: tensor, weights } : { output: tensor };
}
