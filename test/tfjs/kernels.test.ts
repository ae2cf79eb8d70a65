/** Every kernel of fovea/tfjs beside that of TensorFlow.js' cpu backend, on every target. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import '../../src/tfjs/node.js';
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

/** Sums of up to 600 products of numbers below 4, and functions of steep slope: float32 in another order. */
const tolerance = 2e-5;

function expectSame(found: readonly Result[], expected: readonly Result[]): void {
  expect(found.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(expected.map(({ shape, dtype }) => ({ shape, dtype })));
  for (const [i, { values }] of expected.entries()) {
    const own = found[i]?.values ?? [];
    expect(own).toHaveLength(values.length);
    for (const [at, value] of values.entries()) {
      const mine = own[at] ?? 0;
      const isNear =
        Object.is(mine, value) || Math.abs(mine - value) <= tolerance * Math.max(1, Math.abs(value)) || (mine === 0 && value === 0);
      if (!isNear) expect.fail(`result ${i}, number ${at}: ${mine}, expected ${value}`);
    }
  }
}

const names = Object.keys({ ...table.kernels, ...table.loops });

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
      expectSame(results(name, row), expected);
    });
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
