/** Einsum beside the same with every dimension spelt out, multiplied and summed; its gradient, too. */
import '@tensorflow/tfjs-layers'; // registers the gradients
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import '../../src/tfjs/node.js';
import { random } from '../random.js';

const { normal } = random('einsum');
const normals = (...shape: number[]) => tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, normal), shape);

describe('einsum, and its gradient, which TensorFlow.js lacks', () => {
  beforeAll(() => void tf.setBackend('fovea'));

  /** The same with every dimension spelt out, multiplied and summed. */
  function spelt(equation: string, ...tensors: tf.Tensor[]): tf.Tensor {
    const [terms = '', out = ''] = equation.split('->');
    const names = terms.split(',');
    const all = [...new Set([...out, ...names.join('')])];
    const factors = tensors.map((tensor, i) => {
      const own = names[i] ?? '';
      const order = [...own].map((_, at) => at).sort((x, y) => all.indexOf(own[x] ?? '') - all.indexOf(own[y] ?? ''));
      const moved = tf.transpose(tensor, order);
      return tf.reshape(
        moved,
        all.map((name) => (own.includes(name) ? (tensor.shape[own.indexOf(name)] ?? 1) : 1)),
      );
    });
    const product = factors.reduce((x, y) => tf.mul(x, y));
    return all.length === out.length
      ? product
      : tf.sum(
          product,
          all.flatMap((_, i) => (i < out.length ? [] : [i])),
        );
  }

  it.each([
    [
      'ij,jk->ik',
      [
        [3, 4],
        [4, 5],
      ],
    ],
    [
      'bhqd,bhkd->bhqk',
      [
        [2, 3, 4, 5],
        [2, 3, 6, 5],
      ],
    ],
    [
      'ij,kj->ki',
      [
        [3, 4],
        [5, 4],
      ],
    ],
    ['i,j->ji', [[3], [4]]],
    ['i,i->', [[5], [5]]],
    ['ij,k->k', [[3, 4], [5]]],
    ['ij->ji', [[3, 4]]],
    ['ijk->j', [[3, 4, 2]]],
  ])('%s', (equation, shapes) => {
    tf.tidy(() => {
      const inputs = shapes.map((shape) => normals(...shape));
      const weight = normals(...tf.einsum(equation, ...inputs).shape);
      const of = (f: (...all: tf.Tensor[]) => tf.Tensor) => tf.grads((...all) => tf.sum(tf.mul(f(...all), weight)) as tf.Scalar)(inputs);
      tf.test_util.expectArraysClose(tf.einsum(equation, ...inputs).dataSync(), spelt(equation, ...inputs).dataSync(), 1e-4);
      const expected = of((...all) => spelt(equation, ...all));
      for (const [i, gradient] of of((...all) => tf.einsum(equation, ...all)).entries()) {
        expect(gradient.shape).toEqual(inputs[i]?.shape);
        tf.test_util.expectArraysClose(gradient.dataSync(), expected[i]?.dataSync() ?? [], 1e-4);
      }
    });
  });
});

it('gradients of unstack along the last dimension come back in their place', () => {
  tf.setBackend('fovea');
  const x = normals(2, 3);
  const weights = [2, 3, 5];
  const loss = (given: tf.Tensor) =>
    tf.addN(tf.unstack(given, -1).map((column, i) => tf.mul(tf.sum(column), weights[i] ?? 0))) as tf.Scalar;
  expect([...tf.grad(loss)(x).dataSync()]).toEqual([2, 3, 5, 2, 3, 5]);
});
