/**
 * Tensors of one number, and of one tensor again and again: Fill, ZerosLike, OnesLike, Tile.
 * @module
 */
import { type DataType, type FillAttrs, type TensorInfo, type TileAttrs, util } from '@tensorflow/tfjs-core';
import { rowMajor } from '../../validate/tensor.js';
import type { FoveaBackend } from '../backend.js';
import { type Kernel, kernel } from '../kernel.js';
import { copyRow, forRows, joined } from '../loops.js';
import { sizeOf } from '../shape.js';

/** Undefined of strings and complex numbers. */
function filled(backend: FoveaBackend, shape: readonly number[], dtype: DataType, value: number): TensorInfo | undefined {
  const length = sizeOf(shape);
  if (dtype === 'float32') return backend.tensor(shape, dtype, backend.room(length).fill(value));
  if (dtype === 'int32') return backend.tensor(shape, dtype, new Int32Array(length).fill(value));
  return dtype === 'bool' ? backend.tensor(shape, dtype, new Uint8Array(length).fill(value)) : undefined;
}

const fill = kernel<never, FillAttrs>(({ attrs: { shape, value, dtype }, backend }) =>
  // What is filled with true is given as such, whatever the type says.
  typeof value === 'string' ? undefined : filled(backend, shape, dtype || util.inferDtype(value), Number(value)),
);

const like = (value: number): Kernel => kernel<'x'>(({ inputs: { x }, backend }) => filled(backend, x.shape, x.dtype, value));

const tile = kernel<'x', TileAttrs>(({ inputs: { x }, attrs: { reps }, backend }) => {
  const values = backend.numbers(x);
  if (values === undefined) return undefined;
  const steps = rowMajor(x.shape);
  const shape = x.shape.map((size, i) => size * (reps[i] ?? 1));
  const walk = joined(
    x.shape.flatMap((size, i) => [reps[i] ?? 1, size]),
    [steps.flatMap((step) => [0, step])],
  );
  const last = walk.sizes.length - 1;
  const out = backend.roomLike(values, sizeOf(shape));
  forRows(walk, ([from = 0], at) => copyRow(values, from, walk.steps[0]?.[last] ?? 0, out, at, walk.sizes[last] ?? 1));
  return backend.tensor(shape, x.dtype, out);
});

export const fillKernels = { Fill: fill, ZerosLike: like(0), OnesLike: like(1), Tile: tile };
