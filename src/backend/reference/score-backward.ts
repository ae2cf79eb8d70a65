/**
 * Back through a score: from the gradients of scores to those of queries and keys as the score wants them, and from those through its weights.
 * float64 throughout.
 * @module
 */
import type { BackwardPlan, View } from '../../plan/plan.js';
import { position } from './numbers.js';
import { rowAt, rowOf, type Scoring } from './score.js';

/** Of one query head, added to pair by pair. */
export interface ScoredGradients {
  /** Of queries and keys as they are scored, row by row. */
  readonly queries: Float64Array;
  readonly keys: Float64Array;
  /** Of an additive score's vector; else empty. */
  readonly vector: Float64Array;
}

/** Of all weights of a score, where their own memory has them; none where they are not wanted. */
export interface WeightGradients {
  readonly queryWeight: Float64Array | undefined;
  readonly keyWeight: Float64Array | undefined;
  readonly bias: Float64Array | undefined;
  readonly vector: Float64Array | undefined;
}

export function noGradients(plan: BackwardPlan, { queries, keys }: Scoring): ScoredGradients {
  return {
    queries: new Float64Array(queries.data.length),
    keys: new Float64Array(keys.data.length),
    vector: new Float64Array(plan.score === 'additive' ? plan.units : 0),
  };
}

export function noWeightGradients({ dQueryWeight, dKeyWeight, dScoreBias, dScoreVector }: BackwardPlan): WeightGradients {
  const like = (view: View | undefined) => view && new Float64Array(view.data.length);
  return { queryWeight: like(dQueryWeight), keyWeight: like(dKeyWeight), bias: like(dScoreBias), vector: like(dScoreVector) };
}

/** @param gradient of raw, query i's score with key j before the scale */
export function addScore(
  plan: BackwardPlan,
  head: number,
  scoring: Scoring,
  i: number,
  j: number,
  raw: number,
  gradient: number,
  to: ScoredGradients,
): void {
  const [query, key] = [rowAt(scoring.queries, i), rowAt(scoring.keys, j)];
  const width = query.length;
  const [ofQuery, ofKey] = slopes(plan, head, query, key, raw);
  for (let c = 0; c < width; c++) {
    add(to.queries, i * width + c, gradient * ofQuery(c));
    add(to.keys, j * width + c, gradient * ofKey(c));
  }
  if (plan.score !== 'additive') return;
  const bias = rowOf(plan.scoreBias, head, width);
  for (let c = 0; c < width; c++) add(to.vector, c, gradient * Math.tanh(at(query, c) + at(key, c) + at(bias, c)));
}

type Slope = (feature: number) => number;

/** ∂raw/∂q and ∂raw/∂k. */
function slopes(plan: BackwardPlan, head: number, q: Float64Array, k: Float64Array, raw: number): [Slope, Slope] {
  switch (plan.score) {
    case 'cosine': {
      const [ofQuery, ofKey] = [Math.hypot(...q), Math.hypot(...k)];
      const lengths = Math.max(ofQuery * ofKey, 1e-12);
      const along = ofQuery * ofKey > 1e-12 ? raw : 0; // where the lengths do not count, raw is linear
      return [
        (c) => (ofQuery === 0 ? 0 : at(k, c) / lengths - (along * at(q, c)) / ofQuery ** 2),
        (c) => (ofKey === 0 ? 0 : at(q, c) / lengths - (along * at(k, c)) / ofKey ** 2),
      ];
    }
    case 'euclidean':
      return [(c) => 2 * (at(k, c) - at(q, c)), (c) => 2 * (at(q, c) - at(k, c))];
    case 'rbf':
      return [(c) => 2 * plan.gamma * raw * (at(k, c) - at(q, c)), (c) => 2 * plan.gamma * raw * (at(q, c) - at(k, c))];
    case 'additive': {
      const vector = rowOf(plan.scoreVector, head, q.length);
      const bias = rowOf(plan.scoreBias, head, q.length);
      const slope: Slope = (c) => at(vector, c) * (1 - Math.tanh(at(q, c) + at(k, c) + at(bias, c)) ** 2);
      return [slope, slope];
    }
    default:
      return [(c) => at(k, c), (c) => at(q, c)];
  }
}

/** From rows as they are scored to those of q. @param queries as the caller has them */
export function backToQueries(
  plan: BackwardPlan,
  head: number,
  queries: Float64Array,
  { queries: d }: ScoredGradients,
  to: WeightGradients,
) {
  const columns = plan.score === 'general' ? plan.keyDim : plan.units;
  if (plan.dScoreBias && to.bias)
    for (let at = 0; at < d.length; at++) add(to.bias, position(plan.dScoreBias, head, at % columns), d[at] ?? NaN);
  return backThrough(plan.queryWeight, head, queries, plan.headDim, columns, d, plan.dQueryWeight, to.queryWeight);
}

export function backToKeys(plan: BackwardPlan, head: number, keys: Float64Array, { keys: d }: ScoredGradients, to: WeightGradients) {
  return backThrough(plan.keyWeight, head, keys, plan.keyDim, plan.units, d, plan.dKeyWeight, to.keyWeight);
}

export function addVector({ dScoreVector }: BackwardPlan, head: number, { vector }: ScoredGradients, to: WeightGradients): void {
  if (dScoreVector && to.vector) for (let c = 0; c < vector.length; c++) add(to.vector, position(dScoreVector, head, c), at(vector, c));
}

export function writeWeightGradients(plan: BackwardPlan, { queryWeight, keyWeight, bias, vector }: WeightGradients): void {
  if (queryWeight) plan.dQueryWeight?.data.set(queryWeight);
  if (keyWeight) plan.dKeyWeight?.data.set(keyWeight);
  if (bias) plan.dScoreBias?.data.set(bias);
  if (vector) plan.dScoreVector?.data.set(vector);
}

/**
 * y = x · weight, from dy: dx = dy · weightᵀ, and xᵀ · dy is added to the weight's. Where a row of dy is 0, that of x may be hidden and is not
 * looked at.
 * @returns dx, or dy where there is no weight
 */
function backThrough(
  weight: View | undefined,
  head: number,
  x: Float64Array,
  width: number,
  columns: number,
  dy: Float64Array,
  dWeight: View | undefined,
  to: Float64Array | undefined,
): Float64Array {
  if (weight === undefined) return dy;
  const dx = new Float64Array(x.length);
  for (let i = 0; i * width < x.length; i++) {
    const row = dy.subarray(i * columns, (i + 1) * columns);
    if (row.every((gradient) => gradient === 0)) continue;
    for (let p = 0; p < width; p++)
      for (let c = 0; c < columns; c++) {
        add(dx, i * width + p, at(row, c) * (weight.data[position(weight, head, p, c)] ?? NaN));
        if (dWeight && to) add(to, position(dWeight, head, p, c), at(x, i * width + p) * at(row, c));
      }
  }
  return dx;
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? NaN;
}

function add(to: Float64Array, index: number, value: number): void {
  to[index] = at(to, index) + value;
}
