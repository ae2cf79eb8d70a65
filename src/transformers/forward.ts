/**
 * What MultiHeadAttention.forward does, step by step: projections, rotary, attention, the projection of its output.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import { attention, attentionAsync } from '../ops/attention.js';
import type { KVCache } from '../ops/kv-cache.js';
import { linear, linearAsync } from '../ops/linear.js';
import { either, type Keep, type Steps } from '../ops/steps.js';
import type { AttentionOptions, AttentionResult, FloatData, LinearOptions, Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import { checkFloats } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';
import { turnOn } from './cache-turns.js';
import { keptOptions } from './forward-options.js';
import type { Heads, Projection } from './heads.js';
import { turned } from './turned.js';

export const op = 'MultiHeadAttention.forward';

type Rows = Tensor<FloatData>;
type Result = AttentionResult<FloatData>;
/** Queries, keys and values of the heads, `[…, s, heads, d]`. */
type Inputs = readonly [q: Rows, k: Rows, v: Rows];

export function* forward(layer: Heads, query: Rows, key: Rows, value: Rows, options: unknown, keep: Keep): Steps<Result> {
  const { cache, out, ...given } = keptOptions(op, options, keep);
  const rank = checkRows('query', query, layer.embedDim);
  checkRows('key', key, layer.keyWidth, rank);
  checkRows('value', value, layer.valueWidth, rank);
  const rows = keptRows([query, key, value], keep);
  const asked = { ...given, layout: 'bshd' } as const;
  if (cache === undefined) {
    const [q, k, v] = yield* inputs(layer, rows, given.queryOffset, undefined);
    const attend = either(
      () => attention(q, k, v, asked),
      (own) => attentionAsync(q, k, v, { ...asked, ...own }),
    );
    return yield* projected(layer, yield* attend, out);
  }

  const { lengths: before, end } = yield* turnOn(cache);
  try {
    const [q, k, v] = yield* inputs(layer, rows, given.queryOffset ?? before, before);
    checkUnchanged(cache, before);
    cache.append(inBatch(k), inBatch(v), { layout: 'bshd' });
    try {
      const attend = either(
        () => cache.attention(q, asked),
        (own) => cache.attentionAsync(q, { ...asked, ...own }),
      );
      return yield* projected(layer, yield* attend, out);
    } catch (error) {
      takeBack(cache, before);
      throw error;
    }
  } finally {
    end();
  }
}

/** The rank of rows of such a width: with a batch or without. */
function checkRows(name: string, rows: unknown, width: number, expected?: number): number {
  const { shape } = checkFloats(op, name, rows, new Workspace());
  const rank = shape.length;
  if (expected === undefined ? rank !== 2 && rank !== 3 : rank !== expected)
    throw shapeError(
      op,
      name,
      `rank ${rank}`,
      expected === undefined ? 'rank 2 [s, width] or 3 [b, s, width]' : `${expected}, the rank of query`,
      `${name} is ${list(shape)}`,
    );
  if (shape[rank - 1] !== width) throw shapeError(op, name, `rows of ${shape[rank - 1]}`, String(width), `${name} is ${list(shape)}`);
  return rank;
}

/** Self-attention has one tensor thrice. */
function keptRows([query, key, value]: Inputs, keep: Keep): Inputs {
  const q = keep(query);
  const k = key === query ? q : keep(key);
  return [q, k, value === query ? q : value === key ? k : keep(value)];
}

/**
 * @param first position of query 0; by default the last query stands at the last key
 * @param before tokens of a cache, behind which the keys stand
 */
function* inputs(
  { weights, heads, kvHeads, rotary }: Heads,
  [query, key, value]: Inputs,
  first: number | Int32Array | undefined,
  before: Int32Array | undefined,
): Steps<Inputs> {
  const q = yield* split(query, weights.q, heads);
  const k = yield* split(key, weights.k, kvHeads);
  const v = yield* split(value, weights.v, kvHeads);
  if (!rotary) return [q, k, v];
  const atEnd = (k.shape.at(-3) ?? 0) - (q.shape.at(-3) ?? 0);
  return [yield* turned(q, first ?? atEnd, rotary), yield* turned(k, before ?? 0, rotary), v];
}

/** Rows projected and cut into heads: `[…, s, heads, d]`. */
function* split(rows: Rows, map: Projection, heads: number): Steps<Rows> {
  const result = yield* mapped(rows, map);
  const { shape } = result;
  return { ...result, shape: [...shape.slice(0, -1), heads, (shape.at(-1) ?? 0) / heads] };
}

function mapped(rows: Rows, { weight, bias }: Projection, out?: Rows): Steps<Rows> {
  const options: LinearOptions<FloatData> = { bias, out };
  return either(
    () => linear(rows, weight, options),
    (own) => linearAsync(rows, weight, { ...options, ...own }),
  );
}

function* projected({ weights, heads, valueDim }: Heads, result: Result, out: AttentionOptions<FloatData>['out']): Steps<Result> {
  const { data, shape, dtype } = result.output;
  const rows = { data, dtype, shape: [...shape.slice(0, -2), heads * valueDim] };
  const output = yield* mapped(rows, weights.out, out);
  return { ...('weights' in result && { weights: result.weights }), output };
}

/** Positions and what is seen are those of the tokens that were there. */
function checkUnchanged(cache: KVCache, before: Int32Array): void {
  const { lengths } = cache;
  if (lengths.some((length, row) => length !== before[row]))
    throw optionError(op, 'cache', `lengths ${list([...lengths])}`, `${list([...before])}, as before the call`, 'it was changed meanwhile');
}

function takeBack(cache: KVCache, lengths: Int32Array): void {
  try {
    for (const [row, length] of lengths.entries()) cache.truncate(length, { row });
  } catch {
    // Its window has moved on: what it has given up does not come back. The error that matters is the other one.
  }
}

/** A cache takes a batch. */
function inBatch<D extends FloatData>(x: Tensor<D>): Tensor<D> {
  return x.shape.length === 4 ? x : { ...x, shape: [1, ...x.shape] };
}
