/**
 * A mask or bias as an op reads it: stretched from the right to the shape of what it is laid over.
 * @module
 */
import { shapeError } from '../errors.js';
import { broadcastStrides } from '../validate/broadcast.js';
import { list } from '../validate/describe.js';
import type { Checked } from '../validate/tensor.js';
import { sized, type Workspace } from '../validate/workspace.js';
import type { View } from './plan.js';

/** @throws {FoveaError} ERR_SHAPE when it does not stretch */
export function stretched<D extends ArrayBufferView>(
  op: string,
  name: string,
  tensor: Checked<D>,
  target: readonly number[],
  workspace: Workspace,
): View<D> {
  const view = workspace.view(tensor);
  if (!broadcastStrides(tensor.shape, tensor.strides, target, sized(view.strides, target.length)))
    throw shapeError(op, name, `shape ${list(tensor.shape)}`, `one that broadcasts from the right to ${list(target)}`);
  return view as View<ArrayBufferView> as View<D>;
}
