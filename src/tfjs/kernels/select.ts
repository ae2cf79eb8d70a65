/**
 * Select and Cast.
 * @module
 */
import { type CastAttrs, upcastType } from '@tensorflow/tfjs-core';
import type { Numbers } from '../backend.js';
import { kernel, sizeOf } from '../kernel.js';

/** Of t where the condition is true, of e elsewhere; a condition of one dimension chooses among the rows of more. */
const select = kernel<'condition' | 't' | 'e'>(({ inputs: { condition, t, e }, backend }) => {
  const [chosen, left, right] = [backend.numbers(condition), backend.floats(t), backend.floats(e)];
  if (chosen === undefined || left === undefined || right === undefined) return undefined;
  const out = backend.room(sizeOf(t.shape));
  const run = condition.shape.length === 1 && t.shape.length > 1 ? sizeOf(t.shape.slice(1)) : 1;
  for (let i = 0, at = 0; i < chosen.length; i++)
    for (let c = 0; c < run; c++, at++) out[at] = (chosen[i] === 1 ? left[at] : right[at]) ?? 0;
  return backend.tensor(t.shape, upcastType(t.dtype, e.dtype), out);
});

const cast = kernel<'x', CastAttrs>(({ inputs: { x }, attrs: { dtype }, backend }) => {
  if (dtype === x.dtype) return backend.reshaped(x, x.shape);
  const values = backend.numbers(x);
  if (values === undefined) return undefined;
  if (dtype === 'float32') return backend.tensor(x.shape, dtype, new Float32Array(values));
  if (dtype === 'int32') return backend.tensor(x.shape, dtype, new Int32Array(values));
  return dtype === 'bool' ? backend.tensor(x.shape, dtype, truths(values)) : undefined;
});

/** NaN is true, as all that is not 0. */
function truths(values: Numbers): Uint8Array {
  const out = new Uint8Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = Number(values[i] !== 0);
  return out;
}

export const selectKernels = { Select: select, Cast: cast };
