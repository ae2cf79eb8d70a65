/**
 * A convolution of maps to one map by its definition: nothing is flipped, what lies outside is 0; what it may be put through. float64 throughout.
 * @module
 */
import type { ConvolvePlan } from '../../plan/plan.js';
import { activations } from './activation.js';
import { at, indices, put } from './numbers.js';

export function convolve({ batch, maps, height, width, kernelHeight, kernelWidth, bias, activation, x, kernel, out }: ConvolvePlan): void {
  const activate = activations[activation];
  const [top, left] = [(kernelHeight - 1) / 2, (kernelWidth - 1) / 2];
  for (const [b = 0, row = 0, column = 0] of indices([batch, height, width])) {
    let sum = bias;
    for (const [m = 0, i = 0, j = 0] of indices([maps, kernelHeight, kernelWidth])) {
      const [above, beside] = [row + i - top, column + j - left];
      if (above < 0 || above >= height || beside < 0 || beside >= width) continue;
      sum += at(x, b, m, above, beside) * (kernel[(m * kernelHeight + i) * kernelWidth + j] ?? NaN);
    }
    put(out, activate(sum), b, row, column);
  }
}
