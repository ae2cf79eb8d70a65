/**
 * Einsum of two tensors as one product of matrices: what both have and the result has is the batch, what both have and the result has not is
 * summed over.
 * @module
 */
import { backend_util, type EinsumAttrs, type TensorInfo } from '@tensorflow/tfjs-core';
import { matmul } from '../../ops/matmul.js';
import type { FoveaBackend } from '../backend.js';
import { kernel } from '../kernel.js';
import { sizeOf } from '../shape.js';
import { summedAlong } from './reduce.js';
import { permuted } from './transpose.js';

export const einsum = kernel<string, EinsumAttrs>(({ inputs, attrs: { equation }, backend }) => {
  const [a, b, more] = Object.values(inputs);
  if (a === undefined || b === undefined || more !== undefined || a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
  type Tensors = Parameters<typeof backend_util.checkEinsumDimSizes>[2];
  const { allDims, summedDims, idDims } = backend_util.decodeEinsumEquation(equation, 2);
  backend_util.checkEinsumDimSizes(allDims.length, idDims, [a, b] as unknown as Tensors);
  const outRank = allDims.length - summedDims.length;
  const sizes = new Map(idDims.flatMap((dims, which) => dims.map((dim, i) => [dim, (which === 0 ? a : b).shape[i] ?? 1] as const)));
  const shapeOf = (dims: readonly number[]) => dims.map((dim) => sizes.get(dim) ?? 1);
  const size = (dims: readonly number[]) => sizeOf(shapeOf(dims));

  const first = withoutAlone(backend, a, idDims[0] ?? [], idDims[1] ?? [], outRank);
  const second = withoutAlone(backend, b, idDims[1] ?? [], idDims[0] ?? [], outRank);
  const shared = first.dims.filter((dim) => second.dims.includes(dim));
  const [batch, summed] = [shared.filter((dim) => dim < outRank), shared.filter((dim) => dim >= outRank)];
  const rows = first.dims.filter((dim) => !shared.includes(dim));
  const columns = second.dims.filter((dim) => !shared.includes(dim));
  const left = arranged(backend, first, [batch, rows, summed]);
  const right = arranged(backend, second, [batch, summed, columns]);
  const out = { data: backend.room(size(batch) * size(rows) * size(columns)), shape: [size(batch), size(rows), size(columns)] };
  matmul(
    { data: left.data, shape: left.groups.map(size) },
    { data: right.data, shape: right.groups.map(size) },
    { transposeA: left.isSwapped, transposeB: right.isSwapped, out },
  );
  for (const { x, isOwn } of [first, second]) if (isOwn) backend.disposeIntermediateTensorInfo(x);
  const product = [...batch, ...rows, ...columns];
  const order = Array.from({ length: outRank }, (_, dim) => product.indexOf(dim));
  const values = permuted(backend, out.data, shapeOf(product), order) ?? out.data;
  return backend.tensor(shapeOf([...order.keys()]), 'float32', values);
});

/** A tensor and the dimensions of the equation that it has, in its order. */
interface Operand {
  readonly x: TensorInfo;
  readonly dims: readonly number[];
  readonly isOwn: boolean;
}

/** The tensor summed along what it has alone, of all three. */
function withoutAlone(backend: FoveaBackend, x: TensorInfo, dims: readonly number[], others: readonly number[], outRank: number): Operand {
  const alone = dims.flatMap((dim, i) => (dim >= outRank && !others.includes(dim) ? [i] : []));
  const sums = alone.length > 0 ? summedAlong(backend, x, alone) : undefined;
  return sums === undefined ? { x, dims, isOwn: false } : { x: sums, dims: dims.filter((_, i) => !alone.includes(i)), isOwn: true };
}

/** A tensor's numbers in the order of three groups of its dimensions, or with the last two groups swapped where they lie so. */
function arranged(backend: FoveaBackend, { x, dims }: Operand, [batch, outer, inner]: readonly [number[], number[], number[]]) {
  const data = backend.floats(x) ?? new Float32Array(0);
  const swapped = [batch, inner, outer];
  const isSwapped = isInOrder(dims, swapped.flat());
  const groups = isSwapped ? swapped : [batch, outer, inner];
  const order = groups.flat().map((dim) => dims.indexOf(dim));
  return { data: (permuted(backend, data, x.shape, order) ?? data) as Float32Array, groups, isSwapped };
}

function isInOrder(dims: readonly number[], order: readonly number[]): boolean {
  return dims.every((dim, i) => dim === order[i]);
}
