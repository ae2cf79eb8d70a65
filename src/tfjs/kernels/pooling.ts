/**
 * AvgPool of `[b, h, w, c]` and its gradient; and what pooling is, for MaxPool (max-pooling.ts), too.
 * @module
 */
import { type AvgPoolAttrs, type AvgPoolGradAttrs, backend_util, type MaxPoolAttrs, util } from '@tensorflow/tfjs-core';
import { kernel } from '../kernel.js';
import { type Shape4, sizeOf } from '../shape.js';
import { assertOneOfBoth, forTaps } from './taps.js';

export function infoOf(name: string, shape: readonly number[], { filterSize, strides, pad, dimRoundingMode }: MaxPoolAttrs | AvgPoolAttrs) {
  assertOneOfBoth(name, strides, 1);
  return backend_util.computePool2DInfo(shape as Shape4, filterSize, strides, 1, pad, dimRoundingMode);
}

/** As TensorFlow.js has it: whatever the padding and the steps make of a filter of one pixel. */
export function isIdentity({ filterHeight, filterWidth, inShape, outShape }: ReturnType<typeof infoOf>): boolean {
  return filterHeight === 1 && filterWidth === 1 && util.arraysEqual(inShape, outShape);
}

/** Of the pixels that are there. */
const avgPool = kernel<'x', AvgPoolAttrs>(({ inputs: { x }, attrs, backend }) => {
  const values = backend.floats(x);
  if (values === undefined) return undefined;
  const info = infoOf('avgPool', x.shape, attrs);
  if (isIdentity(info)) return backend.reshaped(x, info.outShape);
  const { inChannels } = info;
  const sums = new Float64Array(sizeOf(info.outShape));
  const counts = new Int32Array(sums.length / Math.max(1, inChannels));
  forTaps(info, (at, from) => {
    const place = at / inChannels;
    counts[place] = (counts[place] ?? 0) + 1;
    for (let c = 0; c < inChannels; c++) sums[at + c] = (sums[at + c] ?? 0) + (values[from + c] ?? 0);
  });
  for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) / (counts[Math.floor(i / inChannels)] ?? 1);
  return backend.tensor(info.outShape, 'float32', backend.rounded(sums));
});

/** TensorFlow.js divides by the size of the filter here, at the edges, too. */
const avgPoolGrad = kernel<'dy' | 'input', AvgPoolGradAttrs>(({ inputs: { dy, input }, attrs, backend }) => {
  const gradient = backend.floats(dy);
  if (gradient === undefined) return undefined;
  const info = infoOf('avgPool', input.shape, attrs);
  const { inChannels, filterHeight, filterWidth } = info;
  const sums = new Float64Array(sizeOf(input.shape));
  forTaps(info, (at, to) => {
    for (let c = 0; c < inChannels; c++) sums[to + c] = (sums[to + c] ?? 0) + (gradient[at + c] ?? 0);
  });
  return backend.tensor(input.shape, 'float32', backend.rounded(sums, filterHeight * filterWidth));
});

export const poolingKernels = { AvgPool: avgPool, AvgPoolGrad: avgPoolGrad };
