/**
 * Tensors that may come without their batch, where that is 1; the results then come without it, too.
 * @module
 */
import { shapeError } from '../errors.js';
import type { Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import type { Checked } from '../validate/tensor.js';

/** A tensor with its batch. */
export interface Batched {
  readonly tensor: Checked;
  /** Whether it came without. */
  readonly isBare: boolean;
}

/**
 * @param sizes what they are, the batch first, or the name of one that may be any
 * @param memory the shape of what the batch is that of, for the message
 * @throws {FoveaError} ERR_SHAPE
 */
export function batched(
  op: string,
  name: string,
  tensor: Checked,
  sizes: readonly (number | string)[],
  memory?: readonly number[],
): Batched {
  const { data, shape, strides, offset } = tensor;
  const missing = sizes.length - shape.length;
  const isBare = missing === 1;
  if (missing !== 0 && !isBare) throw misfit(op, name, shape, sizes, memory);
  if (isBare && !fits(1, sizes[0])) throw misfit(op, name, shape, sizes, memory);
  for (let i = 0; i < shape.length; i++) if (!fits(shape[i], sizes[i + missing])) throw misfit(op, name, shape, sizes, memory);
  return isBare ? { tensor: { data, offset, shape: [1, ...shape], strides: [0, ...strides] }, isBare } : { tensor, isBare };
}

/** `[b, s, d]`, or `[b, d]` with s = 1, as that of one head: `[b, 1, s, d]`. */
export function ofOneHead({ data, shape, strides, offset }: Tensor): Tensor {
  const [batch = 0, length = 0, width] = shape;
  const own = width === undefined ? [batch, 1, 1, length] : [batch, 1, length, width];
  if (strides === undefined) return { data, offset, shape: own };
  const [ofBatch = 0, ofRow = 0, ofColumn] = strides;
  return { data, offset, shape: own, strides: ofColumn === undefined ? [ofBatch, 0, 0, ofRow] : [ofBatch, 0, ofRow, ofColumn] };
}

function fits(size: number | undefined, expected: number | string | undefined): boolean {
  return typeof expected === 'string' || size === expected;
}

function misfit(op: string, name: string, shape: readonly number[], sizes: readonly (number | string)[], memory?: readonly number[]) {
  const bare = fits(1, sizes[0]) ? ` or, for a batch of 1, [${sizes.slice(1).join(', ')}]` : '';
  return shapeError(op, name, `shape ${list(shape)}`, `[${sizes.join(', ')}]${bare}`, memory && `memory is ${list(memory)}`);
}
