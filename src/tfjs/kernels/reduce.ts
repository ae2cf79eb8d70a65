/**
 * Sum, Mean and Max of float32, Prod of any numbers, along any axes. Sums and products are kept in float64 and rounded once.
 * @module
 */
import { backend_util, type MaxAttrs, type MeanAttrs, type ProdAttrs, type SumAttrs, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { rowMajor } from '../../validate/tensor.js';
import type { FoveaBackend, Numbers } from '../backend.js';
import { kernel } from '../kernel.js';
import { sizeOf } from '../shape.js';
import { add, type Fold, foldAll, largest, multiply } from './folds.js';

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
  return result && backend.tensor(result.shape, 'float32', backend.rounded(result.folded, Math.max(1, result.counts)));
});

const max = kernel<'x', MaxAttrs>(({ inputs: { x }, attrs: { reductionIndices, keepDims }, backend }) => {
  const result = reduced(x, backend.floats(x), util.parseAxisParam(reductionIndices, x.shape), keepDims, largest, -Infinity);
  if (result?.counts === 0) result.folded.fill(Number.NaN); // the largest of nothing
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
