/**
 * Sum, Mean and Max of float32, Prod of any numbers, along any axes. Sums and products are kept in float64 and rounded once.
 * @module
 */
import { backend_util, type MaxAttrs, type MeanAttrs, type ProdAttrs, type SumAttrs, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { rowMajor } from '../../validate/tensor.js';
import type { FoveaBackend, Numbers } from '../backend.js';
import { kernel } from '../kernel.js';
import { joined } from '../loops.js';
import { sizeOf } from '../shape.js';

/** Takes n numbers of x in: each by a number of `out` of its own (outStep 1), or all by one (outStep 0). */
type Fold<In extends Numbers> = (x: In, from: number, n: number, out: Float64Array, at: number, outStep: number) => void;

const add: Fold<Float32Array> = (x, from, n, out, at, outStep) => {
  if (outStep !== 0) for (let c = 0; c < n; c++) out[at + c] = (out[at + c] ?? 0) + (x[from + c] ?? 0);
  else out[at] = (out[at] ?? 0) + sumOf(x, from, n);
};

/** Four sums at a time, which need not wait for one another. */
function sumOf(x: Float32Array, from: number, n: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const end = from + n;
  let i = from;
  for (; i + 3 < end; i += 4) {
    a += x[i] ?? 0;
    b += x[i + 1] ?? 0;
    c += x[i + 2] ?? 0;
    d += x[i + 3] ?? 0;
  }
  for (; i < end; i++) a += x[i] ?? 0;
  return a + b + (c + d);
}

const largest: Fold<Float32Array> = (x, from, n, out, at, outStep) => {
  for (let c = 0; c < n; c++) out[at + c * outStep] = Math.max(out[at + c * outStep] ?? 0, x[from + c] ?? 0);
};

const multiply: Fold<Numbers> = (x, from, n, out, at, outStep) => {
  for (let c = 0; c < n; c++) out[at + c * outStep] = (out[at + c * outStep] ?? 1) * (x[from + c] ?? 1);
};

interface Reduced {
  readonly shape: number[];
  readonly folded: Float64Array;
  /** Numbers that each of them is of. */
  readonly counts: number;
}

function reduced<In extends Numbers>(
  { shape }: TensorInfo,
  values: In | undefined,
  axes: readonly number[],
  keepDims: boolean,
  fold: Fold<In>,
  first: number,
): Reduced | undefined {
  if (values === undefined) return undefined;
  const [outShape, reduceShape] = backend_util.computeOutAndReduceShapes([...shape], [...axes]);
  const folded = new Float64Array(sizeOf(outShape)).fill(first);
  const steps = rowMajor(outShape);
  let kept = 0;
  const outSteps = shape.map((_, i) => (axes.includes(i) ? 0 : (steps[kept++] ?? 0)));
  foldAll(values, shape, outSteps, folded, fold);
  return { shape: keepDims ? backend_util.expandShapeToKeepDim(outShape, [...axes]) : outShape, folded, counts: sizeOf(reduceShape) };
}

/** Reads x from its first number to its last; outSteps are those of the result, 0 along what is reduced. */
function foldAll<In extends Numbers>(
  x: In,
  shape: readonly number[],
  outSteps: readonly number[],
  out: Float64Array,
  fold: Fold<In>,
): void {
  const { sizes, steps } = joined(shape, [outSteps]);
  const own = steps[0] ?? [];
  const length = sizes.at(-1) ?? 1;
  const outStep = own.at(-1) ?? 0;
  const size = sizeOf(sizes);
  const index = sizes.map(() => 0);
  let at = 0;
  for (let from = 0; from < size; from += length) {
    fold(x, from, length, out, at, outStep);
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
export function summedAlong(backend: FoveaBackend, x: TensorInfo, axes: readonly number[], keepDims = false): TensorInfo | undefined {
  const result = reduced(x, backend.floats(x), axes, keepDims, add, 0);
  return result && backend.tensor(result.shape, 'float32', backend.rounded(result.folded));
}

const sum = kernel<'x', SumAttrs>(({ inputs: { x }, attrs: { axis, keepDims }, backend }) =>
  summedAlong(backend, x, util.parseAxisParam(axis, x.shape), keepDims),
);

const mean = kernel<'x', MeanAttrs>(({ inputs: { x }, attrs: { axis, keepDims }, backend }) => {
  const result = reduced(x, backend.floats(x), util.parseAxisParam(axis, x.shape), keepDims, add, 0);
  return result && backend.tensor(result.shape, 'float32', backend.rounded(result.folded, result.counts));
});

const max = kernel<'x', MaxAttrs>(({ inputs: { x }, attrs: { reductionIndices, keepDims }, backend }) => {
  const result = reduced(x, backend.floats(x), util.parseAxisParam(reductionIndices, x.shape), keepDims, largest, -Infinity);
  return result && backend.tensor(result.shape, 'float32', backend.rounded(result.folded));
});

const prod = kernel<'x', ProdAttrs>(({ inputs: { x }, attrs: { axis, keepDims }, backend }) => {
  const axes = util.parseAxisParam(axis, x.shape);
  // Products that are too long to be exact are those of cpu only in its order.
  if (axes.some((own, i) => own < (axes[i - 1] ?? 0))) return undefined;
  const result = reduced(x, backend.numbers(x), axes, keepDims, multiply, 1);
  if (result === undefined) return undefined;
  const { shape, folded } = result;
  if (x.dtype === 'float32') return backend.tensor(shape, 'float32', backend.rounded(folded));
  return backend.tensor(shape, 'int32', Int32Array.from(folded));
});

export const reduceKernels = { Sum: sum, Mean: mean, Max: max, Prod: prod };
