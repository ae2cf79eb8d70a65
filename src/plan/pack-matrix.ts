/**
 * The arguments of packMatrix → {@link PackPlan}, and how its numbers become float32 where they are not.
 * @module
 */
import { shapeError } from '../errors.js';
import type { DType, PackedDType, PackMatrixOptions } from '../types.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { checkFloats } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';
import type { ConvertPlan, Floats, View } from './plan.js';

const op = 'packMatrix';

const rules = {
  transpose: rule.boolean,
  dtype: rule.packedDtype,
} satisfies rule.Rules<PackMatrixOptions>;

export interface PackPlan {
  readonly k: number;
  readonly n: number;
  /** What it becomes. */
  readonly dtype: PackedDType;
  /** Of b. */
  readonly from: DType;
  /** `[k, n]`, whatever was transposed. */
  readonly b: View<Floats>;
}

export function planPackMatrix(b: unknown, options: unknown): PackPlan {
  const { shape, strides, data, offset, dtype } = checkFloats(op, 'b', b, new Workspace());
  const given = rule.checkOptions(op, options, rules);
  if (shape.length !== 2) throw shapeError(op, 'b', `rank ${shape.length}`, 'rank 2, one matrix', `b is ${list(shape)}`);
  const [row, column] = given.transpose ? [1, 0] : [0, 1];
  return {
    k: shape[row] ?? 0,
    n: shape[column] ?? 0,
    dtype: given.dtype ?? 'float32',
    from: dtype,
    b: { data, offset, strides: [strides[row] ?? 0, strides[column] ?? 0] },
  };
}

/** Elements that are converted at a time: what a backend copies for it stays small. */
const stretch = 1 << 20;

/**
 * b widened into `out` by plans that each take a stretch of its longer-strided dimension.
 * @returns the same matrix in `out`
 */
export function widened({ k, n, from, b }: PackPlan, out: Float32Array, run: (plan: ConvertPlan) => void): View {
  const [rowStride = 0, columnStride = 0] = b.strides;
  const byRows = rowStride >= columnStride;
  const [outer, inner] = byRows ? [k, n] : [n, k];
  const [outerStride, innerStride] = byRows ? [rowStride, columnStride] : [columnStride, rowStride];
  const step = Math.max(1, Math.floor(stretch / inner));
  for (let i = 0; i < outer; i += step) {
    run({
      op: 'convert',
      name: op,
      outer: [Math.min(step, outer - i)],
      length: inner,
      dtype: from,
      outDtype: 'float32',
      x: { data: b.data, offset: b.offset + i * outerStride, strides: [outerStride, innerStride] },
      out: { data: out, offset: i * inner, strides: [inner, 1] },
    });
  }
  return { data: out, offset: 0, strides: byRows ? [n, 1] : [1, k] };
}
