/**
 * Rows at places of several dimensions: GatherNd takes them, ScatterNd adds them and SparseToDense puts them there.
 * @module
 */
import { backend_util, type ScatterNdAttrs, type SparseToDenseAttrs, type TensorInfo } from '@tensorflow/tfjs-core';
import type { FoveaBackend, Numbers } from '../backend.js';
import { kernel } from '../kernel.js';
import { copyRow } from '../loops.js';

/** Row by row the number of the row of `shape` that it means. @throws {Error} of TensorFlow.js for one that is none of `rows` */
function rowsMeant(
  places: Numbers,
  count: number,
  strides: readonly number[],
  rank: number,
  rows: number,
  shape: readonly number[],
): Float64Array {
  const meant = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let row = 0;
    for (let j = 0; j < rank; j++) row += (places[i * rank + j] ?? 0) * (strides[j] ?? 1);
    if (row < 0 || row >= rows) throw new Error(`Invalid indices: ${places.slice(i * rank, (i + 1) * rank)} does not index into ${shape}`);
    meant[i] = row;
  }
  return meant;
}

const gatherNd = kernel<'params' | 'indices'>(({ inputs: { params, indices }, backend }) => {
  type Tensors = Parameters<typeof backend_util.prepareAndValidate>;
  const [shape, count, size, strides] = backend_util.prepareAndValidate(params as Tensors[0], indices as Tensors[1]);
  const [values, places] = [backend.numbers(params), backend.numbers(indices)];
  if (values === undefined || places === undefined) return undefined;
  const rows = rowsMeant(places, count, strides, strides.length, values.length / size, params.shape);
  const out = backend.roomLike(values, count * size);
  for (let i = 0; i < count; i++) copyRow(values, (rows[i] ?? 0) * size, 1, out, i * size, size);
  return backend.tensor(shape, params.dtype, out);
});

/** What lies where in a tensor of this shape; undefined of strings and complex numbers, and where there is not a row for each place. */
function scattered(backend: FoveaBackend, indices: TensorInfo, updates: TensorInfo, shape: number[]) {
  const [places, values] = [backend.numbers(indices), backend.numbers(updates)];
  if (places === undefined || values === undefined || indices.dtype !== 'int32') return undefined;
  type Tensors = Parameters<typeof backend_util.calculateShapes>;
  const info = backend_util.calculateShapes(updates as Tensors[0], indices as Tensors[1], shape);
  const { sliceRank, numUpdates, sliceSize, strides, outputSize } = info;
  const isScalar = updates.shape.length === 0;
  if (!isScalar && values.length !== numUpdates * sliceSize) return undefined;
  const count = outputSize === 0 ? 0 : numUpdates;
  const rows = rowsMeant(places, count, strides, sliceRank, outputSize / sliceSize, shape);
  return { values, rows, size: sliceSize, outputSize, isScalar };
}

const scatterNd = kernel<'indices' | 'updates', ScatterNdAttrs>(({ inputs: { indices, updates }, attrs: { shape }, backend }) => {
  const what = scattered(backend, indices, updates, shape);
  if (what === undefined || what.isScalar) return undefined;
  const { values, rows, size, outputSize } = what;
  // Where rows meet, sums are kept in float64; where none do, there are none.
  const isSum = values instanceof Float32Array && new Set(rows).size < rows.length;
  const sums = isSum ? new Float64Array(outputSize) : backend.roomLike(values, outputSize).fill(0);
  for (let i = 0; i < rows.length; i++) addRow(values, i * size, sums, (rows[i] ?? 0) * size, size);
  return backend.tensor(shape, updates.dtype, sums instanceof Float64Array ? backend.rounded(sums) : sums);
});

/** A loop for what most are of: see copyRow. */
function addRow(x: Numbers, from: number, out: Numbers | Float64Array, at: number, n: number): void {
  if (x instanceof Float32Array && out instanceof Float32Array)
    for (let c = 0; c < n; c++) out[at + c] = (out[at + c] ?? 0) + (x[from + c] ?? 0);
  else for (let c = 0; c < n; c++) out[at + c] = (out[at + c] ?? 0) + (x[from + c] ?? 0);
}

const sparseToDense = kernel<'sparseIndices' | 'sparseValues' | 'defaultValue', SparseToDenseAttrs>(({ inputs, attrs, backend }) => {
  const { sparseIndices, sparseValues, defaultValue } = inputs;
  const [what, [other = 0] = []] = [scattered(backend, sparseIndices, sparseValues, attrs.outputShape), backend.numbers(defaultValue)];
  if (what === undefined) return undefined;
  const { values, rows, size, outputSize, isScalar } = what;
  const out = backend.roomLike(values, outputSize).fill(sparseValues.dtype === 'bool' ? Number(other !== 0) : other);
  for (let i = 0; i < rows.length; i++) {
    const at = (rows[i] ?? 0) * size;
    if (isScalar) out.fill(values[0] ?? 0, at, at + size);
    else copyRow(values, i * size, 1, out, at, size);
  }
  return backend.tensor(attrs.outputShape, sparseValues.dtype, out);
});

export const placeKernels = { GatherNd: gatherNd, ScatterNd: scatterNd, SparseToDense: sparseToDense };
