/**
 * The gradient of a softmax along one axis by its definition, from what came out of it. float64 throughout.
 * @module
 */
import type { SoftmaxBackwardPlan } from '../../plan/plan.js';
import { indices, position, read, write } from './numbers.js';

export function softmaxBackward(plan: SoftmaxBackwardPlan): void {
  const { length, scale } = plan;
  const weights = new Float64Array(length);
  const gradients = new Float64Array(length);
  for (const outer of indices(plan.outer)) {
    let total = 0;
    for (let j = 0; j < length; j++) {
      const weight = read(plan.x.data, plan.dtype, position(plan.x, ...outer, j));
      const gradient = weight === 0 ? 0 : read(plan.dOut.data, plan.dOutDtype, position(plan.dOut, ...outer, j)); // it weighs nothing
      weights[j] = weight;
      gradients[j] = gradient;
      total += weight * gradient;
    }
    for (let j = 0; j < length; j++) {
      const weight = weights[j] ?? NaN;
      const value = weight === 0 ? 0 : scale * weight * ((gradients[j] ?? NaN) - total);
      write(plan.out.data, plan.outDtype, position(plan.out, ...outer, j), value);
    }
  }
}
