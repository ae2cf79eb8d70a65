/** Layers with weights that a test may change. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';

/** Builds the layer for these inputs. @returns its weights, to be kept */
export function built(layer: layers.Layer, inputs: Tensor | Tensor[], args?: object): Tensor[] {
  layer.apply(inputs, { ...args });
  return layer.getWeights().map((weight) => weight.clone());
}

/** What a layer computes with these as its weights, differentiable in them. */
export function withWeights<T>(layer: layers.Layer, weights: readonly Tensor[], run: () => T): T {
  const variables = layer.weights as unknown as { read: () => Tensor }[];
  const own = variables.map((variable) => variable.read);
  variables.forEach((variable, i) => {
    variable.read = () => weights[i] as Tensor;
  });
  try {
    return run();
  } finally {
    variables.forEach((variable, i) => {
      variable.read = own[i] as () => Tensor;
    });
  }
}
