/** rotary of fovea/tfjs: its gradient by differences, on every target and from any backend. */
import '@tensorflow/tfjs-layers'; // registers the gradients
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { rotary as rotaryOp } from '../../src/node.js';
import { rotary, type TfRotaryOptions } from '../../src/tfjs/node.js';
import { targets, use } from '../targets.js';
import { expectGradients, normals } from './differences.js';

interface Row {
  readonly name: string;
  readonly shape: readonly number[];
  readonly options?: () => TfRotaryOptions;
}

const rows: readonly Row[] = [
  { name: 'plain', shape: [5, 6] },
  { name: 'of heads', shape: [2, 3, 5, 8] },
  { name: 'bshd', shape: [2, 5, 3, 8], options: () => ({ layout: 'bshd' }) },
  { name: 'rank 2 in bshd', shape: [5, 6], options: () => ({ layout: 'bshd' }) },
  { name: 'interleaved, another base', shape: [3, 5, 8], options: () => ({ interleaved: true, base: 100 }) },
  { name: 'positions', shape: [2, 5, 8], options: () => ({ positions: Int32Array.of(7, -3, 0, 1000, 2) }) },
  {
    name: 'positions of a tensor, bshd',
    shape: [2, 3, 4, 6],
    options: () => ({ layout: 'bshd', positions: tf.tensor1d([9, 4, 2], 'int32') }),
  },
];

describe.each(targets)('rotary, $name $target', (target) => {
  beforeAll(() => {
    use(target);
    tf.setBackend('fovea');
  });

  it.each(rows)('$name: is what fovea gives, and its gradient what differences say', ({ shape, options = (): TfRotaryOptions => ({}) }) => {
    const x = normals(...shape);
    const own: TfRotaryOptions = options();
    const positions = own.positions instanceof tf.Tensor ? Int32Array.from(own.positions.dataSync()) : own.positions;
    const expected = rotaryOp({ data: Float32Array.from(x.dataSync()), shape: [...shape] }, { ...own, positions });
    expect(rotary(x, own).dataSync()).toEqual(expected.data);
    expect(rotary(x, own).shape).toEqual(shape);
    expectGradients((input) => rotary(input as tf.Tensor, own), [x]);
  });
});

describe('rotary', () => {
  it('has a gradient of its gradient, which turns forward again', async () => {
    await tf.setBackend('fovea');
    const x = normals(4, 6);
    const weight = normals(4, 6);
    // The gradient of ½‖turned(x)‖² is x, and that of x · weight is weight.
    const half = (input: tf.Tensor) => tf.mul(0.5, tf.sum(tf.square(rotary(input)))) as tf.Scalar;
    const gradient = tf.grad(half);
    tf.test_util.expectArraysClose(gradient(x).dataSync(), x.dataSync(), 1e-5);
    const second = tf.grad((input: tf.Tensor) => tf.sum(tf.mul(gradient(input), weight)));
    tf.test_util.expectArraysClose(second(x).dataSync(), weight.dataSync(), 1e-5);
  });

  it('takes and gives tensors of any backend', async () => {
    await tf.setBackend('fovea');
    const x = normals(3, 4);
    const expected = rotary(x).dataSync();
    await tf.setBackend('cpu');
    const gradient = tf.grad((input: tf.Tensor) => tf.sum(rotary(input)))(x);
    expect(rotary(x).dataSync()).toEqual(expected);
    expect(gradient.shape).toEqual([3, 4]);
    await tf.setBackend('fovea');
  });

  it('leaves nothing behind', () => {
    const x = normals(2, 3, 4);
    const gradient = tf.grad((input: tf.Tensor) => tf.sum(rotary(input)));
    const { numTensors, numBytes } = tf.memory();
    for (let i = 0; i < 10; i++) tf.dispose([gradient(x), rotary(x)]);
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  });

  it('does not mind that the tensor of its positions is gone when the gradient is asked for', () => {
    const [x, weight] = [normals(3, 4), normals(3, 4)];
    const of = (positions: () => tf.Tensor | Int32Array) =>
      tf.grad((input: tf.Tensor) => {
        const own = positions();
        const value = rotary(input, { positions: own });
        if (own instanceof tf.Tensor) own.dispose();
        return tf.sum(tf.mul(value, weight));
      })(x);
    expect(of(() => tf.tensor1d([5, 6, 7], 'int32')).dataSync()).toEqual(of(() => Int32Array.of(5, 6, 7)).dataSync());
  });

  it.each([
    ['integers', () => rotary(tf.zeros([2, 2], 'int32')), 'rotary: x has dtype int32, expected float32'],
    ['an odd width', () => rotary(tf.zeros([2, 3])), 'rotary: x has rows of 3, expected an even number'],
    [
      'positions of floats',
      () => rotary(tf.zeros([2, 2]), { positions: tf.zeros([2]) }),
      'rotary: positions has dtype float32, expected int32',
    ],
    ['too few positions', () => rotary(tf.zeros([2, 2]), { positions: Int32Array.of(1) }), 'rotary: positions'],
    ['an unknown option', () => rotary(tf.zeros([2, 2]), { bass: 3 } as TfRotaryOptions), "unknown option 'bass'"],
  ])('refuses %s', (_name, call, words) => {
    expect(call).toThrow(words);
  });
});
