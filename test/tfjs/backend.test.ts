/** What fovea/tfjs promises beside its kernels: that it is chosen, what it reports, whose memory is whose. */
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers'; // registers the gradients, too
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { backend as chosen, setBackend } from '../../src/node.js';
import { backend } from '../../src/tfjs/node.js';
import { Pool } from '../../src/tfjs/pool.js';
import { table } from '../../src/tfjs/table.js';

const calls = (kernel: string): number => backend().fellBack.find((one) => one.kernel === kernel)?.calls ?? 0;

describe('the backend', () => {
  it('is the one that runs where none is named', () => {
    tf.scalar(1).dispose();
    expect(tf.getBackend()).toBe('fovea');
  });

  it('says which kernel runs where', () => {
    const { name, runsOn, kernels } = backend();
    expect([name, runsOn]).toEqual(['fovea', chosen()]);
    expect(kernels).toMatchObject({ BatchMatMul: 'kernels', Max: 'loops', Reshape: 'free', Conv3D: 'cpu', LogSoftmax: 'loops' });
    const registered = tf.getKernelsForBackend('fovea').map(({ kernelName }) => kernelName);
    expect(Object.keys(kernels).sort()).toEqual(registered.sort());
    for (const place of ['kernels', 'loops'] as const) for (const kernel in table[place]) expect(kernels[kernel]).toBe(place);
    expect(Object.keys(table.native).map((kernel) => kernels[kernel])).toEqual(Array(11).fill('kernels'));
    setBackend('wasm');
    expect(Object.keys(table.native).map((kernel) => backend().kernels[kernel])).toEqual(Array(11).fill('loops'));
    setBackend('auto');
    for (const { kernelName } of tf.getKernelsForBackend('cpu')) expect(registered).toContain(kernelName);
  });

  it('counts what falls back to cpu: another kernel, another dtype, and no activation of a product', () => {
    const before = ['Erf', 'Add', 'Elu', 'Reshape', '_FusedMatMul'].map(calls);
    const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    tf.erf(x);
    tf.add(tf.tensor1d([1, 2], 'int32'), tf.tensor1d([3, 4], 'int32'));
    tf.add(x, x);
    tf.reshape(x, [4]);
    tf.fused.matMul({ a: x, b: x, activation: 'elu' }); // a product, and an Elu
    tf.fused.matMul({ a: x, b: x, activation: 'relu' });
    expect(['Erf', 'Add', 'Elu', 'Reshape', '_FusedMatMul'].map((kernel, i) => calls(kernel) - (before[i] ?? 0))).toEqual([1, 1, 0, 0, 0]);
    expect(backend().fellBack.map((one) => one.calls)).toEqual(
      backend()
        .fellBack.map((one) => one.calls)
        .sort((a, b) => b - a),
    );
  });

  it('takes tensors of another backend', async () => {
    await tf.setBackend('cpu');
    const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    await tf.setBackend('fovea');
    expect([...tf.matMul(x, x).dataSync()]).toEqual([7, 10, 15, 22]);
    const y = tf.add(x, 1);
    await tf.setBackend('cpu');
    expect([...tf.mul(y, 2).dataSync()]).toEqual([4, 6, 8, 10]);
    await tf.setBackend('fovea');
  });

  it('names inner dimensions that differ', () => {
    const x = tf.zeros([2, 3]);
    expect(() => tf.engine().runKernel('BatchMatMul', { a: x, b: x }, { transposeA: false, transposeB: false })).toThrow(
      'Error in matMul: inner shapes (3) and (2) of Tensors with shapes 2,3 and 2,3 and transposeA=false and transposeB=false must match.',
    );
  });
});

describe('another TensorFlow.js', () => {
  it.each([
    ['tfjs-core', '5.0.0', '4.22.0'],
    ['tfjs-backend-cpu', '4.22.0', '3.9.0'],
  ])('%s of another major version is refused', async (name, core, cpu) => {
    vi.resetModules();
    vi.doMock('@tensorflow/tfjs-core', async (original) => ({ ...(await original<object>()), version_core: core }));
    vi.doMock('@tensorflow/tfjs-backend-cpu', async (original) => ({ ...(await original<object>()), version_cpu: cpu }));
    const { register } = await import('../../src/tfjs/register.js');
    expect(() => register(() => tf.backend())).toThrow(
      `fovea/tfjs: @tensorflow/${name} is ${name === 'tfjs-core' ? core : cpu}, expected version 4`,
    );
    vi.doUnmock('@tensorflow/tfjs-core');
    vi.doUnmock('@tensorflow/tfjs-backend-cpu');
  });
});

describe('a model of layers', () => {
  const inputs = Float32Array.from({ length: 64 * 10 }, (_, i) => Math.sin(i * i));
  const classOf = (row: number) => ((inputs[10 * row] ?? 0) > 0 ? 1 : 2);
  const labels = Float32Array.from({ length: 64 * 3 }, (_, i) => Number(i % 3 === classOf(Math.floor(i / 3))));

  /** Losses of ten epochs. */
  async function learned(name: string): Promise<number[]> {
    await tf.setBackend(name);
    const seeded = (seed: number) => layers.initializers.glorotUniform({ seed });
    const model = layers.sequential({
      layers: [
        layers.layers.dense({ units: 32, activation: 'relu', inputShape: [10], kernelInitializer: seeded(1) }),
        layers.layers.layerNormalization(),
        layers.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: seeded(2) }),
      ],
    });
    model.compile({ optimizer: tf.train.adam(0.02), loss: 'categoricalCrossentropy' });
    const { history } = await model.fit(tf.tensor2d(inputs, [64, 10]), tf.tensor2d(labels, [64, 3]), {
      epochs: 10,
      shuffle: false,
      verbose: 0,
    });
    return history.loss as number[];
  }

  it('learns the same as on cpu', async () => {
    const [expected, found] = [await learned('cpu'), await learned('fovea')];
    expect(expected.at(-1)).toBeLessThan(0.6 * (expected[0] ?? 0));
    for (const [i, loss] of expected.entries()) expect(Math.abs((found[i] ?? 0) - loss)).toBeLessThan(1e-3 * loss);
  });
});

