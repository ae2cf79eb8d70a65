/** attention of fovea/tfjs: its gradients by differences and beside those of TensorFlow.js' own ops, on every target and from any backend. */
import '@tensorflow/tfjs-layers'; // registers the gradients
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { attention, attentionWeights, multiHeadAttention, type TfAttentionOptions } from '../../src/tfjs/node.js';
import { targets, use } from '../targets.js';
import { expectGradients, normals } from './differences.js';

interface Row {
  readonly name: string;
  readonly shapes?: readonly (readonly number[])[];
  /** Given what has gradients beside q, k and v. */
  readonly options: (more: readonly tf.Tensor[]) => TfAttentionOptions;
  readonly more?: readonly (readonly number[])[];
}

const standard = [
  [2, 4, 5, 6],
  [2, 2, 7, 6],
  [2, 2, 7, 3],
];

const rows: readonly Row[] = [
  { name: 'plain', options: () => ({}) },
  {
    name: 'rank 2',
    shapes: [
      [3, 4],
      [5, 4],
      [5, 2],
    ],
    options: () => ({}),
  },
  {
    name: 'bshd',
    shapes: [
      [2, 5, 4, 6],
      [2, 7, 2, 6],
      [2, 7, 2, 3],
    ],
    options: () => ({ layout: 'bshd' }),
  },
  { name: 'causal, window, offset', options: () => ({ causal: true, window: [3, 0], queryOffset: 1 }) },
  {
    name: 'mask',
    options: () => ({
      mask: tf.tensor(
        Uint8Array.from({ length: 35 }, (_, i) => Number(i % 3 > 0)),
        [5, 7],
        'bool',
      ),
    }),
  },
  { name: 'lengths', options: () => ({ keyLengths: tf.tensor1d([7, 3], 'int32'), queryLengths: Int32Array.of(4, 5) }) },
  { name: 'bias of its own shape', more: [[4, 1, 7]], options: ([bias]) => ({ bias }) },
  { name: 'sinks', more: [[4]], options: ([sinks]) => ({ sinks }) },
  {
    name: 'bias, sinks, softcap, scale, alibi',
    more: [[5, 7], [4]],
    options: ([bias, sinks]) => ({ bias, sinks, softcap: 4, scale: 0.7, alibi: Float32Array.of(0.1, 0.2, 0.3, 0.4) }),
  },
  { name: 'cosine', options: () => ({ score: 'cosine', scale: 3 }) },
  { name: 'euclidean', options: () => ({ score: 'euclidean', scale: 0.2 }) },
  { name: 'rbf', options: () => ({ score: { kind: 'rbf', gamma: 0.2 }, scale: 2 }) },
  { name: 'general', more: [[6, 6]], options: ([weight]) => ({ score: { kind: 'general', weight: weight as tf.Tensor }, scale: 0.3 }) },
  {
    name: 'additive',
    more: [[6, 8], [6, 8], [8], [8]],
    options: ([queryWeight, keyWeight, v, bias]) => ({ score: { kind: 'additive', queryWeight, keyWeight, v: v as tf.Tensor, bias } }),
  },
  { name: 'additive without projections', more: [[6]], options: ([v]) => ({ score: { kind: 'additive', v: v as tf.Tensor } }) },
];

