/**
 * Matmul by its definition, one pair of matrices after another. float64 throughout.
 * @module
 */
import type { MatmulPlan } from '../../plan/plan.js';
import { activations } from './activation.js';
import { indices, position, readMatrix, write } from './numbers.js';

export function matmul(plan: MatmulPlan): void {
  const { m, n, k, dtype } = plan;
  const activate = activations[plan.activation];
  for (const batch of indices(plan.batch)) {
    const a = readMatrix(plan.a, dtype, batch, m, k);
    const b = readMatrix(plan.b, dtype, batch, k, n);
    const row = new Float64Array(n);
    for (let i = 0; i < m; i++) {
      row.fill(0);
      for (let p = 0; p < k; p++) {
        const factor = a[i * k + p] ?? NaN;
        for (let j = 0; j < n; j++) row[j] = (row[j] ?? NaN) + factor * (b[p * n + j] ?? NaN);
      }
      for (let j = 0; j < n; j++) {
        const bias = plan.bias ? (plan.bias.data[position(plan.bias, j)] ?? NaN) : 0;
        const value = activate((row[j] ?? NaN) + bias);
        write(plan.out.data, plan.outDtype, position(plan.out, ...batch, i, j), value);
      }
    }
  }
}
