/**
 * The arguments of toFloat16 and its like → {@link ConvertPlan}: from one dtype to another, dimensions as few as the strides allow.
 * @module
 */
import { dtypeError, shapeError } from '../errors.js';
import type { ConvertOptions, DType, FloatData, Tensor } from '../types.js';
import { kindOf, list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { type CheckedFloats, checkFloat32, checkFloats } from '../validate/tensor.js';
import { convertOuterRank } from './layout.js';
import type { Conversion, ConvertPlan } from './plan.js';
import { freshResult, givenResult } from './result.js';

const rules = { out: rule.floatTensor } satisfies rule.Rules<ConvertOptions>;

export interface PlannedConvert {
  readonly plan: ConvertPlan;
  readonly result: Tensor<FloatData>;
}

type Half = Exclude<DType, 'float32'>;

/** What each function makes of what. */
const conversions = {
  toFloat16: { dtype: 'float32', outDtype: 'float16' },
  toBfloat16: { dtype: 'float32', outDtype: 'bfloat16' },
  fromFloat16: { dtype: 'float16', outDtype: 'float32' },
  fromBfloat16: { dtype: 'bfloat16', outDtype: 'float32' },
} as const satisfies Record<Conversion, { dtype: DType; outDtype: DType }>;

export function planConvert(op: Conversion, x: unknown, options: unknown): PlannedConvert {
  const { dtype, outDtype } = conversions[op];
  const input = dtype === 'float32' ? checkSingles(op, x) : checkHalves(op, x, dtype);
  const given = rule.checkOptions(op, options, rules);
  const { shape } = input;
  const like: CheckedFloats = { ...input, dtype: outDtype, float16Array: false };
  if (given.out && given.out.dtype !== outDtype) throw dtypeError(op, 'out', `dtype ${given.out.dtype}`, outDtype);
  const result = given.out ? givenResult(op, shape, like, given.out, { x: input }) : freshResult(op, shape, like);

  const dimensions = joined(shape, input.strides, result.strides);
  const last = dimensions.pop() ?? { size: 1, x: 1, out: 1 };
  if (dimensions.length > convertOuterRank)
    throw shapeError(
      op,
      'x',
      `rank ${shape.length}`,
      `at most ${convertOuterRank + 1} dimensions that cannot be joined`,
      `x is ${list(shape)}`,
    );
  const strides = (of: 'x' | 'out') => [...dimensions.map((dimension) => dimension[of]), last[of]];
  const plan: ConvertPlan = {
    op: 'convert',
    name: op,
    outer: dimensions.map(({ size }) => size),
    length: last.size,
    dtype,
    outDtype,
    x: { data: input.data, offset: input.offset, strides: strides('x') },
    out: { data: result.data, offset: result.offset, strides: strides('out') },
  };
  return { plan, result: result.tensor };
}

/** A bare typed array is a tensor of one dimension. */
function asTensor(x: unknown): unknown {
  return kindOf(x) === undefined ? x : { data: x, shape: [(x as Float32Array).length] };
}

function checkSingles(op: string, x: unknown): CheckedFloats {
  return { ...checkFloat32(op, 'x', asTensor(x)), dtype: 'float32', float16Array: false, source: Object(x) };
}

/** The function's name says what the bits of a Uint16Array are, so x need not. */
function checkHalves(op: string, x: unknown, dtype: Half): CheckedFloats {
  const tensor = asTensor(x);
  const isUnnamed =
    typeof tensor === 'object' &&
    tensor !== null &&
    kindOf(Reflect.get(tensor, 'data')) === 'Uint16Array' &&
    Reflect.get(tensor, 'dtype') === undefined;
  const checked = checkFloats(op, 'x', isUnnamed ? { ...tensor, dtype } : tensor);
  if (checked.dtype !== dtype) throw dtypeError(op, 'x', `dtype ${checked.dtype}`, dtype);
  return checked;
}

interface Dimension {
  readonly size: number;
  readonly x: number;
  readonly out: number;
}

/** The dimensions, longest stride first, and those that step on evenly in both tensors made one. */
function joined(shape: readonly number[], x: readonly number[], out: readonly number[]): Dimension[] {
  const dimensions = shape.map((size, i) => ({ size, x: x[i] ?? 0, out: out[i] ?? 0 })).filter(({ size }) => size !== 1);
  dimensions.sort((a, b) => b.x + b.out - a.x - a.out);
  const few: Dimension[] = [];
  for (const inner of dimensions) {
    const before = few.at(-1);
    const isEven = before && before.x === inner.x * inner.size && before.out === inner.out * inner.size;
    if (isEven) few[few.length - 1] = { ...inner, size: before.size * inner.size };
    else few.push(inner);
  }
  return few;
}
