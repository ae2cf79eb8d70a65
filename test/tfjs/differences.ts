/** Gradients of ops and layers of fovea/tfjs beside numerical differences, with a bound that the differences themselves give. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { random } from '../random.js';

const { normal } = random('ops of TensorFlow.js');

/** A tensor of normal numbers. */
export const normals = (...shape: number[]): tf.Tensor =>
  tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, normal), shape);

/**
 * The gradient of Σ weight · run(…) along a direction of each input is the limit of (f(x + h·d) − f(x − h·d)) / 2h. What two steps, h and h/2, tell about each
 * other bounds how far their extrapolation is off; to it come the roundings of f, over h.
 * @param roundings that an element of the result may have suffered, in units of the last place
 */
export function expectGradients(run: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: readonly tf.Tensor[], roundings = 64): void {
  tf.tidy(() => {
    const weight = normals(...run(...inputs).shape);
    const weights = weight.dataSync();
    const gradients = tf.grads((...all: tf.Tensor[]) => tf.sum(tf.mul(run(...all), weight)) as tf.Scalar)([...inputs]);
    expect(gradients.length).toBe(inputs.length);
    for (const [which, gradient] of gradients.entries()) {
      const input = inputs[which] as tf.Tensor;
      expect(gradient.shape).toEqual(input.shape);
      const direction = normals(...input.shape);
      let magnitude = 0;
      const at = (step: number) => {
        const moved = inputs.map((own, i) => (i === which ? tf.add(own, tf.mul(direction, step)) : own));
        const values = run(...moved).dataSync();
        magnitude = 0;
        let total = 0;
        for (let i = 0; i < values.length; i++) {
          const term = (values[i] ?? Number.NaN) * (weights[i] ?? Number.NaN);
          total += term;
          magnitude += Math.abs(term);
        }
        return total;
      };
      const step = 2 ** -6;
      const difference = (h: number) => (at(h) - at(-h)) / (2 * h);
      const [coarse, fine] = [difference(step), difference(step / 2)];
      const rounded = (2 * roundings * 2 ** -24 * magnitude) / step;
      const bound = Math.abs(fine - coarse) + rounded;
      let found = 0;
      const [slopes, directions] = [gradient.dataSync(), direction.dataSync()];
      for (let i = 0; i < slopes.length; i++) found += (slopes[i] ?? Number.NaN) * (directions[i] ?? Number.NaN);
      const expected = (4 * fine - coarse) / 3;
      expect(Math.abs(found - expected), `input ${which}: ${found}, by differences ${expected} within ${bound}`).toBeLessThanOrEqual(bound);
    }
  });
}
