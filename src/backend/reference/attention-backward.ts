/**
 * The gradients of attention by its definition: the weights of a query again, from its logSumExp, and the chain rule key by key. float64 throughout.
 * @module
 */
import type { BackwardPlan } from '../../plan/plan.js';
import { changed, isSeen } from './attention.js';
import { position, read, readMatrix, write } from './numbers.js';
import { rowAt, type Scoring, scoringOf } from './score.js';
import {
  addScore,
  addVector,
  backToKeys,
  backToQueries,
  noGradients,
  noWeightGradients,
  type ScoredGradients,
  writeWeightGradients,
} from './score-backward.js';

export function attentionBackward(plan: BackwardPlan): void {
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, keyDim, valueDim, dtype } = plan;
  const group = queryHeads / kvHeads;
  const dBias = plan.dBias && new Float64Array(plan.dBias.data.length);
  const dWeights = noWeightGradients(plan);
  for (let b = 0; b < batch; b++) {
    for (let kvHead = 0; kvHead < kvHeads; kvHead++) {
      const keys = readMatrix(plan.k, dtype, [b, kvHead], keyLength, keyDim);
      const values = readMatrix(plan.v, dtype, [b, kvHead], keyLength, valueDim);
      const dKeys = new Float64Array(keys.length);
      const dValues = new Float64Array(values.length);
      for (let head = kvHead * group; head < (kvHead + 1) * group; head++) {
        const queries = readMatrix(plan.q, dtype, [b, head], queryLength, headDim);
        const scoring = scoringOf(plan, head, queries, keys);
        const scored = noGradients(plan, scoring);
        let dSink = 0;
        for (let i = 0; i < queryLength; i++) {
          const row = rowOf(plan, b, head, i);
          if (plan.sinks && row.isComputed) dSink -= Math.exp((plan.sinks[head] ?? NaN) - row.logSumExp) * row.delta;
          backRow(plan, b, head, i, row, scoring, values, scored, dValues, dBias);
        }
        const dQueries = backToQueries(plan, head, queries, scored, dWeights);
        for (let i = 0; i < queryLength; i++)
          for (let c = 0; c < headDim; c++)
            write(plan.dQuery.data, dtype, position(plan.dQuery, b, head, i, c), dQueries[i * headDim + c] ?? NaN);
        backToKeys(plan, head, keys, scored, dWeights).forEach((gradient, at) => {
          dKeys[at] = (dKeys[at] ?? NaN) + gradient;
        });
        addVector(plan, head, scored, dWeights);
        if (plan.dSinks) plan.dSinks[b * queryHeads + head] = dSink;
      }
      for (let j = 0; j < keyLength; j++) {
        for (let c = 0; c < keyDim; c++) write(plan.dKey.data, dtype, position(plan.dKey, b, kvHead, j, c), dKeys[j * keyDim + c] ?? NaN);
        for (let c = 0; c < valueDim; c++)
          write(plan.dValue.data, dtype, position(plan.dValue, b, kvHead, j, c), dValues[j * valueDim + c] ?? NaN);
      }
    }
  }
  writeWeightGradients(plan, dWeights);
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

/** One query: adds to the gradients of what it sees, and to its own. */
function backRow(
  plan: BackwardPlan,
  b: number,
  head: number,
  i: number,
  { isComputed, logSumExp, dOut, delta }: BackwardRow,
  scoring: Scoring,
  values: Float64Array,
  scored: ScoredGradients,
  dValues: Float64Array,
  dBias: Float64Array | undefined,
): void {
  const { keyLength, valueDim } = plan;
  if (!isComputed) return;
  const query = rowAt(scoring.queries, i);
  const finite = [...query, ...dOut, delta, logSumExp].every(Number.isFinite);
  for (let j = 0; j < keyLength; j++) {
    if (!isSeen(plan, b, head, i, j)) continue;
    const raw = scoring.score(query, rowAt(scoring.keys, j));
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
    addScore(plan, head, scoring, i, j, raw, plan.scale * dScore, scored);
  }
}
