/**
 * The arguments of toFloat16 and its like → {@link ConvertPlan}: from one dtype to another, dimensions as few as the strides allow.
 * @module
 */
import { dtypeError, shapeError } from '../errors.js';
import type { ConvertOptions, DType, FloatData, Tensor } from '../types.js';
import { kindOf, list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { type CheckedFloats, checkFloat32, checkFloats } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';
import { planWalk, type Walk } from './dimensions.js';
import { type Draft, frames, noView } from './frame.js';
import { convertOuterRank } from './layout.js';
import type { Conversion, ConvertPlan, Floats, View } from './plan.js';
import { checkApart, resultIn } from './result.js';

const rules = { out: rule.floatTensor } satisfies rule.Rules<ConvertOptions>;

class ConvertDraft implements Draft<ConvertPlan> {
  op = 'convert' as const;
  name: Conversion = 'toFloat16';
  outer: readonly number[] = [];
  length = 0;
  dtype: DType = 'float32';
  outDtype: DType = 'float32';
  x: View<Floats> = noView;
  out: View<Floats> = noView;

  /** Its tensors are the workspace's. */
  forget(): void {}
}

const spare = frames<Tensor<FloatData>, ConvertDraft, typeof rules>(() => new ConvertDraft(), rules);

type Half = Exclude<DType, 'float32'>;

/** What each function makes of what. */
const conversions = {
  toFloat16: { dtype: 'float32', outDtype: 'float16' },
  toBfloat16: { dtype: 'float32', outDtype: 'bfloat16' },
  fromFloat16: { dtype: 'float16', outDtype: 'float32' },
  fromBfloat16: { dtype: 'bfloat16', outDtype: 'float32' },
} as const satisfies Record<Conversion, { dtype: DType; outDtype: DType }>;

export function planConvert(op: Conversion, x: unknown, options: unknown): ReturnType<typeof spare.take> {
  const { dtype, outDtype } = conversions[op];
  const frame = spare.take();
  const { plan } = frame;
  const input = dtype === 'float32' ? checkFloat32(op, 'x', asTensor(x), frame) : checkHalves(op, x, dtype, frame);
  const { out } = rule.checkOptions(op, options, rules, frame, frame.givenOptions);
  const { shape } = input;
  const like = { dtype: outDtype, float16Array: false };
  if (out && out.dtype !== outDtype) throw dtypeError(op, 'out', `dtype ${out.dtype}`, outDtype);
  const result = resultIn(op, out, shape, like, frame);
  checkApart(op, out, 'x', input);

  plan.name = op;
  plan.dtype = dtype;
  plan.outDtype = outDtype;
  planWalk(plan, shape, -1, input, result, undefined, frame);
  if (plan.outer.length > convertOuterRank)
    throw shapeError(
      op,
      'x',
      `rank ${shape.length}`,
      `at most ${convertOuterRank + 1} dimensions that cannot be joined`,
      `x is ${list(shape)}`,
    );
  frame.result = result.source as Tensor<FloatData>;
  return frame;
}

/** x in new row-major memory, float32 or of its own dtype, or of a half type where it is float32. For our own functions, which have checked x. */
export function planCopy(
  name: string,
  x: Tensor<FloatData>,
  dtype: DType,
): { readonly plan: ConvertPlan; readonly result: Tensor<FloatData> } {
  const workspace = new Workspace();
  const input = checkFloats(name, 'x', x, workspace);
  const result = resultIn(name, undefined, input.shape, { dtype, float16Array: false }, workspace);
  const walk: Walk = { outer: [], length: 0, x: input, out: result };
  planWalk(walk, input.shape, -1, input, result, undefined, workspace);
  return { plan: { op: 'convert', name, dtype: input.dtype, outDtype: dtype, ...walk }, result: result.source as Tensor<FloatData> };
}

/** A bare typed array is a tensor of one dimension. */
function asTensor(x: unknown): unknown {
  return kindOf(x) === undefined ? x : { data: x, shape: [(x as Float32Array).length] };
}

/** The function's name says what the bits of a Uint16Array are, so x need not. */
function checkHalves(op: string, x: unknown, dtype: Half, workspace: Workspace): CheckedFloats {
  const tensor = asTensor(x);
  const isUnnamed =
    typeof tensor === 'object' &&
    tensor !== null &&
    kindOf(Reflect.get(tensor, 'data')) === 'Uint16Array' &&
    Reflect.get(tensor, 'dtype') === undefined;
  const checked = checkFloats(op, 'x', isUnnamed ? { ...tensor, dtype } : tensor, workspace);
  if (checked.dtype !== dtype) throw dtypeError(op, 'x', `dtype ${checked.dtype}`, dtype);
  return checked;
}
