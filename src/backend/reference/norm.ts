/**
 * Layer and root mean square normalisation by their definition, one row after another. float64 throughout.
 * @module
 */
import type { NormPlan } from '../../plan/plan.js';
import { indices, position, read, write } from './numbers.js';

export function norm(plan: NormPlan): void {
  const { length, centered, epsilon, gamma, beta } = plan;
  const row = new Float64Array(length);
  for (const outer of indices(plan.outer)) {
    for (let j = 0; j < length; j++) row[j] = read(plan.x.data, plan.dtype, position(plan.x, ...outer, j));
    const mean = centered ? row.reduce((sum, value) => sum + value, 0) / length : 0;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length;
    const deviation = Math.sqrt(variance + epsilon);
    for (let j = 0; j < length; j++) {
      const scale = gamma?.data[position(gamma, j)] ?? 1;
      const shift = beta?.data[position(beta, j)] ?? 0;
      write(plan.out.data, plan.outDtype, position(plan.out, ...outer, j), (((row[j] ?? NaN) - mean) / deviation) * scale + shift);
    }
  }
}
