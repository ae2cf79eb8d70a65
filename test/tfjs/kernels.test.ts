/** Every kernel of fovea/tfjs beside that of TensorFlow.js' cpu backend, on every target. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backend } from '../../src/tfjs/node.js';
import { table } from '../../src/tfjs/table.js';
import { targets, use } from '../targets.js';
import type { Row } from './given.js';
import { rows } from './rows.js';

interface Result {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: readonly number[];
}

/** What a kernel gives on the backend that is chosen. */
function results(kernel: string, { inputs, attrs = {} }: Row): Result[] {
  return tf.tidy(() => {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, { values, shape, dtype }]) => [name, tf.tensor(values.slice(), [...shape], dtype)]),
    );
    const given = '0' in inputs ? (Object.values(tensors) as unknown as tf.NamedTensorMap) : tensors;
    const out: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(kernel, given, attrs);
    return [out].flat().map((tensor) => ({ shape: tensor.shape, dtype: tensor.dtype, values: [...tensor.dataSync()] }));
  });
}

/**
 * How far two results may be apart, of their size or of 1. None where inputs are sixty-fourths up to 2: their products and sums are float32 numbers,
 * in whatever order they are added. Where a function is not: float32 and float64 of it, a few roundings of a slope below 8.
 */
const roundings = 16 * 2 ** -24;
const exact = new Set([
  ...[
    'Add',
    'Sub',
    'Multiply',
    'Maximum',
    'Minimum',
    'SquaredDifference',
    'Relu',
    'Neg',
    'Abs',
    'Square',
    'Step',
    'ClipByValue',
    'Sum',
    'Max',
  ],
  ...[
    'BatchMatMul',
    'Einsum',
    'Conv2D',
    'Conv2DBackpropInput',
    'Conv2DBackpropFilter',
    'MaxPool',
    'MaxPoolGrad',
    'Transpose',
    'Slice',
    'SplitV',
  ],
  ...['DepthwiseConv2dNative', 'DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNativeBackpropFilter', 'Unpack', 'Concat', 'Pack'],
  ...['GatherV2', 'UnsortedSegmentSum', 'Select', 'Cast', 'GatherNd', 'ScatterNd', 'SparseToDense', 'StridedSlice', 'Prod'],
  ...['PadV2', 'Fill', 'ZerosLike', 'OnesLike', 'Tile', 'LogicalAnd', 'LogicalOr', 'LogicalNot', 'IsNan', 'Sign', 'Floor', 'Ceil'],
  ...['Elu', 'EluGrad', 'Relu6', 'LeakyRelu', 'Prelu', 'Pow', 'Sin', 'Cos'],
]);

/** Our kernel leaves −0 as it is; elsewhere the sign of a zero is that of cpu, too. */
const isEitherZero = new Set(['Relu']);