describe.each(targets)('attention, $name $target', (target) => {
  beforeAll(() => {
    use(target);
    tf.setBackend('fovea');
  });

  it.each(rows)('$name: gradients are what differences say', ({ shapes = standard, options, more = [] }) => {
    const inputs = [...shapes, ...more].map((shape) => normals(...shape));
    const run = (...[q, k, v, ...rest]: tf.Tensor[]) => attention(q as tf.Tensor, k as tf.Tensor, v as tf.Tensor, options(rest));
    expectGradients(run, inputs);
  });

  it('is what the ops of TensorFlow.js make of it, gradients too', () => {
    tf.tidy(() => {
      const [q, k, v] = [normals(2, 3, 5, 8), normals(2, 3, 7, 8), normals(2, 3, 7, 4)];
      const weight = normals(2, 3, 5, 4);
      const ours = (...[a, b, c]: tf.Tensor[]) =>
        tf.sum(tf.mul(attention(a as tf.Tensor, b as tf.Tensor, c as tf.Tensor), weight)) as tf.Scalar;
      const theirs = (...[a, b, c]: tf.Tensor[]) => {
        const scores = tf.mul(tf.matMul(a as tf.Tensor, b as tf.Tensor, false, true), 1 / Math.sqrt(8));
        return tf.sum(tf.mul(tf.matMul(tf.softmax(scores), c as tf.Tensor), weight)) as tf.Scalar;
      };
      const found = tf.valueAndGrads(ours)([q, k, v]);
      const expected = tf.valueAndGrads(theirs)([q, k, v]);
      tf.test_util.expectArraysClose(found.value.dataSync(), expected.value.dataSync(), 1e-4);
      for (const [i, gradient] of expected.grads.entries())
        tf.test_util.expectArraysClose(found.grads[i]?.dataSync() ?? [], gradient.dataSync(), 1e-5);
    });
  });
});

describe('attention', () => {
  it('takes and gives tensors of any backend', async () => {
    await tf.setBackend('fovea');
    const [q, k, v] = [normals(3, 4), normals(5, 4), normals(5, 2)];
    const expected = attention(q, k, v).dataSync();
    await tf.setBackend('cpu');
    const [gradient] = tf.grads((a) => tf.sum(attention(a, k, v)) as tf.Scalar)([q]);
    expect(attention(q, k, v).dataSync()).toEqual(expected);
    expect(gradient?.shape).toEqual([3, 4]);
    await tf.setBackend('fovea');
  });

  it('gives its weights, whose rows sum to 1', () => {
    const [q, k] = [normals(2, 3, 4), normals(2, 5, 4)];
    const weights = attentionWeights(q, k, { mask: tf.tensor1d([1, 1, 0, 1, 1], 'bool') });
    expect(weights.shape).toEqual([2, 3, 5]);
    const values = [...weights.dataSync()];
    expect(values).toHaveLength(30);
    tf.test_util.expectArraysClose(tf.sum(weights, -1).dataSync(), Array(6).fill(1), 1e-6);
    expect(values.filter((_, i) => i % 5 === 2)).toEqual(Array(6).fill(0));
  });

  it('leaves nothing behind', () => {
    const [q, k, v] = [normals(2, 3, 4), normals(2, 5, 4), normals(2, 5, 4)];
    const gradient = tf.grads((...[a, b, c]) => tf.sum(attention(a as tf.Tensor, b as tf.Tensor, c as tf.Tensor)) as tf.Scalar);
    const { numTensors, numBytes } = tf.memory();
    for (let i = 0; i < 10; i++) tf.dispose([...gradient([q, k, v]), attention(q, k, v)]);
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  });

  it.each([
    ['q of integers', () => attention(tf.zeros([2, 2], 'int32'), tf.zeros([2, 2]), tf.zeros([2, 2])), 'attention: query has dtype int32'],
    [
      'a mask of numbers',
      () => attention(tf.zeros([2, 2]), tf.zeros([2, 2]), tf.zeros([2, 2]), { mask: tf.zeros([2, 2]) }),
      'mask has dtype float32',
    ],
    [
      'lengths of floats',
      () => attention(tf.zeros([2, 2]), tf.zeros([2, 2]), tf.zeros([2, 2]), { keyLengths: tf.zeros([1]) }),
      'keyLengths has dtype',
    ],
    [
      'widths that differ',
      () => attention(tf.zeros([2, 3]), tf.zeros([2, 2]), tf.zeros([2, 2])),
      'attention: key has head dim 2, expected 3',
    ],
    [
      'an unknown option',
      () => attention(tf.zeros([2, 2]), tf.zeros([2, 2]), tf.zeros([2, 2]), { causl: true } as TfAttentionOptions),
      "unknown option 'causl'",
    ],
  ])('refuses %s', (_name, call, words) => {
    expect(call).toThrow(words);
  });
});

