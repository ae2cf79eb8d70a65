/**
 * The arguments of `KVCache.append` → {@link AppendPlan}: how the new keys and values fit the cache, and which rows they go to.
 * @module
 */
import { dtypeError, shapeError } from '../errors.js';
import type { AppendOptions } from '../types.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { type CheckedFloats, checkFloats } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';
import { type CacheSizes, checkRoom, type RowState, rowIndices } from './cache.js';
import { headsOf, toHeads } from './heads.js';
import type { AppendPlan } from './plan.js';

const op = 'KVCache.append';

const rules = {
  row: rule.index,
  layout: rule.layout,
} satisfies rule.Rules<AppendOptions>;

export interface PlannedAppend {
  /** All but where the tokens go: that is known once there is room. */
  readonly plan: Omit<AppendPlan, 'positions' | 'rows'>;
  /** The rows that grow. */
  readonly indices: readonly number[];
}

export function planAppend(sizes: CacheSizes, rows: readonly RowState[], k: unknown, v: unknown, options: unknown): PlannedAppend {
  const workspace = new Workspace();
  const key = checkFloats(op, 'key', k, workspace);
  const value = checkFloats(op, 'value', v, workspace);
  const given = rule.checkOptions(op, options, rules);
  const { kvHeads, headDim, valueDim } = sizes;
  const indices = rowIndices(op, sizes.batch, given.row);
  const layout = given.layout ?? 'bhsd';

  const [, , length] = relate('key', key, headDim, 'headDim');
  const [, , valueLength] = relate('value', value, valueDim, 'valueDim');
  if (valueLength !== length)
    throw shapeError(op, 'value', `length ${valueLength}`, `${length}, as key has`, `value is ${list(value.shape)}`);
  if (value.dtype !== key.dtype) throw dtypeError(op, 'value', `dtype ${value.dtype}`, `${key.dtype}, the dtype of key`);
  checkRoom(op, sizes, rows, indices, length);

  return {
    plan: {
      op: 'append',
      batch: indices.length,
      kvHeads,
      length,
      headDim,
      valueDim,
      dtype: key.dtype,
      cacheDtype: sizes.dtype,
      blockTokens: sizes.blockTokens,
      k: headsOf(key, layout, workspace),
      v: headsOf(value, layout, workspace),
    },
    indices,
  };

  /** A tensor's sizes `[batch, head, token, feature]`, once they are the cache's. */
  function relate(name: string, tensor: CheckedFloats, features: number, of: 'headDim' | 'valueDim') {
    const rank = tensor.shape.length;
    const said = `${name} is ${list(tensor.shape)}${layout === 'bhsd' ? '' : `, layout is '${layout}'`}`;
    if (rank !== 4 && rank !== 3)
      throw shapeError(op, name, `rank ${rank}`, 'rank 4 [batch, kvHeads, n, d], or 3 [kvHeads, n, d] for one row', said);
    if (tensor.dtype !== 'float32' && tensor.dtype !== sizes.dtype)
      throw dtypeError(op, name, `dtype ${tensor.dtype}`, acceptedDtypes(sizes), `the cache is ${sizes.dtype}`);
    const placed = toHeads(tensor.shape, layout, 1, workspace.list(4));
    const [batch, heads, , width] = placed;
    const whose = given.row === undefined ? `the batch of the cache` : `the one row that option row names`;
    if (batch !== indices.length) throw shapeError(op, name, `batch ${batch}`, `${indices.length}, ${whose}`, said);
    if (heads !== kvHeads) throw shapeError(op, name, `${heads} heads`, `${kvHeads}, the kvHeads of the cache`, said);
    if (width !== features) {
      const what = of === 'headDim' ? 'head dim' : 'value dim';
      throw shapeError(op, name, `${what} ${width}`, `${features}, the ${of} of the cache`, said);
    }
    return placed;
  }
}

/** float32, or the cache's own half type. */
export function acceptedDtypes({ dtype }: CacheSizes): string {
  return dtype === 'float32' || dtype === 'int8' ? 'float32' : `float32 or ${dtype}`;
}
