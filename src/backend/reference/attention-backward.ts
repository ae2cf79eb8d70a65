/**
 * The gradients of attention by its definition: the weights of a query again, from its logSumExp, and the chain rule key by key. float64 throughout.
 * @module
 */
import type { BackwardPlan } from '../../plan/plan.js';
import { changed, isSeen } from './attention.js';
import { position, read, readMatrix, write } from './numbers.js';
import { rowAt, type Scoring, scoringOf } from './score.js';

export function attentionBackward(plan: BackwardPlan): void {
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim, dtype } = plan;
  const group = queryHeads / kvHeads;
  const dBias = plan.dBias && new Float64Array(plan.dBias.data.length);
  for (let b = 0; b < batch; b++) {
    for (let kvHead = 0; kvHead < kvHeads; kvHead++) {
      const keys = readMatrix(plan.k, dtype, [b, kvHead], keyLength, headDim);
      const values = readMatrix(plan.v, dtype, [b, kvHead], keyLength, valueDim);
      const dKeys = new Float64Array(keys.length);
      const dValues = new Float64Array(values.length);
      for (let head = kvHead * group; head < (kvHead + 1) * group; head++) {
        const scoring = scoringOf(plan, head, readMatrix(plan.q, dtype, [b, head], queryLength, headDim), keys);
        let dSink = 0;
        for (let i = 0; i < queryLength; i++) {
          const row = rowOf(plan, b, head, i);
          if (plan.sinks && row.isComputed) dSink -= Math.exp((plan.sinks[head] ?? NaN) - row.logSumExp) * row.delta;
          const dQuery = backRow(plan, b, head, i, row, scoring, values, dKeys, dValues, dBias);
          for (let c = 0; c < headDim; c++) write(plan.dQuery.data, dtype, position(plan.dQuery, b, head, i, c), dQuery[c] ?? NaN);
        }
        if (plan.dSinks) plan.dSinks[b * queryHeads + head] = dSink;
      }
      for (let j = 0; j < keyLength; j++) {
        for (let c = 0; c < headDim; c++) write(plan.dKey.data, dtype, position(plan.dKey, b, kvHead, j, c), dKeys[j * headDim + c] ?? NaN);
        for (let c = 0; c < valueDim; c++)
          write(plan.dValue.data, dtype, position(plan.dValue, b, kvHead, j, c), dValues[j * valueDim + c] ?? NaN);
      }
    }
  }
  dBias?.forEach((gradient, place) => {
    if (plan.dBias) plan.dBias.data[place] = gradient;
  });
}

/** What a query has beside its scores. */
interface BackwardRow {
  readonly isComputed: boolean;
  readonly logSumExp: number;
  readonly dOut: Float64Array;
  /** Σ dOut · out: what its weights have in common. */
  readonly delta: number;
}

function rowOf(plan: BackwardPlan, b: number, head: number, i: number): BackwardRow {
  const { valueDim } = plan;
  const at = (view: BackwardPlan['out'], dtype: BackwardPlan['dtype']) =>
    Float64Array.from({ length: valueDim }, (_, c) => read(view.data, dtype, position(view, b, head, i, c)));
  const dOut = at(plan.dOut, plan.dOutDtype);
  const out = at(plan.out, plan.outDtype);
  const logSumExp = plan.logSumExp[(b * plan.queryHeads + head) * plan.queryLength + i] ?? NaN;
  return {
    isComputed: i < (plan.queryLengths?.[b] ?? Infinity) && logSumExp !== -Infinity,
    logSumExp,
    dOut,
    delta: dOut.reduce((sum, gradient, c) => sum + gradient * (out[c] ?? NaN), 0),
  };
}

/** One query: adds to the gradients of what it sees. @returns its own */
function backRow(
  plan: BackwardPlan,
  b: number,
  head: number,
  i: number,
  { isComputed, logSumExp, dOut, delta }: BackwardRow,
  scoring: Scoring,
  values: Float64Array,
  dKeys: Float64Array,
  dValues: Float64Array,
  dBias: Float64Array | undefined,
): Float64Array {
  const { keyLength, headDim, valueDim } = plan;
  const dQuery = new Float64Array(headDim);
  if (!isComputed) return dQuery;
  const query = rowAt(scoring.queries, i);
  const finite = [...query, ...dOut, delta, logSumExp].every(Number.isFinite);
  for (let j = 0; j < keyLength; j++) {
    if (!isSeen(plan, b, head, i, j)) continue;
    const key = rowAt(scoring.keys, j);
    const raw = scoring.score(query, key);
    const score = changed(plan, b, head, i, j, raw);
    if (score === -Infinity) continue; // it weighs nothing
    const weight = finite ? Math.exp(score - logSumExp) : NaN; // of what is not finite comes NaN, wherever it reaches
    let product = 0;
    for (let c = 0; c < valueDim; c++) {
      product += (dOut[c] ?? NaN) * (values[j * valueDim + c] ?? NaN);
      dValues[j * valueDim + c] = (dValues[j * valueDim + c] ?? NaN) + weight * (dOut[c] ?? NaN);
    }
    let dScore = weight * (product - delta);
    if (dBias && plan.dBias) {
      const place = position(plan.dBias, b, head, i, j);
      dBias[place] = (dBias[place] ?? NaN) + dScore;
    }
    if (plan.softcap > 0) dScore *= 1 - Math.tanh((plan.scale * raw) / plan.softcap) ** 2;
    const [ofQuery, ofKey] = slopes(plan, query, key, raw);
    for (let c = 0; c < headDim; c++) {
      dQuery[c] = (dQuery[c] ?? NaN) + plan.scale * dScore * ofQuery(c);
      dKeys[j * headDim + c] = (dKeys[j * headDim + c] ?? NaN) + plan.scale * dScore * ofKey(c);
    }
  }
  return dQuery;
}

type Slope = (feature: number) => number;

/** ∂raw/∂q and ∂raw/∂k. */
function slopes(plan: BackwardPlan, q: Float64Array, k: Float64Array, raw: number): [Slope, Slope] {
  const of = (values: Float64Array, c: number) => values[c] ?? NaN;
  switch (plan.score) {
    case 'cosine': {
      const [ofQuery, ofKey] = [Math.hypot(...q), Math.hypot(...k)];
      const lengths = Math.max(ofQuery * ofKey, 1e-12);
      const along = ofQuery * ofKey > 1e-12 ? raw : 0; // where the lengths do not count, raw is linear
      return [
        (c) => (ofQuery === 0 ? 0 : of(k, c) / lengths - (along * of(q, c)) / ofQuery ** 2),
        (c) => (ofKey === 0 ? 0 : of(q, c) / lengths - (along * of(k, c)) / ofKey ** 2),
      ];
    }
    case 'euclidean':
      return [(c) => 2 * (of(k, c) - of(q, c)), (c) => 2 * (of(q, c) - of(k, c))];
    case 'rbf':
      return [(c) => 2 * plan.gamma * raw * (of(k, c) - of(q, c)), (c) => 2 * plan.gamma * raw * (of(q, c) - of(k, c))];
    default:
      return [(c) => of(k, c), (c) => of(q, c)];
  }
}
