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
  util,
} from '@tensorflow/tfjs-core';
import type { FoveaBackend } from '../backend.js';
import { kernel, sizeOf } from '../kernel.js';
import { ended } from './fused.js';
import { forTaps } from './taps.js';

type Shape4 = [number, number, number, number];
type Attrs = Pick<DepthwiseConv2dNativeAttrs, 'strides' | 'pad' | 'dilations' | 'dimRoundingMode'>;

/** @throws {Error} of TensorFlow.js for a stride and a dilation at once */
function infoOf(shape: readonly number[], filter: readonly number[], { strides, pad, dilations, dimRoundingMode }: Attrs) {
  const apart = dilations ?? [1, 1];
  util.assert(
    backend_util.eitherStridesOrDilationsAreOne(strides, apart),
    () => `Error in depthwiseConv2d: Either strides or dilations must be 1. Got strides ${strides} and dilations '${apart}'`,
  );
  return backend_util.computeConv2DInfo(shape as Shape4, filter as Shape4, strides, apart, pad, dimRoundingMode, true);
}

function forward(backend: FoveaBackend, x: TensorInfo, filter: TensorInfo, attrs: Attrs): TensorInfo | undefined {
  const [values, weights] = [backend.floats(x), backend.floats(filter)];
  if (values === undefined || weights === undefined) return undefined;
  const info = infoOf(x.shape, filter.shape, attrs);
  const { inChannels, outChannels } = info;
  const each = outChannels / inChannels;
  const out = backend.room(sizeOf(info.outShape)).fill(0);
  forTaps(info, (at, from, tap) => {
    for (let c = 0, o = 0; c < inChannels; c++) {
      const value = values[from + c] ?? 0;
      for (let q = 0; q < each; q++, o++) out[at + o] = (out[at + o] ?? 0) + value * (weights[tap * outChannels + o] ?? 0);
    }
  });
  return backend.tensor(info.outShape, 'float32', out);
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
  const [values, gradient] = [backend.floats(x), backend.floats(dy)];
  if (values === undefined || gradient === undefined) return undefined;
  const info = infoOf(x.shape, attrs.filterShape, attrs);
  const { inChannels, outChannels } = info;
  const each = outChannels / inChannels;
  const sums = new Float64Array(sizeOf(attrs.filterShape));
  forTaps(info, (at, from, tap) => {
    for (let c = 0, o = 0; c < inChannels; c++) {
      const value = values[from + c] ?? 0;
      for (let q = 0; q < each; q++, o++)
        sums[tap * outChannels + o] = (sums[tap * outChannels + o] ?? 0) + value * (gradient[at + o] ?? 0);
    }
  });
  const out = backend.room(sums.length);
  out.set(sums);
  return backend.tensor(attrs.filterShape, 'float32', out);
});

const backpropInput = kernel<'dy' | 'filter', DepthwiseConv2dNativeBackpropInputAttrs>(({ inputs: { dy, filter }, attrs, backend }) => {
  const [gradient, weights] = [backend.floats(dy), backend.floats(filter)];
  if (gradient === undefined || weights === undefined) return undefined;
  const info = infoOf(attrs.inputShape, filter.shape, attrs);
  const { inChannels, outChannels } = info;
  const each = outChannels / inChannels;
  const out = backend.room(sizeOf(attrs.inputShape)).fill(0);
  forTaps(info, (at, to, tap) => {
    for (let c = 0, o = 0; c < inChannels; c++) {
      let sum = out[to + c] ?? 0;
      for (let q = 0; q < each; q++, o++) sum += (gradient[at + o] ?? 0) * (weights[tap * outChannels + o] ?? 0);
      out[to + c] = sum;
    }
  });
  return backend.tensor(attrs.inputShape, 'float32', out);
});

export const depthwiseKernels = {
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2D: fusedDepthwise,
  DepthwiseConv2dNativeBackpropFilter: backpropFilter,
  DepthwiseConv2dNativeBackpropInput: backpropInput,
};
