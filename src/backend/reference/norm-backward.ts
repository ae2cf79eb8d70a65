/**
 * The gradients of layer and root mean square normalisation by the chain rule, one row after another. float64 throughout.
 * @module
 */
import type { NormBackwardPlan } from '../../plan/plan.js';
import { indices, position, put, read, write } from './numbers.js';

export function normBackward(plan: NormBackwardPlan): void {
  const { length, centered, epsilon, gamma, dBeta } = plan;
  const scale = Float64Array.from({ length }, (_, j) => gamma?.data[position(gamma, j)] ?? 1);
  const sums = { gamma: new Float64Array(length), beta: new Float64Array(length) };
  for (const outer of indices(plan.outer)) {
    const x = Float64Array.from({ length }, (_, j) => read(plan.x.data, plan.dtype, position(plan.x, ...outer, j)));
    const dOut = Float64Array.from({ length }, (_, j) => read(plan.dOut.data, plan.dOutDtype, position(plan.dOut, ...outer, j)));
    const mean = centered ? meanOf(x) : 0;
    const deviation = Math.sqrt(meanOf(x.map((value) => (value - mean) ** 2)) + epsilon);
    const normalised = x.map((value) => (value - mean) / deviation);
    const scaled = dOut.map((gradient, j) => gradient * (scale[j] ?? NaN));
    const common = centered ? meanOf(scaled) : 0;
    const along = meanOf(scaled.map((gradient, j) => gradient * (normalised[j] ?? NaN)));
    for (let j = 0; j < length; j++) {
      const [gradient, value] = [dOut[j] ?? NaN, normalised[j] ?? NaN];
      sums.gamma[j] = (sums.gamma[j] ?? NaN) + gradient * value;
      sums.beta[j] = (sums.beta[j] ?? NaN) + gradient;
      const dX = ((scaled[j] ?? NaN) - common - value * along) / deviation;
      write(plan.out.data, plan.outDtype, position(plan.out, ...outer, j), dX);
    }
  }
  for (let j = 0; j < length; j++) {
    put(plan.dGamma, sums.gamma[j] ?? NaN, j);
    if (dBeta) put(dBeta, sums.beta[j] ?? NaN, j);
  }
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
