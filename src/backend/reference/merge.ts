/**
 * The attention over all keys from the attention over parts of them: out = Σ exp(Lₚ − L)·outₚ, L = log(Σ exp(Lₚ) + exp(sink)).
 * The weights are a softmax over the parts' logSumExp; a part that saw no key has −Infinity there, and is not read.
 * @module
 */
import type { MergePlan } from '../../plan/plan.js';
import { indices, position, read, write } from './numbers.js';
import { softmaxRow } from './softmax-row.js';

export function merge(plan: MergePlan): void {
  const { parts, heads, queryLength } = plan;
  const weights = new Float64Array(parts.length);
  const seen = new Uint8Array(parts.length);
  for (const [b = 0, head = 0, i = 0] of indices([plan.batch, heads, queryLength])) {
    for (const [p, { logSumExp }] of parts.entries()) {
      const partSum = logSumExp.data[position(logSumExp, b, head, i)] ?? NaN;
      weights[p] = partSum;
      seen[p] = partSum === -Infinity ? 0 : 1;
    }
    const logSumExp = softmaxRow(weights, seen, plan.sinks?.[head] ?? -Infinity);
    plan.logSumExp[(b * heads + head) * queryLength + i] = logSumExp;
    for (let c = 0; c < plan.valueDim; c++) {
      let sum = 0;
      for (const [p, { output }] of parts.entries()) {
        if (seen[p]) sum += (weights[p] ?? NaN) * read(output.data, plan.dtype, position(output, b, head, i, c));
      }
      write(plan.out.data, plan.outDtype, position(plan.out, b, head, i, c), sum);
    }
  }
}
