/** Gradients of ops of fovea/tfjs held against numerical differences. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { random } from '../random.js';

const { normal } = random('ops of TensorFlow.js');

/** A tensor of normal numbers. */
export const normals = (...shape: number[]): tf.Tensor =>
  tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, normal), shape);

/** Of a weighted sum of the result, along a direction by chance: in each input what differences of two calls say. */
export function expectGradients(run: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: readonly tf.Tensor[]): void {
  tf.tidy(() => {
    const weight = normals(...run(...inputs).shape);
    const loss = (...all: tf.Tensor[]) => tf.sum(tf.mul(run(...all), weight)) as tf.Scalar;
    const gradients = tf.grads(loss)([...inputs]);
    for (const [which, gradient] of gradients.entries()) {
      const input = inputs[which] as tf.Tensor;
      expect(gradient.shape).toEqual(input.shape);
      const direction = normals(...input.shape);
      const at = (step: number) =>
        loss(...inputs.map((own, i) => (i === which ? tf.add(own, tf.mul(direction, step)) : own))).dataSync()[0] ?? 0;
      const step = 2 ** -7;
      const expected = (at(step) - at(-step)) / (2 * step);
      const found = tf.sum(tf.mul(gradient, direction)).dataSync()[0] ?? 0;
      expect(Math.abs(found - expected), `input ${which}: ${found}, by differences ${expected}`).toBeLessThan(
        0.02 * Math.max(1, Math.abs(expected)),
      );
    }
  });
}
