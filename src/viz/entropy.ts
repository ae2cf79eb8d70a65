/**
 * How widely queries look.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import type { Tensor } from '../types.js';
import { list, received } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { checkFloat32 } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';
import { packed } from './weights.js';

const op = 'entropy';

/** Options of `entropy`. */
export interface EntropyOptions {
  /** Base of the logarithm, above 1: 2 gives bits, Math.E nats. @default 2 */
  readonly base?: number | undefined;
  /** One number a query instead of their mean. @default false */
  readonly perQuery?: boolean | undefined;
}

const rules = {
  base: (name: string, option: string, value: unknown) => {
    const base = rule.finite(name, option, value);
    if (!(base > 1)) throw optionError(name, option, received(value), 'a finite number above 1');
    return base;
  },
  perQuery: rule.boolean,
} satisfies rule.Rules<EntropyOptions>;

/**
 * Entropy of the weights of each head, averaged over its queries: −Σ p·log p with p = w / Σw, so that it is 0 where each query looks at one key,
 * and log(skv) where it looks at all alike.
 * @param weights float32 `[…, sq, skv]`, as `attention` returns them
 * @returns `[…]`, or `[…, sq]` with `perQuery`. A query that sees no key is left out of the mean and has 0 itself; a mean of no query is NaN; a
 * weight that is NaN or below 0 makes what it belongs to NaN
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION
 */
export function entropy(weights: Tensor, options?: EntropyOptions): Tensor {
  const checked = checkFloat32(op, 'weights', weights, new Workspace());
  const { shape } = checked;
  if (shape.length < 2) throw shapeError(op, 'weights', `shape ${list(shape)}`, '[…, sq, skv]');
  const { base = 2, perQuery = false } = rule.checkOptions(op, options, rules);
  const data = packed(checked);
  const keys = shape.at(-1) ?? 0;
  const each = Float64Array.from({ length: product(shape.slice(0, -1)) }, (_, row) => ofRow(data, row * keys, keys) / Math.log(base));
  if (perQuery) return { data: Float32Array.from(each, (it) => Math.max(0, it)), shape: shape.slice(0, -1) };
  const queries = shape.at(-2) ?? 0;
  const heads = shape.slice(0, -2);
  const means = Float32Array.from({ length: product(heads) }, (_, i) => mean(each.subarray(i * queries, (i + 1) * queries)));
  return { data: means, shape: heads };
}

/** What a row without weights has, for `mean` to know it by. */
const nothing = -1;

/** In nats: log S − (Σ w·log w) / S, with the sum S of the weights. */
function ofRow(data: Float32Array, start: number, keys: number): number {
  let sum = 0;
  let sumOfLogs = 0;
  for (let i = start; i < start + keys; i++) {
    const weight = data[i] ?? 0;
    sum += weight;
    if (weight !== 0) sumOfLogs += weight * Math.log(weight); // NaN below 0
  }
  if (sum === 0) return Number.isNaN(sumOfLogs) ? Number.NaN : nothing;
  return Math.max(0, Math.log(sum) - sumOfLogs / sum);
}

function mean(rows: Float64Array): number {
  const seeing = rows.filter((it) => !(it < 0));
  return seeing.reduce((sum, it) => sum + it, 0) / seeing.length;
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1);
}
