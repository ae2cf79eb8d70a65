/** What the kernels of fovea/tfjs are called with: shapes that broadcast, that are empty, and that are long enough for every path; dtypes that are cpu's. */
import type { NamedAttrMap } from '@tensorflow/tfjs-core';
import { floats, type Given, integers, positive, type Row, special, strange, truths } from './given.js';
import { imageRows } from './rows-images.js';
import { placeRows } from './rows-places.js';

const binary: Row[] = [
  { inputs: { a: floats(5), b: floats(5) } },
  { inputs: { a: floats(3, 400), b: floats(3, 400) } },
  { inputs: { a: floats(), b: floats(7, 300) } },
  { inputs: { a: floats(7, 300), b: floats(300) } },
  { inputs: { a: floats(7, 300), b: floats(7, 1) } },
  { inputs: { a: floats(90, 100), b: floats(90, 100) } },
  { inputs: { a: floats(90, 100), b: floats(90, 1) } },
  { inputs: { a: floats(100), b: floats(90, 100) } },
  { inputs: { a: floats(9, 1, 100), b: floats(10, 100) } },
  { inputs: { a: floats(9, 10, 1), b: floats(1, 10, 100) } },
  { inputs: { a: floats(), b: floats(90, 100) } },
  { inputs: { a: floats(4, 1, 6), b: floats(5, 1) } },
  { inputs: { a: floats(2, 1, 3, 1, 2), b: floats(1, 4, 1, 5, 1) } },
  { inputs: { a: floats(3, 0), b: floats(1) } },
  { inputs: { a: floats(1), b: floats() } },
  { inputs: { a: special(), b: floats(6) } },
  { inputs: { a: special(), b: special() } },
  { inputs: { a: strange(floats(2, 4096)), b: strange(floats(2, 4096)) } },
  { inputs: { a: strange(floats(2, 4096)), b: floats() } },
  { inputs: { a: strange(floats(90, 100)), b: strange(floats(100)) } },
  { inputs: { a: integers(9, 3, 4), b: integers(9, 4) }, isCpus: true },
];
const unary = (make: (...shape: number[]) => Given, attrs: NamedAttrMap = {}): Row[] => [
  ...[[], [1], [0, 3], [17], [3, 500], [90, 100]].map((shape) => ({ inputs: { x: make(...shape) }, attrs })),
  { inputs: { x: special() }, attrs },
  { inputs: { x: strange(make(2, 4096)) }, attrs },
];
const reductions = (name: 'axis' | 'reductionIndices'): Row[] => [
  ...[[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]].flatMap((axes) =>
    [false, true].map((keepDims) => ({ inputs: { x: floats(4, 3, 50) }, attrs: { [name]: axes, keepDims } })),
  ),
  { inputs: { x: floats(4, 3, 5) }, attrs: { [name]: [-1, 0], keepDims: false } },
  { inputs: { x: floats() }, attrs: { [name]: [], keepDims: false } },
  { inputs: { x: floats(1, 1) }, attrs: { [name]: [0], keepDims: true } },
  { inputs: { x: floats(0, 3) }, attrs: { [name]: [1], keepDims: false } },
  { inputs: { x: floats(0, 3) }, attrs: { [name]: [0], keepDims: false } },
  { inputs: { x: floats(3, 0) }, attrs: { [name]: [1], keepDims: true } },
];

/** Zeros of both signs, each first once. */
const zeros: Given = { shape: [2, 2], dtype: 'float32', values: Float32Array.of(-0, 0, 0, -0) };

