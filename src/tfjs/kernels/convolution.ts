/**
 * Conv2D, its gradients and FusedConv2D, as products with the patches of images (`patches` of fovea).
 * @module
 */
import {
  backend_util,
  type Conv2DAttrs,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropInputAttrs,
  type FusedConv2DAttrs,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { finish, opsOf } from '../../ops/steps.js';
import type { Activation, Tensor } from '../../types.js';
import type { FoveaBackend } from '../backend.js';
import { kernel } from '../kernel.js';
import { type Shape4, sizeOf } from '../shape.js';
import { ended } from './fused.js';
import { permuted } from './transpose.js';

type Info = backend_util.Conv2DInfo;
type Patches = Parameters<ReturnType<typeof opsOf>['patches']>[2];
/** Along one side of an image. */
type Side = Patches['height'];

/** An image as `[b, h, w, c]`, whichever way it lies. */
function imageOf(backend: FoveaBackend, x: TensorInfo, { dataFormat }: Info): Tensor | undefined {
  const data = backend.floats(x);
  if (data === undefined) return undefined;
  const [b = 1, first = 1, second = 1, third = 1] = x.shape;
  if (dataFormat === 'channelsLast') return { data, shape: x.shape };
  return { data, shape: [b, second, third, first], strides: [first * second * third, third, 1, second * third] };
}

/** Numbers that lie as `[b, h, w, c]`, as a tensor in the format of the convolution. */
function imageTensor(backend: FoveaBackend, data: Float32Array, [b, h, w, c]: Shape4, { dataFormat }: Info): TensorInfo {
  if (dataFormat === 'channelsLast') return backend.tensor([b, h, w, c], 'float32', data);
  return backend.tensor([b, c, h, w], 'float32', permuted(backend, data, [b, h, w, c], [0, 3, 1, 2]) ?? data);
}

/** Whether a dimension is height or width. */
function isSide(dimension: number, { dataFormat }: Info): boolean {
  return dataFormat === 'channelsLast' ? dimension === 1 || dimension === 2 : dimension > 1;
}

/** How the filter goes over the image, place by place of the result. */
function sides(info: Info): { readonly height: Side; readonly width: Side } {
  const { inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } =
    info;
  const { top, left } = info.padInfo;
  return {
    height: { pixels: inHeight, places: outHeight, taps: filterHeight, step: strideHeight, dilation: dilationHeight, offset: -top, gap: 1 },
    width: { pixels: inWidth, places: outWidth, taps: filterWidth, step: strideWidth, dilation: dilationWidth, offset: -left, gap: 1 },
  };
}

/** And the way back: which places of the result a pixel is under, between which a step of more than 1 leaves gaps. */
function sidesBack({ height, width }: ReturnType<typeof sides>): ReturnType<typeof sides> {
  const back = ({ pixels, places, taps, step, dilation, offset }: Side): Side => ({
    pixels: places,
    places: pixels,
    taps,
    step: 1,
    dilation: -dilation,
    offset: -offset,
    gap: step,
  });
  return { height: back(height), width: back(width) };
}

function patches(name: string, x: Tensor, b: Tensor, options: Patches): void {
  finish(name, undefined, () => opsOf(name).patches(x, b, options));
}

function forward(
  backend: FoveaBackend,
  name: string,
  x: TensorInfo,
  filter: TensorInfo,
  attrs: Conv2DAttrs,
  bias?: Tensor,
  activation?: Activation,
): TensorInfo | undefined {
  const { strides, pad, dataFormat, dilations, dimRoundingMode } = attrs;
  const info = backend_util.computeConv2DInfo(
    x.shape as Shape4,
    filter.shape as Shape4,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    false,
    backend_util.convertConv2DDataFormat(dataFormat),
  );
  const [image, weights] = [imageOf(backend, x, info), backend.floats(filter)];
  if (image === undefined || weights === undefined || filter.shape[2] !== info.inChannels) return undefined;
  const { batchSize, outHeight, outWidth, outChannels } = info;
  const shape: Shape4 = [batchSize, outHeight, outWidth, outChannels];
  const out = { data: backend.room(sizeOf(shape)), shape: [batchSize * outHeight * outWidth, outChannels] };
  const b = { data: weights, shape: [sizeOf(filter.shape.slice(0, 3)), outChannels] };
  patches(name, image, b, { ...sides(info), bias, activation, out });
  return imageTensor(backend, out.data, shape, info);
}

const conv2D = kernel<'x' | 'filter', Conv2DAttrs>(({ inputs: { x, filter }, attrs, backend }) =>
  forward(backend, 'Conv2D', x, filter, attrs),
);

const fusedConv2D = kernel<'x' | 'filter', FusedConv2DAttrs, 'bias' | 'preluActivationWeights'>(({ inputs, attrs, backend }) => {
  const { x, filter, ...rest } = inputs;
  const { activation, leakyreluAlpha, ...own } = attrs;
  // There TensorFlow.js reads a list of numbers as one a channel, which is not what the kernels of Add and Prelu make of it.
  const isRow = rest.bias === undefined || (rest.bias.shape.length === 1 && rest.bias.shape[0] === filter.shape[3]);
  if (own.dataFormat === 'NCHW' && (!isRow || rest.preluActivationWeights !== undefined)) return undefined;
  return ended(backend, filter.shape[3] ?? 1, { ...rest, activation, leakyreluAlpha }, (bias, within) =>
    forward(backend, 'FusedConv2D', x, filter, own as Conv2DAttrs, bias, within),
  );
});

const conv2DBackpropInput = kernel<'dy' | 'filter', Conv2DBackpropInputAttrs>(({ inputs: { dy, filter }, attrs, backend }) => {
  const { inputShape, strides, pad, dataFormat, dimRoundingMode } = attrs;
  const format = backend_util.convertConv2DDataFormat(dataFormat);
  const info = backend_util.computeConv2DInfo(inputShape, filter.shape as Shape4, strides, 1, pad, dimRoundingMode, false, format);
  // What TensorFlow.js makes of a dy that is higher or wider: the places that the image has.
  const isCovered = dy.shape.every((size, i) => size === info.outShape[i] || (size > (info.outShape[i] ?? 0) && isSide(i, info)));
  util.assert(
    isCovered,
    () => `Error in conv2dDerInput: dy does not fit inputShape and filter. It is ${dy.shape}, expected ${info.outShape}.`,
  );
  const [image, weights] = [imageOf(backend, dy, info), backend.floats(filter)];
  if (image === undefined || weights === undefined) return undefined;
  const { batchSize, inHeight, inWidth, inChannels, outChannels, filterHeight, filterWidth } = info;
  const turned = permuted(backend, weights, [filterHeight * filterWidth, inChannels, outChannels], [0, 2, 1]) ?? weights;
  const shape: Shape4 = [batchSize, inHeight, inWidth, inChannels];
  const out = { data: backend.room(sizeOf(shape)), shape: [batchSize * inHeight * inWidth, inChannels] };
  const b = { data: turned as Float32Array, shape: [filterHeight * filterWidth * outChannels, inChannels] };
  patches('Conv2DBackpropInput', image, b, { ...sidesBack(sides(info)), out });
  return imageTensor(backend, out.data, shape, info);
});

const conv2DBackpropFilter = kernel<'x' | 'dy', Conv2DBackpropFilterAttrs>(({ inputs: { x, dy }, attrs, backend }) => {
  const { filterShape, strides, pad, dataFormat, dimRoundingMode } = attrs;
  const format = backend_util.convertConv2DDataFormat(dataFormat);
  const info = backend_util.computeConv2DInfo(x.shape as Shape4, filterShape, strides, 1, pad, dimRoundingMode, false, format);
  util.assertShapesMatch(dy.shape, info.outShape, 'Error in conv2dDerFilter: dy does not fit x and filterShape. ');
  const [image, gradient] = [imageOf(backend, x, info), backend.floats(dy)];
  if (image === undefined || gradient === undefined) return undefined;
  const { batchSize, outHeight, outWidth, outChannels } = info;
  const isLast = info.dataFormat === 'channelsLast';
  const rows = isLast ? gradient : (permuted(backend, gradient, dy.shape, [0, 2, 3, 1]) ?? gradient);
  const out = { data: backend.room(sizeOf(filterShape)), shape: [sizeOf(filterShape.slice(0, 3)), outChannels] };
  const b = { data: rows as Float32Array, shape: [batchSize * outHeight * outWidth, outChannels] };
  patches('Conv2DBackpropFilter', image, b, { ...sides(info), transposed: true, out });
  return backend.tensor(filterShape, 'float32', out.data);
});

export const convolutionKernels = {
  Conv2D: conv2D,
  FusedConv2D: fusedConv2D,
  Conv2DBackpropInput: conv2DBackpropInput,
  Conv2DBackpropFilter: conv2DBackpropFilter,
};
