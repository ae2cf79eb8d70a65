/** layerNorm and rmsNorm of fovea/tfjs: gradients by differences and beside those of TensorFlow.js' own ops, on every target and from any backend. */
import '@tensorflow/tfjs-layers'; // registers the gradients
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { layerNorm, rmsNorm, type TfLayerNormOptions } from '../../src/tfjs/node.js';
import { targets, use } from '../targets.js';
import { expectGradients, normals } from './differences.js';

type Norm = (x: tf.Tensor, gamma?: tf.Tensor, beta?: tf.Tensor) => tf.Tensor;

interface Row {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly ours: Norm;
  /** In ops of TensorFlow.js. */
  readonly theirs: Norm;
}

const centred = (x: tf.Tensor) => tf.sub(x, tf.mean(x, -1, true));
const scaled = (x: tf.Tensor, epsilon: number) => tf.div(x, tf.sqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon)));

const rows: readonly Row[] = [
  { name: 'layerNorm', shapes: [[2, 5, 12]], ours: (x) => layerNorm(x), theirs: (x) => scaled(centred(x), 1e-5) },
  {
    name: 'layerNorm with gamma and beta',
    shapes: [[2, 5, 12], [12], [12]],
    ours: (x, gamma, beta) => layerNorm(x, { gamma, beta }),
    theirs: (x, gamma = x, beta = x) => tf.add(tf.mul(scaled(centred(x), 1e-5), gamma), beta),
  },
  {
    name: 'layerNorm with beta alone, another epsilon',
    shapes: [[7, 12], [12]],
    ours: (x, beta) => layerNorm(x, { beta, epsilon: 0.5 }),
    theirs: (x, beta = x) => tf.add(scaled(centred(x), 0.5), beta),
  },
  { name: 'rmsNorm of one row', shapes: [[12]], ours: (x) => rmsNorm(x), theirs: (x) => scaled(x, 1e-6) },
  {
    name: 'rmsNorm with gamma, another epsilon',
    shapes: [[2, 3, 4, 12], [12]],
    ours: (x, gamma) => rmsNorm(x, { gamma, epsilon: 0.25 }),
    theirs: (x, gamma = x) => tf.mul(scaled(x, 0.25), gamma),
  },
];

describe.each(targets)('norms, $name $target', (target) => {
  beforeAll(() => {
    use(target);
    tf.setBackend('fovea');
  });

  it.each(rows)('$name: gradients are what differences say, and what the ops of TensorFlow.js make of it', ({ shapes, ours, theirs }) => {
    const inputs = shapes.map((shape) => normals(...shape));
    const run =
      (norm: Norm) =>
      (...[x, ...rest]: tf.Tensor[]) =>
        norm(x as tf.Tensor, ...rest);
    expectGradients(run(ours), inputs);
    tf.tidy(() => {
      const weight = normals(...(shapes[0] ?? []));
      const of = (norm: Norm) => tf.valueAndGrads((...all) => tf.sum(tf.mul(run(norm)(...all), weight)) as tf.Scalar)(inputs);
      tf.test_util.expectArraysClose(run(ours)(...inputs).dataSync(), run(theirs)(...inputs).dataSync(), 1e-5);
      const [found, expected] = [of(ours), of(theirs)];
      for (const [i, gradient] of expected.grads.entries()) {
        const scale = Math.max(1, ...gradient.dataSync().map(Math.abs));
        tf.test_util.expectArraysClose(found.grads[i]?.dataSync() ?? [], gradient.dataSync(), 1e-5 * scale);
      }
    });
  });
});

describe('norms', () => {
  it('take and give tensors of any backend', async () => {
    await tf.setBackend('fovea');
    const [x, gamma] = [normals(3, 4), normals(4)];
    const expected = rmsNorm(x, { gamma }).dataSync();
    await tf.setBackend('cpu');
    const [, gradient] = tf.grads((input, own) => tf.sum(rmsNorm(input, { gamma: own })))([x, gamma]);
    expect(rmsNorm(x, { gamma }).dataSync()).toEqual(expected);
    expect(gradient?.shape).toEqual([4]);
    await tf.setBackend('fovea');
  });

  it('leave nothing behind', () => {
    const inputs = [normals(3, 4), normals(4), normals(4)];
    const gradient = tf.grads((x, gamma, beta) => tf.sum(layerNorm(x, { gamma, beta })));
    const { numTensors, numBytes } = tf.memory();
    for (let i = 0; i < 10; i++) tf.dispose([...gradient(inputs), ...inputs.slice(0, 1).map((x) => layerNorm(x))]);
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  });

  it.each([
    ['integers', () => layerNorm(tf.zeros([2, 2], 'int32')), 'layerNorm: x has dtype int32, expected float32'],
    ['a gamma of another width', () => rmsNorm(tf.zeros([2, 3]), { gamma: tf.zeros([2]) }), 'rmsNorm: gamma'],
    ['a beta of integers', () => layerNorm(tf.zeros([2, 2]), { beta: tf.zeros([2], 'int32') }), 'layerNorm: beta has dtype int32'],
    ['a beta of rmsNorm', () => rmsNorm(tf.zeros([2, 2]), { beta: tf.zeros([2]) } as TfLayerNormOptions), "unknown option 'beta'"],
    ['an unknown option', () => layerNorm(tf.zeros([2, 2]), { eps: 3 } as TfLayerNormOptions), "unknown option 'eps'"],
  ])('refuse %s', (_name, call, words) => {
    expect(call).toThrow(words);
  });
});
