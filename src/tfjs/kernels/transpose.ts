/**
 * Transpose: dimensions that stay neighbours move as one, and rows that stay rows are copied whole.
 * @module
 */
import type { TransposeAttrs } from '@tensorflow/tfjs-core';
import type { FoveaBackend, Numbers } from '../backend.js';
import { kernel, sizeOf } from '../kernel.js';
import { forRows, joined } from '../loops.js';

const transpose = kernel<'x', TransposeAttrs>(({ inputs: { x }, attrs: { perm }, backend }) => {
  const values = backend.numbers(x);
  if (values === undefined) return undefined;
  const shape = perm.map((from) => x.shape[from] ?? 1);
  const out = permuted(backend, values, x.shape, perm);
  return out === undefined ? backend.reshaped(x, shape) : backend.tensor(shape, x.dtype, out);
});

/** Undefined where every number stays in its place. */
export function permuted(backend: FoveaBackend, values: Numbers, shape: readonly number[], perm: readonly number[]): Numbers | undefined {
  const steps = shape.map(() => 1);
  for (let i = shape.length - 2; i >= 0; i--) steps[i] = (steps[i + 1] ?? 1) * (shape[i + 1] ?? 1);
  const walk = joined(
    perm.map((from) => shape[from] ?? 1),
    [perm.map((from) => steps[from] ?? 1)],
  );
  const step = walk.steps[0]?.at(-1) ?? 1;
  if (walk.sizes.length === 1 && step <= 1) return undefined;
  const length = walk.sizes.at(-1) ?? 1;
  const out = backend.roomLike(values, sizeOf(shape));
  if (values instanceof Float32Array && out instanceof Float32Array)
    forRows(walk, ([from = 0], at) => copyFloats(values, from, step, out, at, length));
  else forRows(walk, ([from = 0], at) => copyNumbers(values, from, step, out, at, length));
  return out;
}

function copyFloats(x: Float32Array, from: number, step: number, out: Float32Array, at: number, n: number): void {
  if (step === 1 && n >= wide) out.set(x.subarray(from, from + n), at);
  else for (let c = 0; c < n; c++) out[at + c] = x[from + c * step] ?? 0;
}

/** The same of any kind, in a loop of its own: what has seen several kinds of arrays is slower for each. */
function copyNumbers(x: Numbers, from: number, step: number, out: Numbers, at: number, n: number): void {
  for (let c = 0; c < n; c++) out[at + c] = x[from + c * step] ?? 0;
}

/** Numbers of a row from which on making a view of it costs less than a loop. */
export const wide = 64;

export const transposeKernels = { Transpose: transpose };
