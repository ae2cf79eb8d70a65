/**
 * What an activation makes of a gradient, element by element. float64 throughout.
 * @module
 */
import type { ActivateBackwardPlan } from '../../plan/plan.js';
import { activationGradients } from './activation.js';
import { indices, position, read, write } from './numbers.js';

export function activateBackward(plan: ActivateBackwardPlan): void {
  const gradientOf = activationGradients[plan.activation];
  for (const index of indices([...plan.outer, plan.length])) {
    const x = read(plan.x.data, plan.dtype, position(plan.x, ...index));
    const dOut = read(plan.dOut.data, plan.dOutDtype, position(plan.dOut, ...index));
    write(plan.out.data, plan.outDtype, position(plan.out, ...index), gradientOf(x, dOut));
  }
}
