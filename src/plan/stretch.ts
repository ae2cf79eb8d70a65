/**
 * A mask or bias as an op reads it: stretched from the right to the shape of what it is laid over.
 * @module
 */
import { shapeError } from '../errors.js';
import { broadcastStrides } from '../validate/broadcast.js';
import { list } from '../validate/describe.js';
import type { Checked } from '../validate/tensor.js';

/** @throws {FoveaError} ERR_SHAPE when it does not stretch */
export function stretchedStrides(
  op: string,
  name: string,
  { shape, strides }: Checked<ArrayBufferView>,
  target: readonly number[],
): readonly number[] {
  const stretched = broadcastStrides(shape, strides, target);
  if (stretched === undefined) throw shapeError(op, name, `shape ${list(shape)}`, `one that broadcasts from the right to ${list(target)}`);
  return stretched;
}
