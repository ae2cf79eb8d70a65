/**
 * Unknown value → what the gradients of several tensors have in common: that of the output, which is given, and `out`, which holds
 * those of the inputs.
 * @module
 */
import { dtypeError, optionError, shapeError } from '../errors.js';
import type { DType } from '../types.js';
import { list, received } from './describe.js';
import { isRecord, type Rule, unknownField } from './options.js';
import { type CheckedFloats, checkFloats } from './tensor.js';
import type { Workspace } from './workspace.js';

/** @param what the shape is that of @throws {FoveaError} ERR_SHAPE, ERR_DTYPE unless it is float32 or of the dtype of the inputs */
export function checkSeed(
  op: string,
  dOutput: unknown,
  shape: readonly number[],
  what: string,
  dtype: DType,
  workspace: Workspace,
): CheckedFloats {
  const seed = checkFloats(op, 'dOutput', dOutput, workspace);
  if (list(seed.shape) !== list(shape)) throw shapeError(op, 'dOutput', `shape ${list(seed.shape)}`, list(shape), what);
  if (seed.dtype !== 'float32' && seed.dtype !== dtype)
    throw dtypeError(op, 'dOutput', `dtype ${seed.dtype}`, dtype === 'float32' ? 'float32' : `float32 or ${dtype}`);
  return seed;
}

/** A rule: tensors to write by these names, any of which may be missing. */
export function outOf<Name extends string>(...names: readonly Name[]): Rule<Readonly<Partial<Record<Name, CheckedFloats>>>> {
  return (op, option, value, workspace) => {
    if (!isRecord(value)) throw optionError(op, option, received(value), `an object of tensors { ${names.join(', ')} }`);
    const given: Partial<Record<Name, CheckedFloats>> = {};
    for (const key in value) {
      const name = names.find((known) => known === key);
      if (name === undefined) throw unknownField(op, option, key, names);
      if (value[name] !== undefined) given[name] = checkFloats(op, `${option}.${name}`, value[name], workspace);
    }
    return given;
  };
}
