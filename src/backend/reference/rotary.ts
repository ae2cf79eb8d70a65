/**
 * Rotary position embedding by its definition, one row after another: float64 but for the sines and cosines, which come with the plan.
 * @module
 */
import type { RotaryPlan } from '../../plan/plan.js';
import { indices, position, read, write } from './numbers.js';

export function rotary(plan: RotaryPlan): void {
  const { x, out, table, length, interleaved } = plan;
  const half = length / 2;
  for (const outer of indices(plan.outer)) {
    for (let i = 0; i < half; i++) {
      const [a, b] = interleaved ? [2 * i, 2 * i + 1] : [i, i + half];
      const first = read(x.data, plan.dtype, position(x, ...outer, a));
      const second = read(x.data, plan.dtype, position(x, ...outer, b));
      const cosine = table.data[position(table, ...outer, i)] ?? NaN;
      const sine = table.data[position(table, ...outer, half + i)] ?? NaN;
      write(out.data, plan.outDtype, position(out, ...outer, a), first * cosine - second * sine);
      write(out.data, plan.outDtype, position(out, ...outer, b), second * cosine + first * sine);
    }
  }
}
