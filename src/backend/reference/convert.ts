/**
 * A tensor in another dtype, element by element: exact where it grows wider, rounded to nearest even where it grows narrower.
 * @module
 */
import type { ConvertPlan } from '../../plan/plan.js';
import { indices, position, read, write } from './numbers.js';

export function convert(plan: ConvertPlan): void {
  const [xStride, outStride] = [plan.x.strides.at(-1) ?? 0, plan.out.strides.at(-1) ?? 0];
  for (const index of indices(plan.outer)) {
    const [x, out] = [position(plan.x, ...index), position(plan.out, ...index)];
    for (let i = 0; i < plan.length; i++) {
      write(plan.out.data, plan.outDtype, out + i * outStride, read(plan.x.data, plan.dtype, x + i * xStride));
    }
  }
}
