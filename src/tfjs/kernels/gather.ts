/**
 * Rows taken by their numbers, and added to where they came from: GatherV2 and its gradient, UnsortedSegmentSum.
 * @module
 */
import { backend_util, type GatherV2Attrs, type UnsortedSegmentSumAttrs, util } from '@tensorflow/tfjs-core';
import { kernel } from '../kernel.js';
import { copyRow } from '../loops.js';
import { sizeOf } from '../shape.js';

const gather = kernel<'x' | 'indices', GatherV2Attrs>(({ inputs: { x, indices }, attrs, backend }) => {
  const [values, ids] = [backend.numbers(x), backend.numbers(indices)];
  if (values === undefined || ids === undefined) return undefined;
  const axis = util.parseAxisParam(attrs.axis, x.shape)[0] ?? 0;
  const rows = x.shape[axis] ?? 0;
  const wrong = ids.findIndex((id) => !(id >= 0 && id < rows));
  util.assert(wrong < 0, () => `GatherV2: the index value ${ids[wrong]} is not in [0, ${rows - 1}]`);
  type Tensor = Parameters<typeof backend_util.segment_util.collectGatherOpShapeInfo>[0];
  const info = backend_util.segment_util.collectGatherOpShapeInfo(x as Tensor, indices as Tensor, axis, attrs.batchDims ?? 0);
  const { batchSize, outerSize, dimSize, sliceSize, outputShape } = info;
  const count = batchSize === 0 ? 0 : sizeOf(indices.shape) / batchSize;
  const out = backend.roomLike(values, sizeOf(outputShape));
  let at = 0;
  for (let batch = 0; batch < batchSize; batch++)
    for (let outer = 0; outer < outerSize; outer++)
      for (let i = 0; i < count; i++) {
        const from = ((batch * outerSize + outer) * dimSize + (ids[batch * count + i] ?? 0)) * sliceSize;
        copyRow(values, from, 1, out, at, sliceSize);
        at += sliceSize;
      }
  return backend.tensor(outputShape, x.dtype, out);
});

/** out[id] = Σ x[i] over all i whose segment is id; a segment that is none is left out. */
const unsortedSegmentSum = kernel<'x' | 'segmentIds', UnsortedSegmentSumAttrs>(
  ({ inputs: { x, segmentIds }, attrs: { numSegments }, backend }) => {
    const [values, ids] = [backend.floats(x), backend.numbers(segmentIds)];
    if (values === undefined || ids === undefined || segmentIds.shape.length !== 1) return undefined;
    const shape = [numSegments, ...x.shape.slice(1)];
    const size = sizeOf(x.shape.slice(1));
    const sums = new Float64Array(sizeOf(shape));
    for (const [i, id] of ids.entries()) {
      if (id < 0 || id >= numSegments) continue;
      for (let c = 0; c < size; c++) sums[id * size + c] = (sums[id * size + c] ?? 0) + (values[i * size + c] ?? 0);
    }
    return backend.tensor(shape, 'float32', backend.rounded(sums));
  },
);

export const gatherKernels = { GatherV2: gather, UnsortedSegmentSum: unsortedSegmentSum };
