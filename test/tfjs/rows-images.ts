/** What the kernels of images are called with: strides, dilations, every padding, both formats, channels around the vectors. */
import type { NamedAttrMap } from '@tensorflow/tfjs-core';
import { backend_util } from '@tensorflow/tfjs-core';
import { floats, type Given, integers, near, positive, type Row, strange } from './given.js';

type Four = [number, number, number, number];
type Pad = 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];

interface Way {
  readonly image: Four;
  readonly filter: Four;
  readonly strides?: number | [number, number];
  readonly dilations?: number | [number, number];
  readonly pad?: Pad;
  readonly dataFormat?: 'NHWC' | 'NCHW';
}

const ways: readonly Way[] = [
  { image: [2, 6, 7, 3], filter: [3, 3, 3, 5] },
  { image: [1, 8, 9, 17], filter: [3, 2, 17, 33], pad: 'same' },
  { image: [1, 9, 8, 4], filter: [3, 3, 4, 6], strides: 2, pad: 'same' },
  { image: [2, 9, 11, 2], filter: [2, 3, 2, 3], strides: [3, 2] },
  { image: [1, 5, 5, 8], filter: [1, 1, 8, 16] },
  {
    image: [1, 7, 6, 3],
    filter: [3, 3, 3, 4],
    pad: [
      [0, 0],
      [2, 0],
      [1, 2],
      [0, 0],
    ],
  },
  { image: [1, 6, 6, 1], filter: [5, 5, 1, 8], pad: 2 },
  { image: [2, 3, 6, 7], filter: [3, 3, 3, 5], pad: 'same', dataFormat: 'NCHW' },
  { image: [2, 4, 8, 9], filter: [2, 2, 4, 3], strides: 2, dataFormat: 'NCHW' },
  { image: [4, 28, 30, 16], filter: [3, 3, 16, 24], pad: 'same' },
];
const dilated: readonly Way[] = [
  { image: [1, 9, 9, 3], filter: [3, 3, 3, 4], dilations: 2 },
  { image: [1, 9, 9, 3], filter: [3, 3, 3, 4], dilations: [2, 3], pad: 'same' },
];

const attrsOf = ({ strides = 1, dilations = 1, pad = 'valid', dataFormat = 'NHWC' }: Way): NamedAttrMap => ({
  strides,
  dilations,
  pad,
  dataFormat,
});

function outShape({ image, filter, strides = 1, dilations = 1, pad = 'valid', dataFormat = 'NHWC' }: Way, depthwise = false): Four {
  const format = backend_util.convertConv2DDataFormat(dataFormat);
  return backend_util.computeConv2DInfo(image, filter, strides, dilations, pad as 'valid', undefined, depthwise, format).outShape;
}

const pools: readonly NamedAttrMap[] = [
  { filterSize: 2, strides: 2, pad: 'valid' },
  { filterSize: [3, 2], strides: [2, 1], pad: 'same' },
  { filterSize: 3, strides: 1, pad: 1 },
  { filterSize: 1, strides: 1, pad: 'valid' },
];
const pooled = (shape: Four, { filterSize, strides, pad }: NamedAttrMap): Four =>
  backend_util.computePool2DInfo(shape, filterSize as number, strides as number, 1, pad as 'valid').outShape;
const pooledImages: readonly Four[] = [
  [2, 6, 7, 3],
  [1, 5, 8, 20],
];

/** With windows of nothing but what is never the largest. */
const withoutLargest = (...shape: Four): Given => {
  const image = strange(floats(...shape));
  image.values.fill(Number.NaN, 0, 2 * (shape[2] + 2) * shape[3]);
  return image;
};

/** Strides or dilations are 1; `[kh, kw, c, q]`. */
const channelwise: readonly Way[] = [
  { image: [2, 6, 7, 3], filter: [3, 3, 3, 1] },
  { image: [1, 8, 9, 17], filter: [3, 2, 17, 2], pad: 'same' },
  { image: [1, 9, 8, 4], filter: [3, 3, 4, 1], strides: 2, pad: 'same' },
];

