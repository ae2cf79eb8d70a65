/**
 * An activation of a tensor, element by element. float64 throughout.
 * @module
 */
import type { ActivatePlan } from '../../plan/plan.js';
import { activations } from './activation.js';
import { indices, position, read, write } from './numbers.js';

export function activate(plan: ActivatePlan): void {
  const activation = activations[plan.name];
  const [xStride, outStride] = [plan.x.strides.at(-1) ?? 0, plan.out.strides.at(-1) ?? 0];
  for (const index of indices(plan.outer)) {
    const [x, out] = [position(plan.x, ...index), position(plan.out, ...index)];
    for (let i = 0; i < plan.length; i++) {
      write(plan.out.data, plan.outDtype, out + i * outStride, activation(read(plan.x.data, plan.dtype, x + i * xStride)));
    }
  }
}