function expectSame(kernel: string, found: readonly Result[], expected: readonly Result[]): void {
  const tolerance = exact.has(kernel) ? 0 : roundings;
  expect(found.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(expected.map(({ shape, dtype }) => ({ shape, dtype })));
  for (const [i, { values }] of expected.entries()) {
    const own = found[i]?.values ?? [];
    expect(own).toHaveLength(values.length);
    for (const [at, value] of values.entries()) {
      const mine = own[at] ?? 0;
      const isSame = Object.is(mine, value) || (mine === value && (value !== 0 || tolerance > 0 || isEitherZero.has(kernel)));
      const isNear = isSame || (tolerance > 0 && Math.abs(mine - value) <= tolerance * Math.max(1, Math.abs(value)));
      if (!isNear) expect.fail(`result ${i}, number ${at}: ${mine}, expected ${value}`);
    }
  }
}

/** Makes the next results of these lengths lie in memory full of what no result is. */
function poison(expected: readonly Result[]): void {
  for (const { values } of expected)
    if (values.length > 0) {
      const filled = tf.fill([values.length], Number.NaN);
      tf.dispose([filled, ...[1, 2, 3].map(() => tf.neg(filled))]);
    }
}

const callsToCpu = (kernel: string): number => backend().fellBack.find((one) => one.kernel === kernel)?.calls ?? 0;

const names = Object.values(table).flatMap((kernels) => Object.keys(kernels));

describe('kernels of fovea/tfjs', () => {
  it('all have a row', () => {
    expect(Object.keys(rows).sort()).toEqual(names.sort());
  });

  describe.each(targets)('$name $target', (target) => {
    beforeAll(() => use(target));
    afterAll(() => void tf.setBackend('cpu'));

    it.each(Object.entries(rows).flatMap(([name, all]) => all.map((row, i) => [name, i, row] as const)))('%s %i', (name, _i, row) => {
      tf.setBackend('cpu');
      const expected = results(name, row);
      tf.setBackend('fovea');
      poison(expected);
      const before = callsToCpu(name);
      expectSame(name, results(name, row), expected);
      expect(callsToCpu(name) - before, 'calls left to cpu').toBe(row.isCpus ? 1 : 0);
    });
  });

  it('refuses a place that is none as cpu does', async () => {
    const [x, indices, updates] = [
      tf.zeros([4, 5, 3]),
      tf.tensor2d(
        [
          [0, 1],
          [4, 2],
        ],
        [2, 2],
        'int32',
      ),
      tf.zeros([2, 3]),
    ];
    const message = 'Invalid indices: 4,2 does not index into 4,5,3';
    for (const name of ['cpu', 'fovea']) {
      await tf.setBackend(name);
      expect(() => tf.gatherND(x, indices)).toThrow(message);
      expect(() => tf.scatterND(indices, updates, [4, 5, 3])).toThrow(message);
      expect(() => tf.sparseToDense(indices, tf.zeros([2]), [4, 2], 0)).toThrow('Invalid indices: 4,2 does not index into 4,2');
    }
  });

  it('Softmax of infinities is that of fovea', () => {
    tf.setBackend('fovea');
    const [up, down] = [Infinity, -Infinity];
    const values = tf.softmax(tf.tensor2d([down, down, down, up, 0, down, Number.NaN, 0, 1], [3, 3])).dataSync();
    expect([...values]).toEqual([0, 0, 0, Number.NaN, Number.NaN, 0, Number.NaN, Number.NaN, Number.NaN]);
  });

  it('gradients of convolutions refuse a dy that does not fit', () => {
    tf.setBackend('fovea');
    const [dy, filter, x] = [tf.zeros([1, 4, 4, 1]), tf.zeros([3, 3, 1, 1]), tf.zeros([2, 4, 4, 1])];
    const attrs = { strides: 1, pad: 'same', dataFormat: 'NHWC' };
    const run = (kernel: string, inputs: tf.NamedTensorMap, more: tf.NamedAttrMap) => () =>
      tf.engine().runKernel(kernel, inputs, { ...attrs, ...more });
    expect(run('Conv2DBackpropInput', { dy, filter }, { inputShape: [2, 4, 4, 1] })).toThrow('dy does not fit inputShape');
    expect(run('Conv2DBackpropFilter', { x, dy }, { filterShape: [3, 3, 1, 1] })).toThrow('dy does not fit x');
  });

  it('LogSoftmax, which cpu lacks, is the logarithm of Softmax', () => {
    tf.setBackend('fovea');
    const x = tf.tensor2d([1, 2, 3, -1e4, 0, 1e4], [2, 3]);
    const log: tf.Tensor = tf.engine().runKernel('LogSoftmax', { logits: x }, { axis: 1 });
    expect([...tf.exp(log).dataSync()].map((value) => Math.round(value * 1e5) / 1e5)).toEqual([0.09003, 0.24473, 0.66524, 0, 0, 1]);
    expect(log.dataSync()[3]).toBe(-20000);
    expect(() => tf.engine().runKernel('LogSoftmax', { logits: tf.cast(x, 'int32') }, { axis: 1 })).toThrow(
      'LogSoftmax takes float32 tensors',
    );
  });
});
