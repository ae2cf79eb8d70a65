/**
 * The multiply kernel of fovea, for kernels of TensorFlow.js that are products or can be written as such.
 * @module
 */
import { backend } from '../../index.js';
import { finish, opsOf } from '../../ops/steps.js';
import type { Tensor } from '../../types.js';

/** What out = x · y + plus is made of: whatever of it is there, all walked as `[batch, rows, columns]`. */
export interface Factors {
  readonly x: Tensor;
  readonly y?: Tensor;
  readonly plus?: Tensor;
}

/** Numbers from which on a call of the kernel costs less than a loop over two operands. */
const large = 2 ** 13;
/** Numbers that a row of them has at least. */
const wideRow = 16;

/** Whether a call costs less than loops do. @param row numbers of one @param least numbers of which it does */
export function isForProducts(numbers: number, row: number, least = large): boolean {
  return numbers >= least && row >= wideRow && backend().name === 'native';
}

/** @param name of the kernel, for errors @param out apart from all factors, or x itself */
export function multiplyInto(name: string, { x, ...rest }: Factors, out: Tensor): void {
  finish(name, undefined, () => opsOf(name).multiply(x, { ...rest, out }));
}
