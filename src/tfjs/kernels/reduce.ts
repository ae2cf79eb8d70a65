/**
 * Sum, Mean and Max of float32 along any axes. Sums are kept in float64 and rounded once.
 * @module
 */
import { backend_util, type MaxAttrs, type MeanAttrs, type SumAttrs, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { rowMajor } from '../../validate/tensor.js';
import type { FoveaBackend } from '../backend.js';
import { kernel } from '../kernel.js';
import { joined } from '../loops.js';
import { sizeOf } from '../shape.js';

/** Takes n numbers of x in: each by a number of `out` of its own, or (outStep 0) all by one. */
type Fold = (x: Float32Array, from: number, step: number, n: number, out: Float64Array, at: number, outStep: number) => void;

const add: Fold = (x, from, step, n, out, at, outStep) => {
  if (outStep === 0) {
    let sum = out[at] ?? 0;
    for (let c = 0; c < n; c++) sum += x[from + c * step] ?? 0;
    out[at] = sum;
  } else for (let c = 0; c < n; c++) out[at + c * outStep] = (out[at + c * outStep] ?? 0) + (x[from + c * step] ?? 0);
};

const largest: Fold = (x, from, step, n, out, at, outStep) => {
  for (let c = 0; c < n; c++) out[at + c * outStep] = Math.max(out[at + c * outStep] ?? 0, x[from + c * step] ?? 0);
};

function reduced(
  backend: FoveaBackend,
  x: TensorInfo,
  axis: number | number[],
  keepDims: boolean,
  fold: Fold,
  first: number,
): { readonly shape: number[]; readonly folded: Float64Array; readonly counts: number } | undefined {
  const values = backend.floats(x);
  if (values === undefined) return undefined;
  const axes = util.parseAxisParam(axis, x.shape);
  const [outShape, reduceShape] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  const folded = new Float64Array(sizeOf(outShape)).fill(first);
  const steps = rowMajor(outShape);
  let kept = 0;
  const outSteps = x.shape.map((_, i) => (axes.includes(i) ? 0 : (steps[kept++] ?? 0)));
  foldAll(values, x.shape, outSteps, folded, fold);
  return { shape: keepDims ? backend_util.expandShapeToKeepDim(outShape, axes) : outShape, folded, counts: sizeOf(reduceShape) };
}

/** Reads x from its first number to its last; outSteps are those of the result, 0 along what is reduced. */
function foldAll(x: Float32Array, shape: readonly number[], outSteps: readonly number[], out: Float64Array, fold: Fold): void {
  const { sizes, steps } = joined(shape, [outSteps]);
  const own = steps[0] ?? [];
  const length = sizes.at(-1) ?? 1;
  const size = sizeOf(sizes);
  const index = sizes.map(() => 0);
  let at = 0;
  for (let from = 0; from < size; from += length) {
    fold(x, from, 1, length, out, at, own.at(-1) ?? 0);
    for (let i = sizes.length - 2; i >= 0; i--) {
      index[i] = (index[i] ?? 0) + 1;
      at += own[i] ?? 0;
      if (index[i] !== sizes[i]) break;
      at -= (own[i] ?? 0) * (sizes[i] ?? 1);
      index[i] = 0;
    }
  }
}

/** The sums along these axes, which are gone from its shape; undefined of what is not float32. */
export function summedAlong(backend: FoveaBackend, x: TensorInfo, axes: number[], keepDims = false): TensorInfo | undefined {
  const result = reduced(backend, x, axes, keepDims, add, 0);
  return result && backend.tensor(result.shape, 'float32', backend.rounded(result.folded));
}

const sum = kernel<'x', SumAttrs>(({ inputs: { x }, attrs: { axis, keepDims }, backend }) =>
  summedAlong(backend, x, util.parseAxisParam(axis, x.shape), keepDims),
);

const mean = kernel<'x', MeanAttrs>(({ inputs: { x }, attrs: { axis, keepDims }, backend }) => {
  const result = reduced(backend, x, axis, keepDims, add, 0);
  return result && backend.tensor(result.shape, 'float32', backend.rounded(result.folded, result.counts));
});

const max = kernel<'x', MaxAttrs>(({ inputs: { x }, attrs: { reductionIndices, keepDims }, backend }) => {
  const result = reduced(backend, x, reductionIndices, keepDims, largest, -Infinity);
  return result && backend.tensor(result.shape, 'float32', backend.rounded(result.folded));
});

export const reduceKernels = { Sum: sum, Mean: mean, Max: max };
