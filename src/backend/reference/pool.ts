/**
 * Mean and maximum along the columns by their definition. float64 throughout.
 * @module
 */
import type { PoolPlan } from '../../plan/plan.js';
import { at, put } from './numbers.js';

export function pool({ batch, rows, columns, x, factor, mean, max }: PoolPlan): void {
  for (let b = 0; b < batch; b++) {
    for (let r = 0; r < rows; r++) {
      let sum = 0;
      let most = columns === 0 ? 0 : Number.NEGATIVE_INFINITY;
      for (let c = 0; c < columns; c++) {
        const value = at(x, b, r, c) * (factor ? at(factor, b, c) : 1);
        sum += value;
        most = Math.max(most, value); // NaN stays
      }
      put(mean, columns === 0 ? 0 : sum / columns, b, r);
      put(max, most, b, r);
    }
  }
}
