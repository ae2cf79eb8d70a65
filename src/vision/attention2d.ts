/**
 * attention2d and its promise twin.
 * @module
 */
import { shapeError } from '../errors.js';
import { finish, finishAsync, type Keep, opsOf, type Steps } from '../ops/steps.js';
import type { Asked, AsyncOptions, ImageLayout, Linear, Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import { imageLayout, shift2d, window2d } from '../validate/image.js';
import { checkTakes, linear } from '../validate/linear.js';
import * as rule from '../validate/options.js';
import type { Checked } from '../validate/tensor.js';
import { imageOf, resultOf } from './image.js';
import { kept } from './kept.js';
import { expandedBias, isWhole, joined, partitioned, shiftMask, type Windows, windowsOf } from './windows.js';

const op = 'attention2d';

/** Options of `attention2d`. */
export interface Attention2dOptions<W extends Asked = Asked> {
  /** weight `[c, 3·heads·d]`, bias `[3·heads·d]`; columns are `[3, heads, d]`: query, key, value. */
  readonly qkv: Linear;
  /** weight `[heads·d, co]`, bias `[co]`; co is mostly c. */
  readonly out: Linear;
  readonly heads: number;
  /** n, or `[height, width]`, dividing the image: attention stays within windows of that size. @default the whole image */
  readonly window?: number | readonly [number, number] | undefined;
  /** n, or `[down, right]`, less than the window: how far the windows are moved first. @default 0 */
  readonly shift?: number | readonly [number, number] | undefined;
  /** `[(2h − 1)(2w − 1), heads]`, h × w being the window: added to the scores, by query − key. @default 0 */
  readonly relativePositionBias?: Tensor | undefined;
  /** Also return the weights: `[b, heads, h·w, h·w]`, with windows `[b, windows, heads, n, n]`. @default false */
  readonly returnWeights?: W;
  /** @default 'nhwc' */
  readonly layout?: ImageLayout | undefined;
}

/** What `attention2d` gives: weights where W (`returnWeights`) is true. */
export type Attention2dResult<W extends Asked = Asked> = {
  /** `[b, h, w, co]`, or `[b, co, h, w]`. */
  readonly output: Tensor;
} & ([W] extends [true] ? { readonly weights: Tensor } : { readonly weights?: Tensor });

const rules = {
  qkv: linear,
  out: linear,
  heads: rule.size,
  window: window2d,
  shift: shift2d,
  relativePositionBias: rule.float32Tensor,
  returnWeights: rule.boolean,
  layout: imageLayout,
} satisfies rule.Rules<Attention2dOptions>;

/**
 * Multi-head self-attention of the pixels of each image, or of each window of it: out(softmax(q·kᵀ/√d + bias)·v), q, k and v being the columns of
 * qkv(x). With `shift` the windows of the image moved up and left, around its edges; pixels from opposite edges do not see each other.
 * @param x float32 `[b, h, w, c]`, or `[b, c, h, w]` with `layout: 'nchw'`
 * @returns output; on demand weights `[b, heads, h·w, h·w]`, with windows `[b, windows, heads, n, n]`: pixels and windows are counted row by row,
 * of the moved image. NaN in a pixel reaches the pixels that see it and no other
 * @throws {FoveaError} ERR_SHAPE also for a window that does not divide the image, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY; ERR_NOT_READY in a
 * browser before `init`
 * @see Vaswani et al. 2017; windows and their bias: Liu et al. 2021, "Swin Transformer"
 */
export function attention2d<W extends Asked = false>(x: Tensor, options: Attention2dOptions<W>): Attention2dResult<W> {
  return finish(op, options, (given, keep) => steps(x, given, keep)) as Attention2dResult<W>;
}

/**
 * {@link attention2d} off the event loop, but for the moving of pixels into windows and back. Waits for `init`; inputs are copied before the promise
 * is returned unless `copy: false`.
 * @returns rejects where attention2d throws, and with ERR_ABORTED when `signal` fires
 */
export async function attention2dAsync<W extends Asked = false>(
  x: Tensor,
  options: Attention2dOptions<W> & AsyncOptions,
): Promise<Attention2dResult<W>> {
  return (await finishAsync(op, options, (given, keep) => steps(x, given, keep))) as Attention2dResult<W>;
}

function* steps(x: unknown, options: unknown, keep: Keep): Steps<Attention2dResult> {
  const given = rule.checkOptions(op, options, rules);
  const image = imageOf(op, x, given.layout, (tensor) => tensor); // windows are a copy of their own
  const { batch, channels } = image;
  const heads = rule.needed(op, 'heads', given.heads, rule.size);
  const qkv = rule.needed(op, 'qkv', given.qkv, linear);
  const out = rule.needed(op, 'out', given.out, linear);
  checkTakes(op, 'qkv', qkv, channels, 'the channels of x');
  const [, columns = 0] = qkv.weight.shape;
  if (columns % (3 * heads) !== 0)
    throw shapeError(op, 'qkv.weight', `${columns} columns`, `a multiple of ${3 * heads}: query, key and value of ${heads} heads`);
  checkTakes(op, 'out', out, columns / 3, 'a third of the columns of qkv.weight');
  const windows = windowsOf(op, image, given.window, given.shift ?? [0, 0]);
  const table = given.relativePositionBias;
  if (table) checkTable(table, windows, heads);

  const { attention, matmul } = opsOf(op);
  const [ofInput, ofOutput] = [kept(qkv, keep), kept(out, keep)];
  const bias = table && expandedBias(op, windows, table);
  const parts = isWhole(windows) ? keep(image.pixels) : partitioned(op, image, windows);
  const [count = 0, n = 0] = parts.shape;
  const { data } = yield* matmul(parts, ofInput.weight, { bias: ofInput.bias });
  const d = columns / 3 / heads;
  const part = (which: number): Tensor => ({
    data,
    offset: data.length === 0 ? 0 : (which * columns) / 3,
    shape: [count, n, heads, d],
    strides: [n * columns, columns, d, 1],
  });
  const { output: taken, weights } = yield* attention(part(0), part(1), part(2), {
    layout: 'bshd',
    bias,
    mask: shiftMask(op, image, windows),
    returnWeights: given.returnWeights ?? false,
  });
  const rows = { data: taken.data, shape: [count, n, columns / 3] };
  const [, outChannels = 0] = out.weight.shape;
  const { tensor, pixels } = resultOf(op, image, outChannels, undefined, {});
  if (isWhole(windows)) yield* matmul(rows, ofOutput.weight, { bias: ofOutput.bias, out: pixels });
  else joined(image, windows, yield* matmul(rows, ofOutput.weight, { bias: ofOutput.bias }), pixels, outChannels);
  if (weights === undefined) return { output: tensor };
  const shape = given.window ? [batch, windows.down * windows.across, heads, n, n] : [batch, heads, n, n];
  return { output: tensor, weights: { data: weights.data, shape } };
}

function checkTable({ shape }: Checked, { height, width }: Windows, heads: number): void {
  const entries = Math.max(0, 2 * height - 1) * Math.max(0, 2 * width - 1);
  if (shape.length !== 2 || shape[0] !== entries || shape[1] !== heads) {
    const why = `(2·${height} − 1)·(2·${width} − 1) distances, ${heads} heads`;
    throw shapeError(op, 'relativePositionBias', `shape ${list(shape)}`, list([entries, heads]), why);
  }
}