describe('multiHeadAttention', () => {
  beforeAll(() => void tf.setBackend('fovea'));
  const [b, s, t, width, heads, d] = [2, 5, 7, 12, 4, 3];
  const made = () => [
    normals(b, s, width),
    normals(b, t, width),
    normals(b, t, width),
    ...Array.from({ length: 4 }, () => normals(width, heads * d)),
  ];
  const biases = Array.from({ length: 4 }, () => tf.keep(normals(width)));

  const ours = (...[x, y, z, ...weights]: tf.Tensor[]) => {
    const [query, key, value, output] = weights.map((weight, i) => ({ weight, bias: biases[i] }));
    if (!x || !y || !z || !query || !key || !value || !output) throw new Error('too few');
    return multiHeadAttention(x, y, z, { heads, query, key, value, output });
  };

  /** Head by head. */
  const theirs = (...[x, y, z, ...weights]: tf.Tensor[]) => {
    const projected = (input: tf.Tensor | undefined, i: number) =>
      tf.add(
        tf.reshape(tf.matMul(tf.reshape(input as tf.Tensor, [-1, width]), weights[i] as tf.Tensor), [b, -1, width]),
        biases[i] as tf.Tensor,
      );
    const [q, k, v] = [projected(x, 0), projected(y, 1), projected(z, 2)].map((input) => tf.split(input, heads, 2));
    const each = Array.from({ length: heads }, (_, h) => {
      const scores = tf.mul(tf.matMul(q?.[h] as tf.Tensor, k?.[h] as tf.Tensor, false, true), 1 / Math.sqrt(d));
      return tf.matMul(tf.softmax(scores), v?.[h] as tf.Tensor);
    });
    return projected(tf.concat(each, 2), 3);
  };

  it('is what heads one by one give, gradients too', () => {
    tf.tidy(() => {
      const inputs = made();
      const weight = normals(b, s, width);
      const of = (f: (...all: tf.Tensor[]) => tf.Tensor) =>
        tf.valueAndGrads((...all) => tf.sum(tf.mul(f(...all), weight)) as tf.Scalar)(inputs);
      tf.test_util.expectArraysClose(ours(...inputs).dataSync(), theirs(...inputs).dataSync(), 1e-3);
      const [found, expected] = [of(ours), of(theirs)];
      for (const [i, gradient] of expected.grads.entries()) {
        const scale = Math.max(...gradient.dataSync().map(Math.abs));
        tf.test_util.expectArraysClose(found.grads[i]?.dataSync() ?? [], gradient.dataSync(), 1e-4 * scale);
      }
    });
  });

  it('has fewer heads of keys where they are asked for', () => {
    const projection = (columns: number) => ({ weight: normals(width, columns) });
    const options = {
      heads,
      kvHeads: 2,
      query: projection(12),
      key: projection(6),
      value: projection(10),
      output: { weight: normals(20, 8) },
    };
    expect(multiHeadAttention(normals(b, s, width), normals(b, t, width), normals(b, t, width), options).shape).toEqual([b, s, 8]);
  });

  it('names the projection that does not fit, and a number of heads that is none', () => {
    const x = normals(b, s, width);
    const projection = { weight: normals(width, 12) };
    const options = { heads, query: projection, key: projection, value: projection, output: projection };
    const narrow = { ...options, key: { weight: normals(width, 10) } };
    expect(() => multiHeadAttention(x, x, x, narrow)).toThrow(
      'multiHeadAttention: key.weight has 10 columns, expected a multiple of the 4 heads',
    );
    expect(() => multiHeadAttention(normals(s, width), x, x, options)).toThrow('multiHeadAttention: query has rank 2, expected rank 3');
    expect(() => multiHeadAttention(x, x, x, { ...options, heads: 1.5 })).toThrow(
      'multiHeadAttention: heads is 1.5, expected a whole number',
    );
  });
});
