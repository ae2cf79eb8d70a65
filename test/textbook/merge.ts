/** Merging attention over parts of the keys by its definition: each part weighs exp(its logSumExp), the sinks weigh without a value. */
import type { MergeCall } from '../calls.js';
import { dense } from '../tensors.js';

export interface MergeSheet {
  readonly shape: readonly number[];
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly valueDim: number;
  /** logSumExp of part p at row (batch, head, query). */
  readonly score: (part: number, row: number) => number;
  readonly value: (part: number, row: number, e: number) => number;
  readonly sink: (row: number) => number;
  readonly parts: number;
  /** [batch, heads, queries, valueDim] whatever the layout, and [batch, heads, queries]. */
  readonly output: Float64Array;
  readonly logSumExp: Float64Array;
}

export function textbookMerge({ parts, options }: MergeCall): MergeSheet {
  const outputs = parts.map((part) => dense(part.output));
  const sums = parts.map((part) => dense(part.logSumExp).data);
  const shape = outputs[0]?.shape ?? [];
  const rank = shape.length;
  const headsLast = options.layout === 'bshd' && rank > 2;
  const valueDim = shape.at(-1) ?? 0;
  const queries = shape.at(headsLast ? -3 : -2) ?? 0;
  const heads = rank < 3 ? 1 : (shape.at(headsLast ? -2 : -3) ?? 0);
  const batch = rank < 4 ? 1 : (shape[0] ?? 0);
  const place = (row: number): number => {
    const [b, h, i] = [Math.floor(row / queries / heads), Math.floor(row / queries) % heads, row % queries];
    return headsLast ? (b * queries + i) * heads + h : row;
  };
  const score = (part: number, row: number) => sums[part]?.[row] ?? Number.NaN;
  const value = (part: number, row: number, e: number) => outputs[part]?.data[place(row) * valueDim + e] ?? Number.NaN;
  const sink = (row: number) => options.sinks?.[Math.floor(row / queries) % heads] ?? Number.NEGATIVE_INFINITY;
  const output = new Float64Array(batch * heads * queries * valueDim);
  const logSumExp = new Float64Array(batch * heads * queries);
  logSumExp.forEach((_, row) => {
    const greatest = Math.max(sink(row), ...parts.map((__, part) => score(part, row)));
    if (greatest === Number.NEGATIVE_INFINITY) {
      logSumExp[row] = greatest;
      return;
    }
    const weights = parts.map((__, part) => Math.exp(score(part, row) - greatest));
    const sum = weights.reduce((total, w) => total + w, Math.exp(sink(row) - greatest));
    logSumExp[row] = greatest + Math.log(sum);
    for (let e = 0; e < valueDim; e++)
      output[row * valueDim + e] = weights.reduce(
        (total, w, part) => total + (score(part, row) === Number.NEGATIVE_INFINITY ? 0 : (w / sum) * value(part, row, e)),
        0,
      );
  });
  return { shape, batch, heads, queries, valueDim, score, value, sink, parts: parts.length, output, logSumExp };
}
