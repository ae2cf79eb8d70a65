/**
 * Walks over tensors of several shapes in step, as broadcasting reads them: in rows along one dimension, which a loop of plain steps does.
 * @module
 */

import type { Numbers } from './backend.js';

/** Sizes of the result, and for each operand how far its elements lie apart along each dimension. */
export interface Walk {
  readonly sizes: readonly number[];
  readonly steps: readonly (readonly number[])[];
}

/** Row-major steps of each operand along the dimensions of `shape`, 0 where it repeats; as few dimensions as the steps allow. */
export function broadcastWalk(shape: readonly number[], operands: readonly (readonly number[])[]): Walk {
  return joined(
    shape,
    operands.map((own) => broadcastSteps(own, shape.length)),
  );
}

function broadcastSteps(own: readonly number[], rank: number): number[] {
  const steps = new Array<number>(rank).fill(0);
  let step = 1;
  for (let i = own.length - 1; i >= 0; i--) {
    const size = own[i] ?? 1;
    if (size > 1) steps[rank - own.length + i] = step;
    step *= size;
  }
  return steps;
}

/** The same walk with neighbouring dimensions made one where all operands pass from one to the other by the same step. */
export function joined(shape: readonly number[], steps: readonly (readonly number[])[]): Walk {
  const sizes: number[] = [];
  const own: number[][] = steps.map(() => []);
  for (let i = 0; i < shape.length; i++) {
    const size = shape[i] ?? 1;
    if (size === 1) continue;
    const last = sizes.length - 1;
    const joins = last >= 0 && steps.every((step, which) => own[which]?.[last] === size * (step[i] ?? 0));
    if (joins) sizes[last] = (sizes[last] ?? 1) * size;
    else sizes.push(size);
    for (const [which, step] of steps.entries()) {
      const mine = own[which] ?? [];
      if (joins) mine[last] = step[i] ?? 0;
      else mine.push(step[i] ?? 0);
    }
  }
  if (sizes.length === 0) {
    sizes.push(1);
    for (const mine of own) mine.push(0);
  }
  return { sizes, steps: own };
}

/** Calls `row(begins, at)` for every row along the last dimension: where each operand's begins, and where the result's does. */
export function forRows({ sizes, steps }: Walk, row: (begins: readonly number[], at: number) => void): void {
  const outer = sizes.length - 1;
  const length = sizes[outer] ?? 1;
  const index = new Array<number>(outer).fill(0);
  const begins = steps.map(() => 0);
  let rows = 1;
  for (let i = 0; i < outer; i++) rows *= sizes[i] ?? 1;
  if (length === 0) return;
  for (let r = 0; r < rows; r++) {
    row(begins, r * length);
    for (let i = outer - 1; i >= 0; i--) {
      index[i] = (index[i] ?? 0) + 1;
      const isOver = index[i] === sizes[i];
      for (let which = 0; which < steps.length; which++) {
        const step = steps[which]?.[i] ?? 0;
        begins[which] = (begins[which] ?? 0) + (isOver ? -step * ((sizes[i] ?? 1) - 1) : step);
      }
      if (!isOver) break;
      index[i] = 0;
    }
  }
}

/** out[at …] = x[from, from + step, …], n of them. A loop for float32, another for the rest: what has seen several kinds of arrays is slower for each. */
export function copyRow(x: Numbers, from: number, step: number, out: Numbers, at: number, n: number): void {
  if (step === 1 && n >= wide) out.set(x.subarray(from, from + n), at);
  else if (x instanceof Float32Array && out instanceof Float32Array) for (let c = 0; c < n; c++) out[at + c] = x[from + c * step] ?? 0;
  else for (let c = 0; c < n; c++) out[at + c] = x[from + c * step] ?? 0;
}

/** Numbers of a row from which on making a view of it costs less than a loop. */
const wide = 24;
