/**
 * Cast: to the same numbers in another kind of array, which then has that dtype's kind.
 * @module
 */
import type { CastAttrs } from '@tensorflow/tfjs-core';
import type { Numbers } from '../backend.js';
import { kernel } from '../kernel.js';

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

export const castKernels = { Cast: cast };
