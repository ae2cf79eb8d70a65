/**
 * Products of maps, and what is added to them, element by element. float64 throughout.
 * @module
 */
import type { MultiplyPlan } from '../../plan/plan.js';
import { at, put } from './numbers.js';

export function multiply({ batch, rows, columns, x, y, z, plus, out }: MultiplyPlan): void {
  for (let b = 0; b < batch; b++) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const product = at(x, b, r, c) * (y ? at(y, b, r, c) : 1) * (z ? at(z, b, r, c) : 1);
        put(out, product + (plus ? at(plus, b, r, c) : 0), b, r, c);
      }
    }
  }
}