describe('the pool', () => {
  const bytes = 2 ** 29;

  it('keeps 512 MB at most, and lets go of the lengths that have not come back for longest', () => {
    const pool = new Pool();
    const [first, second, third] = [1, 2, 3].map((more) => new Float32Array(bytes / 4 / 2 - 8 + more)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (const array of [first, second, third]) pool.give(array);
    expect(pool.take(first.length) === first).toBe(false);
    expect(pool.take(second.length) === second).toBe(true);
    expect(pool.take(third.length) === third).toBe(true);
  });

  it('takes nothing that is larger, and nothing once it is closed', () => {
    const pool = new Pool();
    const [large, small] = [new Float32Array(bytes / 4 + 1), new Float32Array(100)];
    pool.give(large);
    expect(pool.take(large.length) === large).toBe(false);
    pool.give(small);
    pool.close();
    expect(pool.take(small.length) === small).toBe(false);
    pool.give(small);
    expect(pool.take(small.length) === small).toBe(false);
  });
});

describe('memory', () => {
  /** As long as no other tensor of this file, so that memory of one is next for the other. */
  const length = 4321;
  let made = 0;
  const filled = () => tf.fill([length], ++made);
  beforeEach(() => void tf.setBackend('fovea'));

  /** Makes tensors wherever there is memory to have. */
  function overwrite(): void {
    for (let i = 0; i < 4; i++) tf.add(filled(), 1);
  }

  it('of a tensor that is gone serves the next of its length', () => {
    const [x, y] = [filled(), filled()];
    const sum = tf.add(x, y);
    const { values } = dataOf(sum);
    sum.dispose();
    expect(dataOf(tf.add(x, x)).values).toBe(values);
  });

  it('that was read stays as it was read', async () => {
    const [x, y] = [tf.add(filled(), 0), tf.add(filled(), 0)];
    const [now, later] = [x.dataSync(), await y.data()];
    const [first, second] = [now[0], later[0]];
    tf.dispose([x, y]);
    overwrite();
    expect([now[0], later[0]]).toEqual([first, second]);
  });

  it('of a part outlives the whole', () => {
    const whole = tf.add(filled(), 0.5);
    const parts = [
      tf.slice(whole, [7], [9]),
      tf.reshape(whole, [1, length]),
      tf.cast(whole, 'float32'),
      ...tf.split(whole, [1, length - 1]),
    ];
    const [cloned] = [tf.clone(whole)];
    const expected = made + 0.5;
    whole.dispose();
    overwrite();
    for (const part of [...parts, cloned]) expect(part.dataSync()[0]).toBe(expected);
  });

  it('that a kernel of cpu hands on is not used again', () => {
    const [re, im] = [tf.add(filled(), 0.5), tf.add(filled(), 0.5)];
    const expected = made + 0.5;
    const complex = tf.complex(re, im);
    const real = tf.imag(complex);
    tf.dispose([re, im, complex]);
    overwrite();
    expect(real.dataSync()[0]).toBe(expected);
  });

  it("of the user's own arrays is never written", () => {
    const own = new Float32Array(length).fill(3);
    const x = tf.tensor1d(own);
    tf.neg(x).dispose();
    x.dispose();
    overwrite();
    expect(own[0]).toBe(3);
    expect(new Set(own).size).toBe(1);
  });

  it('stays the same over 1,000 steps of training', () => {
    const weight = tf.variable(tf.ones([16, 4]));
    const bias = tf.variable(tf.zeros([4]));
    const [x, y] = [tf.ones([8, 16]), tf.ones([8, 4])];
    const optimizer = tf.train.adam(0.01);
    const loss = () => tf.losses.meanSquaredError(y, tf.sigmoid(tf.add(tf.matMul(x, weight), bias))) as tf.Scalar;
    const step = () =>
      tf.tidy(() => {
        optimizer.minimize(loss);
      });
    for (let i = 0; i < 3; i++) step();
    const { numBytes, numTensors } = tf.memory();
    for (let i = 0; i < 1000; i++) step();
    expect(tf.memory()).toMatchObject({ numBytes, numTensors });
  });

  it('is there as long as a tensor is, even where the backend has been removed', async () => {
    const x = tf.add(filled(), 0.5);
    tf.removeBackend('fovea');
    await tf.setBackend('cpu');
    expect(x.dataSync()[0]).toBe(made + 0.5);
    expect(tf.add(x, 1).dataSync()[0]).toBe(made + 1.5);
  });

  function dataOf(tensor: tf.Tensor): { values: unknown } {
    return (tf.backend() as unknown as { data: { get(dataId: object): { values: unknown } } }).data.get(tensor.dataId);
  }
});