/** Kernel → what it is called with. */
export const rows: Readonly<Record<string, readonly Row[]>> = {
  ...Object.fromEntries(
    ['Add', 'Sub', 'Multiply', 'RealDiv', 'Maximum', 'Minimum', 'SquaredDifference'].map((name) => [name, binary] as const),
  ),
  Pow: [
    { inputs: { a: positive(3, 40), b: floats(40) } },
    { inputs: { a: special(), b: floats(6) } },
    { inputs: { a: special(), b: special() } },
    { inputs: { a: floats(6), b: special() } },
    { inputs: { a: integers(9, 4), b: integers(3, 4) }, isCpus: true },
  ],
  Prelu: binary.map(({ inputs: { a, b }, ...rest }) => ({ inputs: { x: a as Given, alpha: b as Given }, ...rest })),
  ...Object.fromEntries(
    ['LogicalAnd', 'LogicalOr'].map((name) => [
      name,
      [
        { inputs: { a: truths(5), b: truths(5) } },
        { inputs: { a: truths(3, 1, 7), b: truths(4, 1) } },
        { inputs: { a: truths(), b: truths(3, 40) } },
        { inputs: { a: truths(0, 3), b: truths(3) } },
        { inputs: { a: floats(5), b: floats(5) }, isCpus: true as const },
      ],
    ]),
  ),
  LogicalNot: [...[[], [0, 3], [40]].map((shape) => ({ inputs: { x: truths(...shape) } })), { inputs: { x: floats(4) }, isCpus: true }],
  ...Object.fromEntries(['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'].map((name) => [name, binary] as const)),
  ...Object.fromEntries(
    [
      'Relu',
      'Sigmoid',
      'Tanh',
      'Exp',
      'Square',
      'Neg',
      'Abs',
      'Reciprocal',
      'Sin',
      'Cos',
      'Floor',
      'Ceil',
      'Sign',
      'Elu',
      'Relu6',
      'IsNan',
    ].map((name) => [name, unary(floats)] as const),
  ),
  LeakyRelu: [...unary(floats, { alpha: 0.25 }), { inputs: { x: integers(9, 4) }, attrs: { alpha: 0.25 }, isCpus: true }],
  EluGrad: [[], [1], [0, 3], [3, 500]]
    .map((shape) => ({ inputs: { dy: floats(...shape), y: floats(...shape) } }))
    .concat([{ inputs: { dy: floats(6), y: special() } }, { inputs: { dy: special(), y: special() } }]),
  ...Object.fromEntries(['Log', 'Sqrt', 'Rsqrt'].map((name) => [name, unary(positive)] as const)),
  Step: [0.25, 0, -1.5].flatMap((alpha) => unary(floats, { alpha })),
  ClipByValue: unary(floats, { clipValueMin: -0.5, clipValueMax: 0.75 }),
  Sum: [...reductions('axis'), { inputs: { x: integers(9, 3, 4) }, attrs: { axis: 0, keepDims: false }, isCpus: true }],
  Mean: reductions('axis'),
  Max: [
    ...reductions('reductionIndices'),
    { inputs: { x: special() }, attrs: { reductionIndices: 0, keepDims: false } },
    { inputs: { x: zeros }, attrs: { reductionIndices: 1, keepDims: false } },
  ],
  Prod: [
    ...reductions('axis').filter(({ attrs }) => Array.isArray(attrs?.axis) && attrs.axis[0] !== -1),
    { inputs: { x: floats(4, 3, 5) }, attrs: { axis: [-1, 0], keepDims: false }, isCpus: true },
    { inputs: { x: integers(9, 4, 30) }, attrs: { axis: [1], keepDims: false } },
    { inputs: { x: integers(9, 4, 3) }, attrs: { axis: [0], keepDims: true } },
    { inputs: { x: truths(4, 3) }, attrs: { axis: [0], keepDims: false } },
    { inputs: { x: special() }, attrs: { axis: [0], keepDims: false } },
  ],
  Softmax: [[1], [7], [3, 40], [2, 3, 4, 65]].map((shape) => ({ inputs: { logits: floats(...shape) }, attrs: { dim: shape.length - 1 } })),
  LogSoftmax: [],
  BatchMatMul: [
    { inputs: { a: floats(1, 5, 7), b: floats(1, 7, 3) }, attrs: { transposeA: false, transposeB: false } },
    { inputs: { a: floats(2, 7, 40), b: floats(2, 33, 7) }, attrs: { transposeA: true, transposeB: true } },
    { inputs: { a: floats(3, 2, 5, 64), b: floats(1, 64, 48) }, attrs: { transposeA: false, transposeB: false } },
    { inputs: { a: floats(2, 4, 0), b: floats(2, 0, 3) }, attrs: { transposeA: false, transposeB: false } },
    { inputs: { a: integers(9, 1, 4, 3), b: integers(9, 1, 3, 2) }, attrs: { transposeA: false, transposeB: false }, isCpus: true },
    { inputs: { a: floats(0, 4, 3), b: floats(0, 3, 2) }, attrs: { transposeA: false, transposeB: false } },
  ],
  _FusedMatMul: ['linear', 'relu', 'sigmoid', 'relu6', 'elu', 'leakyrelu', 'prelu'].flatMap((activation) =>
    [[9], [1, 9], [4, 9], [1]].map((bias) => ({
      inputs: {
        a: floats(1, 4, 20),
        b: floats(1, 20, 9),
        bias: floats(...bias),
        ...(activation === 'prelu' && { preluActivationWeights: floats(9) }),
      },
      attrs: { transposeA: false, transposeB: false, activation, leakyreluAlpha: 0.3 },
    })),
  ),
  Einsum: [
    ['ij,jk->ik', floats(5, 7), floats(7, 40)],
    ['bij,bjk->bik', floats(2, 5, 7), floats(2, 7, 4)],
    ['ij,kj->ki', floats(5, 7), floats(3, 7)],
    ['bhqd,bhkd->bhqk', floats(2, 3, 5, 8), floats(2, 3, 6, 8)],
    ['bqhd,bkhd->bhqk', floats(2, 5, 3, 8), floats(2, 6, 3, 8)],
    ['abc,cde->abde', floats(2, 3, 4), floats(4, 5, 2)],
    ['abc,adb->cd', floats(2, 3, 4), floats(2, 5, 3)],
    ['i,j->ji', floats(5), floats(7)],
    ['i,i->', floats(70), floats(70)],
    ['ij,ij->ij', floats(5, 7), floats(5, 7)],
    ['ij,jk->ik', integers(9, 5, 7), integers(9, 7, 2)],
  ].map(([equation, a, b]) => ({
    inputs: { 0: a as Given, 1: b as Given },
    attrs: { equation: equation as string },
    ...((a as Given).dtype === 'int32' && { isCpus: true }),
  })),
  ...imageRows,
  ...placeRows,
  Transpose: [
    { inputs: { x: floats(3, 4) }, attrs: { perm: [1, 0] } },
    { inputs: { x: floats(2, 3, 4, 100) }, attrs: { perm: [0, 2, 1, 3] } },
    { inputs: { x: floats(2, 3, 4, 5) }, attrs: { perm: [3, 1, 0, 2] } },
    { inputs: { x: strange(floats(2, 40, 30, 64)) }, attrs: { perm: [0, 2, 1, 3] } },
    { inputs: { x: floats(2, 20, 3, 50, 32) }, attrs: { perm: [0, 2, 3, 1, 4] } },
    { inputs: { x: floats(1, 3, 1, 5) }, attrs: { perm: [2, 1, 0, 3] } },
    { inputs: { x: integers(99, 3, 4, 5) }, attrs: { perm: [2, 0, 1] } },
    { inputs: { x: truths(3, 4) }, attrs: { perm: [1, 0] } },
    { inputs: { x: floats(3, 0) }, attrs: { perm: [1, 0] } },
  ],
  Slice: [
    { inputs: { x: floats(6, 5) }, attrs: { begin: [2, 0], size: [3, 5] } },
    { inputs: { x: floats(6, 200) }, attrs: { begin: [1, 3], size: [2, 150] } },
    { inputs: { x: floats(350, 250) }, attrs: { begin: [10, 30], size: [330, 201] } },
    { inputs: { x: integers(9, 2, 3, 4) }, attrs: { begin: [1, 1, 1], size: [1, -1, 2] } },
    { inputs: { x: floats(4) }, attrs: { begin: [1], size: [0] } },
  ],
  StridedSlice: (
    [
      [floats(6, 5), [1, 0], [5, 3], [2, 1]],
      [floats(6, 5), [5, 4], [0, 0], [-2, -1]],
      [floats(6, 5), [0, 0], [6, 5], [1, 1]],
      [floats(6, 5), [1, 0], [4, 5], [1, 1]],
      [floats(6, 5), [1, 1], [4, 3], [1, 1]],
      [floats(3, 4, 60), [0, 0, 5], [3, 4, 60], [1, 2, 1]],
      [integers(9, 6, 5), [0, 1], [6, 5], [3, 2]],
      [floats(340, 400), [1, 0], [340, 399], [2, 1]],
      [floats(340, 400), [339, 0], [0, 400], [-2, 1]],
      [truths(7), [6], [0], [-1], { beginMask: 1, endMask: 1 }],
      [floats(6, 5), [0, 1], [0, 2], [1, 1], { beginMask: 1, endMask: 1, shrinkAxisMask: 2 }],
      [floats(6, 5), [0, 1], [6, 2], [2, 1], { shrinkAxisMask: 2 }, true],
      [floats(6, 5), [1, 0, 1], [4, 0, 4], [2, 1, 2], { newAxisMask: 2 }],
      [floats(3, 4, 5), [0, 1], [0, 4], [1, 2], { ellipsisMask: 1 }],
      [floats(6, 5), [4, 0], [4, 5], [2, 1]],
      [floats(6), [4], [4], [1]],
    ] as [Given, number[], number[], number[], NamedAttrMap?, true?][]
  ).map(([x, begin, end, strides, masks, isCpus]) => ({
    inputs: { x },
    attrs: { begin, end, strides, beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0, ...masks },
    ...(isCpus && { isCpus }),
  })),
  SplitV: [
    { inputs: { x: floats(4, 6) }, attrs: { numOrSizeSplits: 2, axis: 0 } },
    { inputs: { x: floats(4, 6) }, attrs: { numOrSizeSplits: [1, 3, 2], axis: 1 } },
    { inputs: { x: integers(9, 2, 4, 3) }, attrs: { numOrSizeSplits: [3, -1], axis: 1 } },
    { inputs: { x: strange(floats(330, 410)) }, attrs: { numOrSizeSplits: [200, 210], axis: 1 } },
  ],
  Unpack: [
    { inputs: { value: floats(3, 4, 5) }, attrs: { axis: 0 } },
    { inputs: { value: floats(3, 4, 5) }, attrs: { axis: -1 } },
    { inputs: { value: integers(9, 3, 4) }, attrs: { axis: 1 } },
    { inputs: { value: floats(40, 2, 1700) }, attrs: { axis: 1 } },
  ],
  Concat: [
    { inputs: { 0: floats(2, 3), 1: floats(2, 100), 2: floats(2, 0) }, attrs: { axis: 1 } },
    { inputs: { 0: integers(9, 2, 3), 1: integers(9, 4, 3) }, attrs: { axis: 0 } },
    { inputs: { 0: floats(2, 3, 2), 1: floats(2, 1, 2) }, attrs: { axis: -2 } },
    { inputs: { 0: floats(0, 3), 1: floats(0, 3) }, attrs: { axis: 0 }, isCpus: true },
    { inputs: { 0: floats(0), 1: integers(9, 2) }, attrs: { axis: 0 }, isCpus: true },
  ],
  Pack: [
    { inputs: { 0: floats(2, 3), 1: floats(2, 3) }, attrs: { axis: 0 } },
    { inputs: { 0: floats(2, 3), 1: floats(2, 3) }, attrs: { axis: 2 } },
    { inputs: { 0: floats(2, 3), 1: floats(2, 3), 2: floats(2, 3) }, attrs: { axis: -1 } },
    { inputs: { 0: floats(2, 3), 1: floats(2, 3) }, attrs: { axis: -2 } },
    { inputs: { 0: floats(), 1: floats() }, attrs: { axis: 0 } },
    { inputs: { 0: truths(3), 1: truths(3) }, attrs: { axis: 1 } },
  ],
  GatherV2: [
    { inputs: { x: floats(9, 70), indices: integers(9, 5) }, attrs: { axis: 0, batchDims: 0 } },
    { inputs: { x: floats(3, 9, 2), indices: integers(9, 2, 4) }, attrs: { axis: 1, batchDims: 0 } },
    { inputs: { x: integers(50, 3, 9), indices: integers(9, 3, 2) }, attrs: { axis: 1, batchDims: 1 } },
    { inputs: { x: floats(3, 9, 2), indices: integers(9, 3, 4) }, attrs: { axis: 1, batchDims: -1 } },
    { inputs: { x: floats(3, 9), indices: integers(9, 0) }, attrs: { axis: -1, batchDims: 0 } },
    { inputs: { x: floats(4), indices: integers(4) }, attrs: { axis: 0, batchDims: 0 } },
  ],
  UnsortedSegmentSum: [
    { inputs: { x: floats(20, 6), segmentIds: integers(5, 20) }, attrs: { numSegments: 5 } },
    {
      inputs: { x: floats(4, 2, 3), segmentIds: { shape: [4], dtype: 'int32', values: Int32Array.of(-1, 2, 7, 2) } },
      attrs: { numSegments: 3 },
    },
    { inputs: { x: integers(9, 4, 2), segmentIds: integers(3, 4) }, attrs: { numSegments: 3 }, isCpus: true },
    { inputs: { x: floats(0, 2), segmentIds: integers(3, 0) }, attrs: { numSegments: 3 } },
  ],
  Fill: [
    { inputs: {}, attrs: { shape: [3, 40], value: 0.1, dtype: 'float32' } },
    { inputs: {}, attrs: { shape: [0, 3], value: 1, dtype: 'float32' } },
    { inputs: {}, attrs: { shape: [5], value: -1.5, dtype: 'int32' } },
    { inputs: {}, attrs: { shape: [], value: true, dtype: 'bool' } },
    { inputs: {}, attrs: { shape: [3], value: true } },
    { inputs: {}, attrs: { shape: [3], value: 2 } },
  ],
  ...Object.fromEntries(
    ['ZerosLike', 'OnesLike'].map((name) => [name, [floats(3, 40), integers(9, 4), truths(), floats(0)].map((x) => ({ inputs: { x } }))]),
  ),
  Tile: [
    { inputs: { x: floats(3, 4) }, attrs: { reps: [2, 3] } },
    { inputs: { x: floats(1, 40) }, attrs: { reps: [5, 1] } },
    { inputs: { x: floats(4, 1) }, attrs: { reps: [1, 30] } },
    { inputs: { x: floats(2, 3, 2) }, attrs: { reps: [1, 2, 1] } },
    { inputs: { x: floats() }, attrs: { reps: [] } },
    { inputs: { x: floats(3, 0) }, attrs: { reps: [2, 2] } },
    { inputs: { x: floats(3) }, attrs: { reps: [0] } },
    { inputs: { x: integers(9, 2, 3) }, attrs: { reps: [2, 2] } },
    { inputs: { x: truths(3) }, attrs: { reps: [4] } },
  ],
  PadV2: (
    [
      [floats(2, 5, 6, 3), [0, 0], [1, 2], [3, 0], [0, 0]],
      [floats(2, 5, 6, 3), [0, 1], [0, 0], [0, 0], [2, 1]],
      [floats(4, 1), [1, 0], [2, 3]],
      [floats(1, 70), [2, 1], [0, 0]],
      [special(), [1, 1]],
      [floats()],
      [floats(0, 3), [2, 1], [1, 0]],
      [integers(9, 3, 4), [1, 0], [0, 2]],
      [truths(5), [2, 2]],
    ] as [Given, ...[number, number][]][]
  ).flatMap(([x, ...paddings]) => [0, 2.5].map((constantValue) => ({ inputs: { x }, attrs: { paddings, constantValue } }))),
  Select: [
    { inputs: { condition: truths(3, 40), t: floats(3, 40), e: floats(3, 40) } },
    { inputs: { condition: truths(5), t: floats(5), e: floats(5) } },
    { inputs: { condition: truths(4), t: integers(9, 4), e: integers(9, 4) }, isCpus: true },
    { inputs: { condition: truths(), t: floats(), e: floats() } },
  ],
  Cast: (['float32', 'int32', 'bool', 'complex64'] as const).flatMap((dtype) =>
    [floats(3, 4), special(), integers(3, 5), truths(5)].map((x) => ({
      inputs: { x },
      attrs: { dtype },
      ...(dtype === 'complex64' && { isCpus: true as const }),
    })),
  ),
};
