/**
 * Convolutions of each channel by itself, `[b, h, w, c]` by `[kh, kw, c, q]`, and their gradients.
 * @module
 */
import {
  backend_util,
  type DepthwiseConv2dNativeAttrs,
  type DepthwiseConv2dNativeBackpropFilterAttrs,
  type DepthwiseConv2dNativeBackpropInputAttrs,
  type FusedDepthwiseConv2DAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { FoveaBackend } from '../backend.js';
import { kernel } from '../kernel.js';
import { type Shape4, sizeOf } from '../shape.js';
import { ended } from './fused.js';
import { assertOneOfBoth, forTaps } from './taps.js';

type Attrs = Pick<DepthwiseConv2dNativeAttrs, 'strides' | 'pad' | 'dilations' | 'dimRoundingMode'>;

function infoOf(shape: readonly number[], filter: readonly number[], { strides, pad, dilations, dimRoundingMode }: Attrs) {
  const apart = dilations ?? [1, 1];
  assertOneOfBoth('depthwiseConv2d', strides, apart);
  return backend_util.computeConv2DInfo(shape as Shape4, filter as Shape4, strides, apart, pad, dimRoundingMode, true);
}

/** For each tap the places of an output pixel, of an image pixel and of the tap; sums are over all of them. */
type Add = (sums: Float64Array, a: Float32Array, b: Float32Array, each: number) => Visit;
type Visit = Parameters<typeof forTaps>[1];

/** Sums of products of two tensors over all taps, of this shape; undefined of other dtypes than float32. */
function summed(
  backend: FoveaBackend,
  [first, second]: readonly [TensorInfo, TensorInfo],
  info: ReturnType<typeof infoOf>,
  shape: readonly number[],
  add: Add,
): TensorInfo | undefined {
  const [a, b] = [backend.floats(first), backend.floats(second)];
  if (a === undefined || b === undefined) return undefined;
  const sums = new Float64Array(sizeOf(shape));
  forTaps(info, add(sums, a, b, info.outChannels / info.inChannels));
  return backend.tensor(shape, 'float32', backend.rounded(sums));
}

function forward(backend: FoveaBackend, x: TensorInfo, filter: TensorInfo, attrs: Attrs): TensorInfo | undefined {
  const info = infoOf(x.shape, filter.shape, attrs);
  const { inChannels, outChannels, outShape } = info;
  return summed(backend, [x, filter], info, outShape, (sums, values, weights, each) => (at, from, tap) => {
    for (let c = 0, o = 0; c < inChannels; c++) {
      const value = values[from + c] ?? 0;
      for (let q = 0; q < each; q++, o++) sums[at + o] = (sums[at + o] ?? 0) + value * (weights[tap * outChannels + o] ?? 0);
    }
  });
}

const depthwise = kernel<'x' | 'filter', DepthwiseConv2dNativeAttrs>(({ inputs: { x, filter }, attrs, backend }) =>
  forward(backend, x, filter, attrs),
);

const fusedDepthwise = kernel<'x' | 'filter', FusedDepthwiseConv2DAttrs, 'bias' | 'preluActivationWeights'>(
  ({ inputs, attrs, backend }) => {
    const { x, filter, ...rest } = inputs;
    const { activation, leakyreluAlpha, ...own } = attrs;
    return ended(backend, undefined, { ...rest, activation, leakyreluAlpha }, () => forward(backend, x, filter, own));
  },
);

const backpropFilter = kernel<'x' | 'dy', DepthwiseConv2dNativeBackpropFilterAttrs>(({ inputs: { x, dy }, attrs, backend }) => {
  const info = infoOf(x.shape, attrs.filterShape, attrs);
  const { inChannels, outChannels } = info;
  return summed(backend, [x, dy], info, attrs.filterShape, (sums, values, gradient, each) => (at, from, tap) => {
    for (let c = 0, o = 0; c < inChannels; c++) {
      const value = values[from + c] ?? 0;
      for (let q = 0; q < each; q++, o++)
        sums[tap * outChannels + o] = (sums[tap * outChannels + o] ?? 0) + value * (gradient[at + o] ?? 0);
    }
  });
});

const backpropInput = kernel<'dy' | 'filter', DepthwiseConv2dNativeBackpropInputAttrs>(({ inputs: { dy, filter }, attrs, backend }) => {
  const info = infoOf(attrs.inputShape, filter.shape, attrs);
  const { inChannels, outChannels } = info;
  return summed(backend, [dy, filter], info, attrs.inputShape, (sums, gradient, weights, each) => (at, to, tap) => {
    for (let c = 0, o = 0; c < inChannels; c++) {
      let sum = sums[to + c] ?? 0;
      for (let q = 0; q < each; q++, o++) sum += (gradient[at + o] ?? 0) * (weights[tap * outChannels + o] ?? 0);
      sums[to + c] = sum;
    }
  });
});

export const depthwiseKernels = {
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2D: fusedDepthwise,
  DepthwiseConv2dNativeBackpropFilter: backpropFilter,
  DepthwiseConv2dNativeBackpropInput: backpropInput,
};
