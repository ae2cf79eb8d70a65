/**
 * What attention's options have to do with its sizes: masks that stretch to the scores, arrays with an entry a head or row.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import { broadcastStrides } from '../validate/broadcast.js';
import { list } from '../validate/describe.js';
import type { Checked } from '../validate/tensor.js';
import { toHeads } from './heads.js';
import type { View } from './plan.js';

/** The mask or bias as it is read at `[batch, query head, query, key]`. */
export function stretch<D extends ArrayBufferView>(op: string, name: string, tensor: Checked<D>, scores: readonly number[]): View<D> {
  const strides = broadcastStrides(tensor.shape, tensor.strides, scores);
  if (strides === undefined)
    throw shapeError(op, name, `shape ${list(tensor.shape)}`, `one that broadcasts from the right to ${list(scores)}`);
  return { data: tensor.data, offset: tensor.offset, strides: toHeads(strides, 'bhsd', 0) };
}

export function checkEntries(
  op: string,
  name: string,
  array: { readonly length: number } | undefined,
  expected: number,
  what: string,
): void {
  if (array !== undefined && array.length !== expected)
    throw shapeError(op, name, `${array.length} entries`, `${expected}, one for each of the ${what}`);
}

export function checkLengths(op: string, name: string, lengths: Int32Array | undefined, batch: number, limit: number): void {
  if (lengths === undefined) return;
  checkEntries(op, name, lengths, batch, 'batch');
  for (const [row, length] of lengths.entries()) {
    if (length < 0 || length > limit) throw optionError(op, `${name}[${row}]`, String(length), `0 to ${limit}`);
  }
}
