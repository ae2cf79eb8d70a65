/**
 * linearBackward's arguments, checked: how they relate, and where the gradients go.
 * @module
 */
import type { Activation, DType, FloatData, LinearBackwardOptions, Tensor } from '../types.js';
import { checkSeed, outOf } from '../validate/gradients.js';
import * as rule from '../validate/options.js';
import { type Checked, type CheckedFloats, checkFloats, rowMajor } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';
import { relateLinear } from './linear.js';
import type { Floats } from './plan.js';
import { checkAllApart, resultIn } from './result.js';

const op = 'linearBackward';

const rules = {
  bias: rule.float32Tensor,
  activation: rule.activation,
  out: outOf('dX', 'dWeight', 'dBias'),
} satisfies rule.Rules<LinearBackwardOptions>;

export interface LinearBackward {
  /** `[…, in]` */
  readonly x: CheckedFloats;
  /** `[in, out]` */
  readonly weight: CheckedFloats;
  /** `[…, out]` */
  readonly seed: CheckedFloats;
  /** `[out]` */
  readonly bias: Checked | undefined;
  readonly activation: Activation | undefined;
  /** Of the shapes of x and the weight, and `[out]`. */
  readonly dX: CheckedFloats;
  readonly dWeight: CheckedFloats;
  readonly dBias: CheckedFloats;
}

export function checkLinearBackward(x: unknown, weight: unknown, dOutput: unknown, options: unknown): LinearBackward {
  const workspace = new Workspace();
  const input = checkFloats(op, 'x', x, workspace);
  const matrix = checkFloats(op, 'weight', weight, workspace);
  const { bias, activation, out = {} } = rule.checkOptions(op, options, rules, workspace);
  relateLinear(op, input, matrix, bias);
  const [, width = 0] = matrix.shape;
  const shape = [...input.shape.slice(0, -1), width];
  const seed = checkSeed(op, dOutput, shape, 'the shape of the result of linear', input.dtype, workspace);
  checkAllApart(op, out, { x: input, weight: matrix, dOutput: seed, bias });
  return {
    x: input,
    weight: matrix,
    seed,
    bias,
    activation,
    dX: resultIn(op, out.dX, input.shape, input, workspace, 'out.dX'),
    dWeight: resultIn(op, out.dWeight, matrix.shape, matrix, workspace, 'out.dWeight'),
    dBias: resultIn(op, out.dBias, [width], { dtype: 'float32', float16Array: false }, workspace, 'out.dBias'),
  };
}

/** `[…, n]` as a matrix of its rows, where they follow each other evenly; else undefined. */
export function matrixOf({ data, shape, strides = rowMajor(shape), offset, dtype }: Tensor<FloatData>): Tensor<FloatData> | undefined {
  let [rows, step] = [1, 0];
  for (let d = shape.length - 2; d >= 0; d--) {
    const [size, stride] = [shape[d] ?? 1, strides[d] ?? 0];
    if (size === 1) continue;
    if (rows === 1) step = stride;
    else if (stride !== step * rows) return undefined;
    rows *= size;
  }
  return { data, shape: [rows, shape.at(-1) ?? 1], strides: [step, strides.at(-1) ?? 0], offset, dtype };
}

/** The same of row-major memory. */
export function asMatrix({ data, shape, dtype }: Tensor<FloatData>): Tensor<FloatData> {
  const width = shape.at(-1) ?? 1;
  return { data, shape: [shape.slice(0, -1).reduce((rows, size) => rows * size, 1), width], dtype };
}

/** A matrix, transposed: its strides change places. */
export function turned({ data, shape, strides = rowMajor(shape), offset, dtype }: Tensor<FloatData>): Tensor<FloatData> {
  return { data, shape: shape.toReversed(), strides: strides.toReversed(), offset, dtype };
}

/** A vector as a matrix of one row. */
export function rowOf({ data, shape, strides, offset, dtype }: CheckedFloats): Tensor<Floats> {
  return { data, shape: [1, ...shape], strides: [0, ...strides], offset, dtype };
}

const one: Record<DType, Floats> = { float32: Float32Array.of(1), float16: Uint16Array.of(0x3c00), bfloat16: Uint16Array.of(0x3f80) };

/** What adds up the rows of a matrix that it is multiplied with. */
export function ones(count: number, dtype: DType): Tensor<Floats> {
  return { data: one[dtype], shape: [1, count], strides: [0, 0], dtype };
}
