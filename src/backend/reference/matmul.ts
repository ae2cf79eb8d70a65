/**
 * Matmul by its definition, one pair of matrices after another. float64 throughout.
 * @module
 */
import type { MatmulPlan, Panels } from '../../plan/plan.js';
import { activations } from './activation.js';
import { indices, position, read, readMatrix, write } from './numbers.js';

export function matmul(plan: MatmulPlan): void {
  const { m, n, k, dtype } = plan;
  const activate = activations[plan.activation];
  for (const batch of indices(plan.batch)) {
    const a = readMatrix(plan.a, dtype, batch, m, k);
    const b = 'panelColumns' in plan.b ? readPanels(plan.b, k, n) : readMatrix(plan.b, dtype, batch, k, n);
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

/** A packed matrix, dense and row-major. */
function readPanels(panels: Panels, k: number, n: number): Float64Array {
  const { panelColumns: width, offset } = panels;
  const matrix = new Float64Array(k * n);
  for (let p = 0; p < k; p++) {
    for (let j = 0; j < n; j++) {
      const panel = Math.floor(j / width);
      matrix[p * n + j] = weightAt(panels, offset + (panel * k + p) * width + (j % width), j);
    }
  }
  return matrix;
}

function weightAt({ data, dtype, scales }: Panels, at: number, column: number): number {
  if (dtype === 'int8') return (((data[at] ?? NaN) << 24) >> 24) * (scales?.[column] ?? NaN);
  return data instanceof Uint8Array ? NaN : read(data, dtype, at);
}