/** Kernel → what it is called with. */
export const imageRows: Readonly<Record<string, readonly Row[]>> = {
  Conv2D: [
    ...[...ways, ...dilated].map((way) => ({ inputs: { x: floats(...way.image), filter: floats(...way.filter) }, attrs: attrsOf(way) })),
    {
      inputs: { x: integers(5, 1, 4, 4, 2), filter: integers(5, 2, 2, 2, 3) },
      attrs: attrsOf({ image: [1, 4, 4, 2], filter: [2, 2, 2, 3] }),
      isCpus: true,
    },
    { inputs: { x: floats(0, 4, 4, 2), filter: floats(2, 2, 2, 3) }, attrs: attrsOf({ image: [0, 4, 4, 2], filter: [2, 2, 2, 3] }) },
  ],
  FusedConv2D: ways.slice(0, -1).flatMap((way) =>
    ['linear', 'relu', 'sigmoid', 'elu', 'leakyrelu', 'prelu'].flatMap((activation) =>
      [[way.filter[3]], []].map((bias) => ({
        inputs: {
          x: floats(...way.image),
          filter: floats(...way.filter),
          bias: floats(...bias),
          ...(activation === 'prelu' && { preluActivationWeights: floats(way.filter[3]) }),
        },
        attrs: { ...attrsOf(way), activation, leakyreluAlpha: 0.3 },
        ...(way.dataFormat === 'NCHW' && (bias.length === 0 || activation === 'prelu') && { isCpus: true as const }),
      })),
    ),
  ),
  Conv2DBackpropInput: ways.map((way) => ({
    inputs: { dy: floats(...outShape(way)), filter: floats(...way.filter) },
    attrs: { ...attrsOf(way), inputShape: way.image },
  })),
  Conv2DBackpropFilter: ways.map((way) => ({
    inputs: { x: floats(...way.image), dy: floats(...outShape(way)) },
    attrs: { ...attrsOf(way), filterShape: way.filter },
  })),
  MaxPool: [
    ...pooledImages.flatMap((shape) => pools.map((attrs) => ({ inputs: { x: floats(...shape) }, attrs }))),
    ...pools.map((attrs) => ({ inputs: { x: withoutLargest(2, 6, 7, 3) }, attrs })),
    { inputs: { x: integers(9, 1, 4, 4, 2) }, attrs: { filterSize: 2, strides: 2, pad: 'valid' }, isCpus: true },
  ],
  AvgPool: pooledImages.flatMap((shape) => pools.map((attrs) => ({ inputs: { x: floats(...shape) }, attrs }))),
  MaxPoolGrad: [...pooledImages.map((shape) => floats(...shape)), withoutLargest(2, 6, 7, 3)].flatMap((input) =>
    pools.map((attrs) => {
      const shape = pooled(input.shape as Four, attrs);
      return { inputs: { dy: floats(...shape), input, output: floats(...shape) }, attrs };
    }),
  ),
  AvgPoolGrad: pooledImages.flatMap((shape) =>
    pools.map((attrs) => ({ inputs: { dy: floats(...pooled(shape, attrs)), input: floats(...shape) }, attrs })),
  ),
  DepthwiseConv2dNative: [...channelwise, { image: [1, 9, 9, 3], filter: [3, 3, 3, 2], dilations: 2 } satisfies Way].map((way) => ({
    inputs: { x: floats(...way.image), filter: floats(...way.filter) },
    attrs: attrsOf(way),
  })),
  FusedDepthwiseConv2D: channelwise.flatMap((way) =>
    ['linear', 'relu', 'relu6'].flatMap((activation) =>
      [{}, { bias: floats(way.filter[2] * way.filter[3]) }].map((bias) => ({
        inputs: { x: floats(...way.image), filter: floats(...way.filter), ...bias },
        attrs: { ...attrsOf(way), activation },
      })),
    ),
  ),
  DepthwiseConv2dNativeBackpropInput: channelwise.map((way) => ({
    inputs: { dy: floats(...outShape(way, true)), filter: floats(...way.filter) },
    attrs: { ...attrsOf(way), inputShape: way.image },
  })),
  DepthwiseConv2dNativeBackpropFilter: channelwise.map((way) => ({
    inputs: { x: floats(...way.image), dy: floats(...outShape(way, true)) },
    attrs: { ...attrsOf(way), filterShape: way.filter },
  })),
  FusedBatchNorm: [
    ...[[5], [1, 1, 1, 5]].map((one) => ({
      inputs: { x: floats(2, 3, 4, 5), mean: floats(...one), variance: positive(...one), scale: floats(...one), offset: floats(...one) },
      attrs: { varianceEpsilon: 0.01 },
    })),
    { inputs: { x: floats(7, 33), mean: floats(33), variance: positive(33) } },
    { inputs: { x: floats(9, 30, 40), mean: floats(40), variance: positive(40), scale: floats(40), offset: floats(40) } },
    // Far from 0, and near one another: all digits of a difference count.
    ...[30, 300].map((rows) => ({ inputs: { x: near(1000, rows, 33), mean: near(1000, 33), variance: positive(33), scale: floats(33) } })),
    { inputs: { x: floats(7, 33), mean: floats(33), variance: positive(33), offset: floats(1) } },
    { inputs: { x: floats(3, 4), mean: floats(1), variance: positive(1), scale: floats(1) } },
    { inputs: { x: floats(3, 4), mean: floats(3, 4), variance: positive(3, 4), offset: floats(3, 4) } },
    { inputs: { x: strange(floats(6, 5)), mean: floats(5), variance: positive(5), scale: floats(5) } },
    { inputs: { x: floats(0, 5), mean: floats(5), variance: positive(5) } },
    { inputs: { x: floats(5, 3), mean: floats(2), variance: positive(2) }, isCpus: true },
    { inputs: { x: integers(9, 4, 3), mean: floats(3), variance: positive(3) }, isCpus: true },
  ],
};
