/**
 * mergeAttention's arguments → {@link MergePlan}: parts that agree in everything but their keys.
 * @module
 */
import { dtypeError, optionError, shapeError } from '../errors.js';
import type { AttentionPart, FloatData, MergeOptions, Tensor } from '../types.js';
import { list, received } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { type Checked, type CheckedFloats, checkFloat32, checkFloats } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';
import { type Heads, headsOf, toHeads } from './heads.js';
import type { MergePlan } from './plan.js';
import { checkApart, freshFloat32, resultIn } from './result.js';

const op = 'mergeAttention';

const rules = {
  layout: rule.layout,
  sinks: rule.float32Array,
  out: rule.floatTensor,
} satisfies rule.Rules<MergeOptions>;

export interface PlannedMerge {
  readonly plan: MergePlan;
  readonly result: AttentionPart<FloatData>;
}

interface CheckedPart {
  readonly output: CheckedFloats;
  readonly logSumExp: Checked;
}

export function planMerge(parts: unknown, options: unknown): PlannedMerge {
  if (!Array.isArray(parts) || parts.length === 0) {
    throw optionError(op, 'parts', Array.isArray(parts) ? 'empty' : received(parts), 'an array of at least one { output, logSumExp }');
  }
  const workspace = new Workspace();
  const checked = parts.map((part: unknown, i) => checkPart(part, `parts[${i}]`, workspace));
  const given = rule.checkOptions(op, options, rules);
  const layout = given.layout ?? 'bhsd';
  const [first] = checked;
  const like = first?.output ?? checkFloats(op, 'parts[0].output', undefined, workspace);
  const { shape } = like;
  const rank = shape.length;
  if (rank < 2 || rank > 4)
    throw shapeError(op, 'parts[0].output', `rank ${rank}`, 'rank 2 [s, dv], 3 [h, s, dv] or 4 [b, h, s, dv]', `it is ${list(shape)}`);
  const [batch, heads, queryLength, valueDim] = toHeads(shape, layout, 1, workspace.list(4));
  const rows = [batch, heads, queryLength].slice(4 - rank);
  for (const [i, part] of checked.entries()) relate(part, `parts[${i}]`, like, rows);
  if (given.sinks && given.sinks.length !== heads)
    throw shapeError(op, 'sinks', `${given.sinks.length} entries`, `${heads}, one for each of the heads`);

  const output = resultIn(op, given.out, shape, like, workspace);
  for (const [i, part] of checked.entries()) {
    checkApart(op, given.out, `parts[${i}].output`, part.output);
    checkApart(op, given.out, `parts[${i}].logSumExp`, part.logSumExp);
  }
  checkApart(op, given.out, 'sinks', given.sinks);
  const logSumExp = freshFloat32(op, rows);
  return {
    plan: {
      op: 'merge',
      batch,
      heads,
      queryLength,
      valueDim,
      dtype: like.dtype,
      outDtype: output.dtype,
      parts: checked.map((part) => ({
        output: headsOf(part.output, layout, workspace),
        logSumExp: { data: part.logSumExp.data, offset: part.logSumExp.offset, strides: rowStrides(part.logSumExp.strides, workspace) },
      })),
      sinks: given.sinks,
      out: headsOf(output, layout, workspace),
      logSumExp: logSumExp.data,
    },
    result: { output: output.source as Tensor<FloatData>, logSumExp },
  };
}

function checkPart(part: unknown, name: string, workspace: Workspace): CheckedPart {
  if (typeof part !== 'object' || part === null) throw optionError(op, name, received(part), 'an object { output, logSumExp }');
  const { output, logSumExp } = part as { readonly output?: unknown; readonly logSumExp?: unknown };
  if (logSumExp === undefined) throw optionError(op, `${name}.logSumExp`, 'missing', 'what attention gives with returnLogSumExp: true');
  return {
    output: checkFloats(op, `${name}.output`, output, workspace),
    logSumExp: checkFloat32(op, `${name}.logSumExp`, logSumExp, workspace),
  };
}

function relate({ output, logSumExp }: CheckedPart, name: string, like: CheckedFloats, rows: readonly number[]): void {
  const isSame = (shape: readonly number[], other: readonly number[]) =>
    shape.length === other.length && shape.every((size, i) => size === other[i]);
  if (!isSame(output.shape, like.shape))
    throw shapeError(op, `${name}.output`, `shape ${list(output.shape)}`, `${list(like.shape)}, as the first part has`);
  if (output.dtype !== like.dtype) throw dtypeError(op, `${name}.output`, `dtype ${output.dtype}`, `${like.dtype}, as the first part has`);
  if (!isSame(logSumExp.shape, rows))
    throw shapeError(op, `${name}.logSumExp`, `shape ${list(logSumExp.shape)}`, list(rows), `its output is ${list(output.shape)}`);
}

/** `[batch, head, query]` strides of a logSumExp of rank 1 to 3. */
function rowStrides(strides: readonly number[], workspace: Workspace): readonly number[] {
  const [batch, head, query]: Heads = toHeads([...strides, 0], 'bhsd', 0, workspace.list(4));
  return [batch, head, query];
}
