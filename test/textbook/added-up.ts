/** The gradient of what broadcasts: those of all places that it was read at, added up. */
import type { Arithmetic } from '../tolerance.js';
import type { Gradient } from './attention-backward.js';

/** From the shape `from` to the shape `to`, aligned at the right. Any order of the sum, which is where the gradient is stored. */
export function addedUp({ value, error }: Gradient, from: readonly number[], to: readonly number[], { u, stored }: Arithmetic): Gradient {
  const size = to.reduce((product, n) => product * n, 1);
  const sum = { value: new Float64Array(size), error: new Float64Array(size) };
  for (let at = 0; at < value.length; at++) {
    let [rest, place, step] = [at, 0, 1];
    for (let d = 1; d <= from.length; d++) {
      const index = rest % (from.at(-d) ?? 1);
      rest = Math.floor(rest / (from.at(-d) ?? 1));
      const own = to.at(-d) ?? 1;
      if (own > 1) place += index * step;
      if (d <= to.length) step *= own;
    }
    sum.value[place] = (sum.value[place] ?? 0) + (value[at] ?? 0);
    sum.error[place] = (sum.error[place] ?? 0) + (error[at] ?? 0) + value.length * Math.max(u, stored) * Math.abs(value[at] ?? 0);
  }
  return sum;
}
