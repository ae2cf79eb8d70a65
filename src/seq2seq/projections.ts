/**
 * What a score makes of a state and of a memory before they meet, so that what is left for a step is attention of one query.
 *
 *   additive  s·Ws      h·Wh + b    v·tanh(query + key)
 *   concat    s·W₁      h·W₂        the same: [s; h]·W is s times the first rows of W, and h times the others
 *   general   s         h·Wᵀ        query · key
 *   dot       s         h           scale · query · key
 * @module
 */
import { shapeError } from '../errors.js';
import type { MatmulOptions, Score } from '../types.js';
import { list } from '../validate/describe.js';
import type { Weight } from '../validate/weights.js';
import type { CheckedScore } from './sequence-score.js';
import { StateWeight } from './state-weight.js';

export interface Projections {
  readonly stateDim: number;
  readonly memoryDim: number;
  /** Width of queries and keys. */
  readonly keyDim: number;
  /** A query is a state times this; or the state itself. */
  readonly ofState: StateWeight | undefined;
  /** A key is an encoder's state times this, plus a bias; or that state itself. */
  readonly ofMemory: { readonly weight: Weight; readonly options: MatmulOptions } | undefined;
  /** `[u]`: times the coverage of a position it is added to its key. */
  readonly coverageWeight: Weight | undefined;
  readonly score: Score;
  readonly scale: number;
}

/** @param memoryDim the width of the encoder's states, which says where a concat's weight is cut */
export function projectionsFor(op: string, score: CheckedScore, memoryDim: number): Projections {
  switch (score.score) {
    case 'additive': {
      const { stateWeight, memoryWeight, v, bias, coverageWeight } = score;
      expectWidth(op, memoryDim, memoryWeight, 0, 'memoryWeight');
      return additive({ v, stateWeight, memoryWeight, bias, coverageWeight });
    }
    case 'concat': {
      const { weight, v } = score;
      const [rows = 0, units = 0] = weight.shape;
      const stateDim = rows - memoryDim;
      if (stateDim < 0)
        throw shapeError(op, 'states', `width ${memoryDim}`, `at most ${rows}, the rows of weight`, `weight is ${list(weight.shape)}`);
      return additive({
        v,
        stateWeight: { data: weight.data.subarray(0, stateDim * units), shape: [stateDim, units] },
        memoryWeight: { data: weight.data.subarray(stateDim * units), shape: [memoryDim, units] },
        bias: undefined,
        coverageWeight: undefined,
      });
    }
    case 'general': {
      const { weight } = score;
      const [stateDim = 0] = weight.shape;
      expectWidth(op, memoryDim, weight, 1, 'weight');
      const ofMemory = { weight, options: { transposeB: true } };
      return { ...ofProduct(stateDim, memoryDim, 1), ofMemory };
    }
    case 'dot':
      return ofProduct(memoryDim, memoryDim, score.scale);
  }
}

interface AdditiveWeights {
  readonly v: Weight;
  readonly stateWeight: Weight;
  readonly memoryWeight: Weight;
  readonly bias: Weight | undefined;
  readonly coverageWeight: Weight | undefined;
}

function additive({ v, stateWeight, memoryWeight, bias, coverageWeight }: AdditiveWeights): Projections {
  const [stateDim = 0, keyDim = 0] = stateWeight.shape;
  return {
    stateDim,
    memoryDim: memoryWeight.shape[0] ?? 0,
    keyDim,
    ofState: new StateWeight(stateWeight),
    ofMemory: { weight: memoryWeight, options: { bias } },
    coverageWeight,
    score: { kind: 'additive', v },
    scale: 1,
  };
}

function ofProduct(stateDim: number, memoryDim: number, scale: number): Projections {
  return { stateDim, memoryDim, keyDim: stateDim, ofState: undefined, ofMemory: undefined, coverageWeight: undefined, score: 'dot', scale };
}

function expectWidth(op: string, memoryDim: number, weight: Weight, dimension: number, name: string): void {
  const expected = weight.shape[dimension];
  if (memoryDim !== expected) throw shapeError(op, 'states', `width ${memoryDim}`, `${expected}`, `${name} is ${list(weight.shape)}`);
}
