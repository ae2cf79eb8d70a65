/**
 * Softmax along one axis by its definition, one row after another. float64 throughout.
 * @module
 */
import type { SoftmaxPlan } from '../../plan/plan.js';
import { indices, position, read, write } from './numbers.js';
import { softmaxRow } from './softmax-row.js';

export function softmax(plan: SoftmaxPlan): void {
  const row = new Float64Array(plan.length);
  const seen = new Uint8Array(plan.length);
  for (const outer of indices(plan.outer)) {
    for (let j = 0; j < plan.length; j++) {
      row[j] = plan.scale * read(plan.x.data, plan.dtype, position(plan.x, ...outer, j));
      seen[j] = plan.mask && plan.mask.data[position(plan.mask, ...outer, j)] === 0 ? 0 : 1;
    }
    softmaxRow(row, seen, -Infinity);
    for (let j = 0; j < plan.length; j++) write(plan.out.data, plan.outDtype, position(plan.out, ...outer, j), row[j] ?? NaN);
  }
}
