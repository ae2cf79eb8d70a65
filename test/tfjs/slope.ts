/** Gradients beside differences, with a bound that the differences themselves give. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

export interface Slope {
  /** What is differentiated, at these inputs. */
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly inputs: readonly tf.Tensor[];
  /** Numbers by chance. */
  readonly normal: () => number;
  /** How many roundings, in units of the last place, an element of the result may have suffered. */
  readonly roundings: number;
}

const normals = (shape: readonly number[], normal: () => number) =>
  tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, normal), shape as number[]);

/**
 * The gradient of Σ weight · run(…) along a direction of each input is the limit of (f(x + h·d) − f(x − h·d)) / 2h. What two steps, h and h/2, tell about each
 * other bounds how far their extrapolation is off; to it come the roundings of f, over h.
 */
export function expectGradients({ run, inputs, normal, roundings }: Slope): void {
  tf.tidy(() => {
    const weight = normals(run(...inputs).shape, normal);
    const weights = weight.dataSync();
    const gradients = tf.grads((...all: tf.Tensor[]) => tf.sum(tf.mul(run(...all), weight)) as tf.Scalar)([...inputs]);
    expect(gradients.length).toBe(inputs.length);
    for (const [which, gradient] of gradients.entries()) {
      const input = inputs[which] as tf.Tensor;
      expect(gradient.shape).toEqual(input.shape);
      const direction = normals(input.shape, normal);
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
