/**
 * layerNorm and rmsNorm of TensorFlow.js tensors, with gradients.
 * @module
 */
import { customGrad, type GradSaveFunc, type Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { layerNorm as layerNormOp, rmsNorm as rmsNormOp } from '../ops/norm.js';
import { layerNormBackward, rmsNormBackward } from '../ops/norm-backward.js';
import type { LayerNormGradients, LayerNormOptions, Tensor } from '../types.js';
import { floatsOf, roomFor, tfTensor } from './bridge.js';

/** As `RmsNormOptions` of fovea; gamma is a tensor of TensorFlow.js. */
export interface TfRmsNormOptions {
  /** float32 `[d]`, d being the last size of x: multiplies each row. Has a gradient. @default 1 */
  readonly gamma?: TfTensor | undefined;
  /** Added to the mean square, so that a row of zeros gives zeros. @default 1e-6 */
  readonly epsilon?: number | undefined;
}

/** As `LayerNormOptions` of fovea; gamma and beta are tensors of TensorFlow.js. */
export interface TfLayerNormOptions extends TfRmsNormOptions {
  /** float32 `[d]`, added to each row at the end. Has a gradient. @default 0 */
  readonly beta?: TfTensor | undefined;
  /** Added to the variance, so that a row of equal numbers gives beta. @default 1e-5 */
  readonly epsilon?: number | undefined;
}

/**
 * (x − μ) / √(σ² + epsilon) · gamma + beta along the last dimension of a tensor of TensorFlow.js, in one pass forward and one backward.
 * @param x float32 `[…, d]`, rank 1 to 8
 * @returns the shape of x. Differentiable in x, gamma and beta; the gradient itself is not
 * @throws {FoveaError} as `layerNorm` of fovea does
 * @see Ba, Kiros & Hinton 2016
 */
export function layerNorm(x: TfTensor, options: TfLayerNormOptions = {}): TfTensor {
  return norm('layerNorm', x, options, layerNormOp, layerNormBackward);
}

/**
 * x / √(mean of x² + epsilon) · gamma along the last dimension of a tensor of TensorFlow.js, in one pass forward and one backward.
 * @param x float32 `[…, d]`, rank 1 to 8
 * @returns the shape of x. Differentiable in x and gamma; the gradient itself is not
 * @throws {FoveaError} as `rmsNorm` of fovea does
 * @see Zhang & Sennrich 2019
 */
export function rmsNorm(x: TfTensor, options: TfRmsNormOptions = {}): TfTensor {
  return norm('rmsNorm', x, options, rmsNormOp, rmsNormBackward);
}

/** What is no tensor goes to the op as it is, which refuses what it does not know. */
function norm(
  op: string,
  x: TfTensor,
  { gamma, beta, ...rest }: TfLayerNormOptions,
  forward: (x: Tensor, options: LayerNormOptions<Float32Array>) => Tensor,
  backward: (x: Tensor, dOutput: Tensor, options: object) => Partial<LayerNormGradients>,
): TfTensor {
  const all: [string, TfTensor | undefined][] = [
    ['x', x],
    ['gamma', gamma],
    ['beta', beta],
  ];
  const there = all.filter((entry): entry is [string, TfTensor] => entry[1] !== undefined);
  const names = there.map(([name]) => name);
  /** The operands by their names, as fovea takes them. */
  const givenOf = (tensors: readonly TfTensor[]): Readonly<Record<string, Tensor>> =>
    Object.fromEntries(names.map((name, i) => [name, floatsOf(op, name, tensors[i] as TfTensor)]));
  const differentiable = customGrad((...args) => {
    const save = args.pop() as unknown as GradSaveFunc;
    const { x: input, ...weights } = givenOf(args as TfTensor[]);
    const value = tfTensor(forward(input as Tensor, { ...rest, ...weights, out: roomFor(x.shape) }));
    save(args as TfTensor[]);
    return {
      value,
      gradFunc: (dy: TfTensor, saved: TfTensor[]) => {
        const { x: before, beta: _, ...kept } = givenOf(saved);
        const out = { dX: roomFor(x.shape) };
        const { dX, dGamma, dBeta } = backward(before as Tensor, floatsOf(op, 'dy', dy), { ...rest, ...kept, out });
        const gradients: Readonly<Record<string, Tensor | undefined>> = { x: dX, gamma: dGamma, beta: dBeta };
        return names.map((name) => tfTensor(gradients[name] as Tensor));
      },
    };
  });
  return differentiable(...there.map(([, tensor]) => tensor));
}
