/**
 * rotary of TensorFlow.js tensors, with a gradient.
 * @module
 */
import { customGrad, type Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { rotary as rotaryOp } from '../ops/rotary.js';
import type { RotaryOptions } from '../types.js';
import { floatsOf, integersOf, roomFor, tfTensor } from './bridge.js';

/** As `RotaryOptions` of fovea. */
export interface TfRotaryOptions extends Omit<RotaryOptions, 'positions' | 'out'> {
  /** int32 `[s]`, any whole numbers. @default 0, 1, 2, … s − 1 */
  readonly positions?: TfTensor | Int32Array | undefined;
}

const op = 'rotary';

/**
 * Rotary position embedding of a tensor of TensorFlow.js: pair i of the d/2 pairs of each row turned by the angle position · base^(−2i/d).
 * @param x float32 `[…, s, d]`, or `[…, s, h, d]` with layout 'bshd'; d even; rank 2 to 8
 * @returns the shape of x. Differentiable in x, any number of times: its gradient is turned back
 * @throws {FoveaError} as `rotary` of fovea does
 * @see Su et al. 2021 (RoFormer)
 */
export function rotary(x: TfTensor, { positions, ...options }: TfRotaryOptions = {}): TfTensor {
  return turned(x, { ...options, positions: integersOf(op, 'positions', positions) });
}

function turned(x: TfTensor, options: RotaryOptions): TfTensor {
  const differentiable = customGrad((input) => {
    const given = floatsOf(op, 'x', input as TfTensor);
    const value = tfTensor(rotaryOp(given, { ...options, out: roomFor(given.shape) }));
    const back = { ...options, positions: backward(options, given.shape) };
    return { value, gradFunc: (dy: TfTensor) => turned(dy, back) };
  });
  return differentiable(x);
}

/** The positions whose angles undo those of the options. */
function backward({ positions, layout }: RotaryOptions, shape: readonly number[]): Int32Array {
  const sequence = layout === 'bshd' && shape.length > 2 ? -3 : -2;
  return positions?.map((position) => -position) ?? Int32Array.from({ length: shape.at(sequence) ?? 0 }, (_, i) => -i);
}
