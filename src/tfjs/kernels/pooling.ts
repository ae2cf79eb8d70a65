/**
 * MaxPool and AvgPool of `[b, h, w, c]`, and their gradients.
 * @module
 */
import {
  type AvgPoolAttrs,
  type AvgPoolGradAttrs,
  backend_util,
  type MaxPoolAttrs,
  type MaxPoolGradAttrs,
  util,
} from '@tensorflow/tfjs-core';
import type { FoveaBackend } from '../backend.js';
import { kernel } from '../kernel.js';
import { type Shape4, sizeOf } from '../shape.js';
import { assertOneOfBoth, forTaps } from './taps.js';

function infoOf(name: string, shape: readonly number[], { filterSize, strides, pad, dimRoundingMode }: MaxPoolAttrs | AvgPoolAttrs) {
  assertOneOfBoth(name, strides, 1);
  return backend_util.computePool2DInfo(shape as Shape4, filterSize, strides, 1, pad, dimRoundingMode);
}

/** As TensorFlow.js has it: whatever the padding and the steps make of a filter of one pixel. */
function isIdentity({ filterHeight, filterWidth, inShape, outShape }: ReturnType<typeof infoOf>): boolean {
  return filterHeight === 1 && filterWidth === 1 && util.arraysEqual(inShape, outShape);
}

const maxPool = kernel<'x', MaxPoolAttrs>(({ inputs: { x }, attrs, backend }) => {
  const values = backend.floats(x);
  if (values === undefined) return undefined;
  const info = infoOf('maxPool', x.shape, attrs);
  if (isIdentity(info)) return backend.reshaped(x, info.outShape);
  const out = backend.room(sizeOf(info.outShape)).fill(-Infinity);
  const { inChannels } = info;
  // Which of two is larger is as good as random, so it is no branch, which would be guessed wrong, but chooses all bits of a number or none.
  const [from, to] = [bitsOf(values), bitsOf(out)];
  forTaps(info, (at, pixel) => {
    for (let c = 0; c < inChannels; c++) {
      const isLarger = -Number((values[pixel + c] ?? 0) > (out[at + c] ?? 0));
      to[at + c] = ((from[pixel + c] ?? 0) & isLarger) | ((to[at + c] ?? 0) & ~isLarger);
    }
  });
  return backend.tensor(info.outShape, 'float32', out);
});

/** The same memory. */
function bitsOf({ buffer, byteOffset, length }: Float32Array): Int32Array {
  return new Int32Array(buffer, byteOffset, length);
}

/** To the first of the largest, row by row. */
const maxPoolGrad = kernel<'dy' | 'input', MaxPoolGradAttrs>(({ inputs: { dy, input }, attrs, backend }) => {
  const [gradient, values] = [backend.floats(dy), backend.floats(input)];
  if (gradient === undefined || values === undefined) return undefined;
  const info = infoOf('maxPool', input.shape, attrs);
  const { inChannels } = info;
  const largest = new Float32Array(sizeOf(info.outShape)).fill(-Infinity);
  const places = new Int32Array(largest.length).fill(-1);
  const [from, to] = [bitsOf(values), bitsOf(largest)]; // as in maxPool
  forTaps(info, (at, pixel) => {
    for (let c = 0; c < inChannels; c++) {
      const isLarger = -Number((values[pixel + c] ?? 0) > (largest[at + c] ?? 0));
      to[at + c] = ((from[pixel + c] ?? 0) & isLarger) | ((to[at + c] ?? 0) & ~isLarger);
      places[at + c] = ((pixel + c) & isLarger) | ((places[at + c] ?? 0) & ~isLarger);
    }
  });
  return backend.tensor(input.shape, 'float32', broughtBack(backend, gradient, places, values.length, areApart(info)));
});

/** Whether no two places of the filter have a pixel in common. */
function areApart({ filterHeight, filterWidth, strideHeight, strideWidth }: ReturnType<typeof infoOf>): boolean {
  return filterHeight <= strideHeight && filterWidth <= strideWidth;
}

/** Numbers at their places, but those whose place is below 0; where several come to one, their sum. */
function broughtBack(backend: FoveaBackend, gradient: Float32Array, places: Int32Array, length: number, isOneEach: boolean): Float32Array {
  if (isOneEach) {
    const out = backend.room(length).fill(0);
    for (let i = 0; i < places.length; i++) {
      const place = places[i] ?? -1;
      if (place >= 0) out[place] = (gradient[i] ?? 0) + 0; // never −0, as no sum is
    }
    return out;
  }
  const sums = new Float64Array(length);
  for (let i = 0; i < places.length; i++) {
    const place = places[i] ?? -1;
    if (place >= 0) sums[place] = (sums[place] ?? 0) + (gradient[i] ?? 0);
  }
  return backend.rounded(sums);
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

export const poolingKernels = { MaxPool: maxPool, MaxPoolGrad: maxPoolGrad, AvgPool: avgPool, AvgPoolGrad: avgPoolGrad };
