/**
 * Transpose: dimensions that stay neighbours move as one, and rows that stay rows are copied whole.
 * @module
 */
import type { TransposeAttrs } from '@tensorflow/tfjs-core';
import { rowMajor } from '../../validate/tensor.js';
import type { FoveaBackend, Numbers } from '../backend.js';
import { kernel } from '../kernel.js';
import { joined } from '../loops.js';
import { sizeOf } from '../shape.js';
import { copyAlong } from './copies.js';

const transpose = kernel<'x', TransposeAttrs>(({ inputs: { x }, attrs: { perm }, backend }) => {
  const values = backend.numbers(x);
  if (values === undefined) return undefined;
  const shape = perm.map((from) => x.shape[from] ?? 1);
  const out = permuted(backend, values, x.shape, perm);
  return out === undefined ? backend.reshaped(x, shape) : backend.tensor(shape, x.dtype, out);
});

/** Undefined where every number stays in its place. */
export function permuted(backend: FoveaBackend, values: Numbers, shape: readonly number[], perm: readonly number[]): Numbers | undefined {
  const steps = rowMajor(shape);
  const walk = joined(
    perm.map((from) => shape[from] ?? 1),
    [perm.map((from) => steps[from] ?? 1)],
  );
  if (walk.sizes.length === 1 && (walk.steps[0]?.[0] ?? 1) <= 1) return undefined;
  const out = backend.roomLike(values, sizeOf(shape));
  copyAlong('Transpose', walk, values, 0, out);
  return out;
}

export const transposeKernels = { Transpose: transpose };
