/**
 * The small network of squeeze-and-excitation, which cbam shares: two linear maps, from the channels to fewer numbers and back.
 * @module
 */
import { type Keep, opsOf, type Steps } from '../ops/steps.js';
import type { Linear, MatmulOptions, Tensor } from '../types.js';
import { type CheckedLinear, checkGives, checkTakes, linear } from '../validate/linear.js';
import { needed } from '../validate/options.js';
import { kept } from './kept.js';

export interface Excitation {
  /** weight `[c, r]`, bias `[r]`. */
  readonly reduce: Linear;
  /** weight `[r, c]`, bias `[c]`. */
  readonly expand: Linear;
}

type Given = { readonly [Name in keyof Excitation]: CheckedLinear | undefined };

/** @throws {FoveaError} ERR_OPTION, ERR_SHAPE where one is missing or does not fit the channels or the other one */
export function excitationOf(op: string, given: Given, channels: number, keep: Keep): Excitation {
  const reduce = needed(op, 'reduce', given.reduce, linear);
  const expand = needed(op, 'expand', given.expand, linear);
  checkTakes(op, 'reduce', reduce, channels, 'the channels of x');
  checkTakes(op, 'expand', expand, reduce.weight.shape[1] ?? 0, 'the columns of reduce.weight');
  checkGives(op, 'expand', expand, channels, 'the channels of x');
  return { reduce: kept(reduce, keep), expand: kept(expand, keep) };
}

/** relu(x · reduce) · expand, as matmul's options have it. @param x `[m, c]` @returns `[m, c]` */
export function* excited(
  op: string,
  x: Tensor,
  { reduce, expand }: Excitation,
  options?: Pick<MatmulOptions<Float32Array>, 'activation' | 'out'>,
): Steps<Tensor> {
  const { matmul } = opsOf(op);
  const hidden = yield* matmul(x, reduce.weight, { bias: reduce.bias, activation: 'relu' });
  return yield* matmul(hidden, expand.weight, { bias: expand.bias, ...options });
}
