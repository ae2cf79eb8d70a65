/**
 * Tensors taken apart and put together: Slice, StridedSlice, SplitV, Unpack, Concat, Pack. A piece that lies in one stretch is a view of its tensor's
 * memory, as in the cpu backend: no kernel writes to what it reads.
 * @module
 */
import {
  backend_util,
  type ConcatAttrs,
  type PackAttrs,
  type SliceAttrs,
  type SplitVAttrs,
  type StridedSliceAttrs,
  slice_util,
  type TensorInfo,
  type UnpackAttrs,
  util,
} from '@tensorflow/tfjs-core';
import { rowMajor } from '../../validate/tensor.js';
import type { FoveaBackend, Numbers } from '../backend.js';
import { kernel } from '../kernel.js';
import { copyRow, joined } from '../loops.js';
import { offsetOf, sizeOf } from '../shape.js';
import { copyAlong } from './copies.js';

/** The tensor `x[begin … begin + size]`, whose numbers are `values`, as one of this shape. */
function sliceOf(
  backend: FoveaBackend,
  x: TensorInfo,
  values: Numbers,
  begin: readonly number[],
  size: readonly number[],
  as = size,
): TensorInfo {
  const { shape, dtype } = x;
  const steps = rowMajor(shape);
  const first = offsetOf(begin, steps);
  const walk = joined(size, [steps]);
  if (walk.sizes.length === 1 && (walk.steps[0]?.[0] ?? 1) <= 1) {
    backend.share([x]);
    return backend.tensor(as, dtype, values.subarray(first, first + sizeOf(size)));
  }
  const out = backend.roomLike(values, sizeOf(size));
  copyAlong('Slice', walk, values, first, out);
  return backend.tensor(as, dtype, out);
}

const slice = kernel<'x', SliceAttrs>(({ inputs: { x }, attrs, backend }) => {
  const values = backend.numbers(x);
  if (values === undefined) return undefined;
  const [begin = [], size = []] = slice_util.parseSliceParams(
    x as Parameters<typeof slice_util.parseSliceParams>[0],
    attrs.begin,
    attrs.size,
  );
  slice_util.assertParamsValid(x, begin, size);
  return sliceOf(backend, x, values, begin, size);
});

const stridedSlice = kernel<'x', StridedSliceAttrs>(({ inputs: { x }, attrs, backend }) => {
  const values = backend.numbers(x);
  if (values === undefined) return undefined;
  const masks = [attrs.beginMask, attrs.endMask, attrs.ellipsisMask, attrs.newAxisMask, attrs.shrinkAxisMask] as const;
  const info = slice_util.sliceInfo(x.shape, attrs.begin, attrs.end, attrs.strides, ...masks);
  const { begin, end, strides, finalShape, finalShapeSparse } = info;
  if (info.isIdentity) return backend.reshaped(x, finalShape);
  if (info.sliceDim0 || info.isSimpleSlice) {
    const size = slice_util.computeOutShape(begin, end, strides);
    return size.some((length) => length < 0) ? undefined : sliceOf(backend, x, values, begin, size, finalShape);
  }
  // With a dimension that is gone TensorFlow.js reads other numbers than it says: which ones is its own affair.
  if (finalShapeSparse.length !== x.shape.length) return undefined;
  const steps = rowMajor(x.shape);
  const first = offsetOf(begin, steps);
  const walk = joined(finalShapeSparse, [steps.map((step, i) => step * (strides[i] ?? 1))]);
  const out = backend.roomLike(values, sizeOf(finalShape));
  copyAlong('StridedSlice', walk, values, first, out);
  return backend.tensor(finalShape, x.dtype, out);
});

const splitV = kernel<'x', SplitVAttrs>(({ inputs: { x }, attrs, backend }) => {
  const values = backend.numbers(x);
  if (values === undefined) return undefined;
  const axis = util.parseAxisParam(attrs.axis, x.shape)[0] ?? 0;
  const lengths = backend_util.prepareSplitSize(x as Parameters<typeof backend_util.prepareSplitSize>[0], attrs.numOrSizeSplits, axis);
  const begin = x.shape.map(() => 0);
  return lengths.map((length) => {
    const size = x.shape.map((own, i) => (i === axis ? length : own));
    const piece = sliceOf(backend, x, values, begin, size);
    begin[axis] = (begin[axis] ?? 0) + length;
    return piece;
  });
});

const unpack = kernel<'value', UnpackAttrs>(({ inputs: { value }, attrs, backend }) => {
  const values = backend.numbers(value);
  if (values === undefined) return undefined;
  const axis = attrs.axis < 0 ? attrs.axis + value.shape.length : attrs.axis;
  const begin = value.shape.map(() => 0);
  const size = value.shape.map((length, i) => (i === axis ? 1 : length));
  const shape = value.shape.filter((_, i) => i !== axis);
  return Array.from({ length: value.shape[axis] ?? 0 }, (_, i) => {
    begin[axis] = i;
    return sliceOf(backend, value, values, begin, size, shape);
  });
});

/** Inputs as they follow one another along `axis`; undefined where one is not of numbers. */
function joinedValues(backend: FoveaBackend, inputs: readonly TensorInfo[], axis: number): Numbers | undefined {
  const parts = inputs.map((input) => ({ values: backend.numbers(input), run: sizeOf(input.shape.slice(axis)) }));
  const first = parts[0]?.values;
  if (first === undefined) return undefined;
  const rows = sizeOf(inputs[0]?.shape.slice(0, axis) ?? []);
  const out = backend.roomLike(
    first,
    parts.reduce((sum, { run }) => sum + rows * run, 0),
  );
  let at = 0;
  for (let row = 0; row < rows; row++)
    for (const { values, run } of parts) {
      if (values === undefined) return undefined;
      copyRow(values, row * run, 1, out, at, run);
      at += run;
    }
  return out;
}

const concat = kernel<string, ConcatAttrs>(({ inputs, attrs, backend }) => {
  const all = Object.values(inputs);
  if (all.some(({ dtype }) => dtype !== all[0]?.dtype)) return undefined;
  const axis = util.parseAxisParam(attrs.axis, all[0]?.shape ?? [])[0] ?? 0;
  const shapes = all.map(({ shape }) => shape);
  backend_util.assertParamsConsistent(shapes, axis);
  const shape = backend_util.computeOutShape(shapes, axis);
  const filled = all.filter((input) => sizeOf(input.shape) > 0);
  const [only] = filled;
  if (only === undefined) return undefined;
  if (filled.length === 1) return backend.reshaped(only, shape);
  const values = joinedValues(backend, filled, axis);
  return values && backend.tensor(shape, all[0]?.dtype ?? 'float32', values);
});

const pack = kernel<string, PackAttrs>(({ inputs, attrs, backend }) => {
  const all = Object.values(inputs);
  const { shape, dtype } = all[0] ?? { shape: [], dtype: 'float32' as const };
  for (const input of all) {
    util.assertShapesMatch(shape, input.shape, 'All tensors passed to stack must have matching shapes');
    util.assert(dtype === input.dtype, () => 'All tensors passed to stack must have matching dtypes');
  }
  const axis = attrs.axis < 0 ? attrs.axis + shape.length + 1 : attrs.axis;
  const values = joinedValues(backend, all, axis);
  return values && backend.tensor([...shape.slice(0, axis), all.length, ...shape.slice(axis)], dtype, values);
});

/** Large ones, where fovea runs natively, on the multiply kernel; all others in loops. */
export const takenKernels = { Slice: slice, StridedSlice: stridedSlice, SplitV: splitV, Unpack: unpack };

export const joinedKernels = { Concat: concat, Pack: pack };
