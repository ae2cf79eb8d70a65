/**
 * What a query and a key give before the scale, by the formulas of design.md. float64 throughout.
 * @module
 */
import type { AttentionRules, View } from '../../plan/plan.js';

/** Rows, one after another. */
interface Rows {
  readonly data: Float64Array;
  readonly count: number;
  readonly width: number;
}

/** The queries and keys of one query head, as its score wants them, and the score of two of them. */
export interface Scoring {
  readonly queries: Rows;
  readonly keys: Rows;
  readonly score: (query: Float64Array, key: Float64Array) => number;
}

export function scoringOf(plan: AttentionRules, head: number, queries: Float64Array, keys: Float64Array): Scoring {
  const { gamma, units } = plan;
  const q = { data: queries, count: plan.queryLength, width: plan.headDim };
  const k = { data: keys, count: plan.keyLength, width: plan.keyDim };
  switch (plan.score) {
    case 'dot':
      return { queries: q, keys: k, score: dot };
    case 'cosine':
      return { queries: q, keys: k, score: (a, b) => dot(a, b) / Math.max(Math.sqrt(dot(a, a)) * Math.sqrt(dot(b, b)), 1e-12) };
    case 'euclidean':
      return { queries: q, keys: k, score: (a, b) => -squareDistance(a, b) };
    case 'rbf':
      return { queries: q, keys: k, score: (a, b) => Math.exp(-gamma * squareDistance(a, b)) };
    case 'general':
      return { queries: times(q, plan.queryWeight, head, plan.keyDim), keys: k, score: dot };
    case 'additive': {
      const v = rowOf(plan.scoreVector, head, units);
      const bias = rowOf(plan.scoreBias, head, units);
      return {
        queries: times(q, plan.queryWeight, head, units),
        keys: times(k, plan.keyWeight, head, units),
        score: (a, b) => v.reduce((sum, weight, c) => sum + weight * Math.tanh((a[c] ?? NaN) + (b[c] ?? NaN) + (bias[c] ?? NaN)), 0),
      };
    }
  }
}

export function rowAt({ data, width }: Rows, i: number): Float64Array {
  return data.subarray(i * width, (i + 1) * width);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? NaN) * (b[i] ?? NaN);
  return sum;
}

function squareDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] ?? NaN) - (b[i] ?? NaN)) ** 2;
  return sum;
}

/** Rows times a head's weight, or as they are where there is none. */
function times(rows: Rows, weight: View | undefined, head: number, columns: number): Rows {
  if (weight === undefined) return rows;
  const { data, count, width } = rows;
  const [ofHead = 0, ofRow = 0, ofColumn = 0] = weight.strides;
  const product = new Float64Array(count * columns);
  for (let i = 0; i < count; i++)
    for (let c = 0; c < columns; c++) {
      let sum = 0;
      for (let p = 0; p < width; p++)
        sum += (data[i * width + p] ?? NaN) * (weight.data[weight.offset + head * ofHead + p * ofRow + c * ofColumn] ?? NaN);
      product[i * columns + c] = sum;
    }
  return { data: product, count, width: columns };
}

/** A head's row of numbers, 0 where there are none. */
export function rowOf(view: View | undefined, head: number, length: number): Float64Array {
  const [ofHead = 0, stride = 0] = view?.strides ?? [];
  return Float64Array.from({ length }, (_, c) => view?.data[view.offset + head * ofHead + c * stride] ?? 0);
}
