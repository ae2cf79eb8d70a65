/**
 * Multi-head attention of TensorFlow.js tensors: projections, attention of all heads at once, one projection back.
 * @module
 */
import { reshape, type Tensor as TfTensor, tidy } from '@tensorflow/tfjs-core';
import { optionError, shapeError } from '../errors.js';
import { list, received } from '../validate/describe.js';
import { attention, type TfAttentionOptions } from './attention.js';
import { projected } from './projected.js';

/** Weights of a projection, and its bias. */
export interface TfProjection {
  /** float32 `[width, heads · d]`; of the output `[heads · dv, width]`. */
  readonly weight: TfTensor;
  /** float32, as many as the weight has columns. @default 0 */
  readonly bias?: TfTensor | undefined;
}

/** Options of `multiHeadAttention`: those of `attention` but its layout, and the projections. */
export interface TfMultiHeadAttentionOptions extends Omit<TfAttentionOptions, 'layout'> {
  readonly heads: number;
  /** Of keys and values, which divides `heads`. @default heads */
  readonly kvHeads?: number | undefined;
  readonly query: TfProjection;
  readonly key: TfProjection;
  readonly value: TfProjection;
  readonly output: TfProjection;
}

const op = 'multiHeadAttention';

/**
 * Attention with `heads` heads: query, key and value are projected, each head attends for itself, and all of them together are projected once more.
 * @param query `[b, sq, width]`, key `[b, skv, width]`, value `[b, skv, width]`, float32; the widths may differ
 * @returns `[b, sq, width of the output]`. Differentiable in all three, in every weight and bias, and in what `attention` is differentiable in
 * @throws {FoveaError} ERR_SHAPE for a projection whose columns are not so many times the heads; else as `attention` does
 * @see Vaswani et al. 2017, §3.2.2
 */
export function multiHeadAttention(query: TfTensor, key: TfTensor, value: TfTensor, options: TfMultiHeadAttentionOptions): TfTensor {
  const { heads, kvHeads = heads, query: q, key: k, value: v, output, ...rest } = options;
  for (const [name, count] of Object.entries({ heads, kvHeads }))
    if (!Number.isSafeInteger(count) || count < 1) throw optionError(op, name, received(count), 'a whole number from 1');
  return tidy(() => {
    const attended = attention(headsOf('query', query, q, heads), headsOf('key', key, k, kvHeads), headsOf('value', value, v, kvHeads), {
      ...rest,
      layout: 'bshd',
    });
    const [batch = 1, length = 1, , width = 1] = attended.shape;
    return projected(reshape(attended, [batch, length, heads * width]), output.weight, output.bias);
  });
}

/** `[b, s, width]` → `[b, s, heads, d]` */
function headsOf(name: string, x: TfTensor, projection: TfProjection, heads: number): TfTensor {
  const { shape } = x;
  if (shape.length !== 3) throw shapeError(op, name, `rank ${shape.length}`, 'rank 3 [b, s, width]', `${name} is ${list(shape)}`);
  const columns = projection.weight.shape.at(-1) ?? 0;
  if (columns % heads > 0)
    throw shapeError(
      op,
      `${name}.weight`,
      `${columns} columns`,
      `a multiple of the ${heads} heads`,
      `it is ${list(projection.weight.shape)}`,
    );
  return reshape(projected(x, projection.weight, projection.bias), [shape[0] ?? 1, shape[1] ?? 1, heads, columns / heads]);
}
