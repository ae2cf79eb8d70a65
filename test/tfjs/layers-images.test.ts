/** Layers that weight images, beside the papers' formulas on every target, and their gradients. */
import * as tf from '@tensorflow/tfjs-core';
import * as L from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { CBAM, SpatialAttention, SqueezeExcite } from '../../src/tfjs/layers/node.js';
import type { Inexact } from '../inexact.js';
import { random } from '../random.js';
import { targets, use } from '../targets.js';
import type { Affine, Kernel, Picture } from '../textbook/vision.js';
import * as vision from '../textbook/vision.js';
import { thrown } from '../thrown.js';
import { picture } from '../vision/images.js';
import { built, withWeights } from './built.js';
import { expectGradients } from './differences.js';
import { expectWithin } from './within.js';

const { normal } = random('layers of images');
const [b, h, w, c] = [2, 5, 6, 8] as const;
const biased = { biasInitializer: 'randomNormal', returnAttentionScores: true } as const;

const mapOf = (weight: readonly number[], bias: readonly number[]): Affine => ({
  rows: weight.length / bias.length,
  columns: bias.length,
  weight: (row, column) => weight[row * bias.length + column] ?? Number.NaN,
  bias: (column) => bias[column],
});

const kernelOf = (numbers: readonly number[]): Kernel => {
  const side = Math.sqrt(numbers.length / 2);
  return { height: side, width: side, at: (i, j, map) => numbers[(i * side + j) * 2 + map] ?? Number.NaN };
};

interface Row {
  readonly name: string;
  readonly make: (args: object) => L.layers.Layer;
  /** Of the layer's weights, in its order: the output, then what it returns beside it. */
  readonly formula: (x: Picture, weights: readonly number[][]) => Inexact[][];
}

const rows: readonly Row[] = [
  {
    name: 'SqueezeExcite',
    make: (args) => new SqueezeExcite({ ratio: 3, ...args }),
    formula: (x, [reduce = [], reduceBias = [], expand = [], expandBias = []]) => {
      const { output, weights } = vision.squeezeExcite(x, mapOf(reduce, reduceBias), mapOf(expand, expandBias));
      return [output, weights];
    },
  },
  {
    name: 'SpatialAttention',
    make: (args) => new SpatialAttention({ kernelSize: 3, ...args }),
    formula: (x, [kernel = []]) => {
      const { output, weights } = vision.spatialAttention(x, kernelOf(kernel), 0);
      return [output, weights];
    },
  },
  {
    name: 'SpatialAttention, its window wider than the image',
    make: (args) => new SpatialAttention(args),
    formula: (x, [kernel = []]) => {
      const { output, weights } = vision.spatialAttention(x, kernelOf(kernel), 0);
      return [output, weights];
    },
  },
  {
    name: 'CBAM',
    make: (args) => new CBAM({ ratio: 4, kernelSize: 5, ...args }),
    formula: (x, [reduce = [], reduceBias = [], expand = [], expandBias = [], kernel = []]) => {
      const all = vision.cbam(x, mapOf(reduce, reduceBias), mapOf(expand, expandBias), kernelOf(kernel));
      return [all.output, all.channel, all.spatial];
    },
  },
];

describe.each(targets)('layers of images, $name $target', (target) => {
  beforeAll(async () => {
    use(target);
    await tf.setBackend('fovea');
  });

  it.each(rows)('$name', ({ make, formula }) => {
    const x = picture([b, h, w, c], normal);
    const image = tf.tensor4d(
      Array.from({ length: b * h * w * c }, (_, i) =>
        x.at(Math.floor(i / (h * w * c)), Math.floor(i / (w * c)) % h, Math.floor(i / c) % w, i % c),
      ),
      [b, h, w, c],
    );
    const layer = make(biased);
    const found = layer.apply(image) as tf.Tensor[];
    const expected = formula(
      x,
      layer.getWeights().map((weight) => [...weight.dataSync()]),
    );
    expect(found.map(({ shape }) => shape)).toEqual(layer.computeOutputShape(image.shape));
    expect(found.length).toBe(expected.length);
    for (const [i, all] of expected.entries()) expectWithin(found[i] as tf.Tensor, all, i === 0 ? 'output' : `weights ${i}`);
    expectWithin(make({}).apply(tf.zeros([1, 1, 1, c])) as tf.Tensor, Array(c).fill({ value: 0, error: 0 }), 'of nothing');
  });
});

describe('gradients of layers of images', () => {
  it.each(rows)('$name: of the image and the weights', ({ make }) => {
    const layer = make({ biasInitializer: 'ones', kernelInitializer: L.initializers.glorotUniform({ seed: 1 }) });
    // One channel of each pixel, and one pixel of each channel, is the largest by far, and biases of 1 keep relu away from 0: a small step
    // changes no branch.
    const pixel = (i: number) => Math.floor(i / c) % (h * w);
    const value = (_: unknown, i: number) => normal() / 8 + (i % c === pixel(i) % c ? 2 + pixel(i) / 16 : 0);
    const image = tf.tensor4d(Float32Array.from({ length: b * h * w * c }, value), [b, h, w, c]);
    expectGradients(
      (x, ...weights) => withWeights(layer, weights, () => layer.apply(x as tf.Tensor) as tf.Tensor),
      [image, ...built(layer, image)],
      128,
    );
  });
});

describe('what layers of images refuse', () => {
  it.each([
    ['an even window', () => new SpatialAttention({ kernelSize: 4 }), 'SpatialAttention: kernelSize is 4, expected an odd number'],
    ['an even window of CBAM', () => new CBAM({ kernelSize: 2 }), 'CBAM: kernelSize is 2, expected an odd number'],
    ['a ratio of 0', () => new SqueezeExcite({ ratio: 0 }), 'SqueezeExcite: ratio is 0, expected a whole number from 1'],
    ['a sequence', () => new SqueezeExcite().apply(tf.zeros([1, 2, 3])), 'SqueezeExcite: input has [1, 2, 3], expected [b, h, w, c]'],
  ])('%s', (_, call, message) => {
    expect((thrown(call) as Error).message).toContain(message);
  });
});
