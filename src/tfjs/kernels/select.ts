/**
 * Select: of two tensors, number by number or row by row.
 * @module
 */
import { upcastType } from '@tensorflow/tfjs-core';
import { kernel } from '../kernel.js';
import { sizeOf } from '../shape.js';

/** Of t where the condition is true, of e elsewhere; a condition of one dimension chooses among the rows of more. */
const select = kernel<'condition' | 't' | 'e'>(({ inputs: { condition, t, e }, backend }) => {
  const [chosen, left, right] = [backend.numbers(condition), backend.floats(t), backend.floats(e)];
  if (chosen === undefined || left === undefined || right === undefined) return undefined;
  const out = backend.room(sizeOf(t.shape));
  const run = condition.shape.length === 1 && t.shape.length > 1 ? sizeOf(t.shape.slice(1)) : 1;
  if (chosen.length * run !== out.length || left.length !== out.length || right.length !== out.length) return undefined;
  for (let i = 0, at = 0; i < chosen.length; i++)
    for (let c = 0; c < run; c++, at++) out[at] = (chosen[i] === 1 ? left[at] : right[at]) ?? 0;
  return backend.tensor(t.shape, upcastType(t.dtype, e.dtype), out);
});

export const selectKernels = { Select: select };
