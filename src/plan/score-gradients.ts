/**
 * The gradients of a score's own weights: new memory of their shapes, under their names, and as a plan has them.
 * @module
 */
import type { Score, ScoreGradients, Tensor } from '../types.js';
import { rowMajor } from '../validate/tensor.js';
import type { BackwardPlan, View } from './plan.js';
import { freshFloat32 } from './result.js';

type Planned = Pick<BackwardPlan, 'dQueryWeight' | 'dKeyWeight' | 'dScoreBias' | 'dScoreVector'>;

export const noScoreGradients: Planned = {
  dQueryWeight: undefined,
  dKeyWeight: undefined,
  dScoreBias: undefined,
  dScoreVector: undefined,
};

/** @param score general or additive, checked @throws {FoveaError} ERR_OUT_OF_MEMORY */
export function planScoreGradients(op: string, score: Score): { readonly dScore: ScoreGradients; readonly planned: Planned } {
  if (typeof score === 'string' || score.kind === 'rbf') return { dScore: {}, planned: noScoreGradients };
  const like = (tensor: Tensor | undefined) => tensor && freshFloat32(op, [...tensor.shape]);
  if (score.kind === 'general') {
    const weight = freshFloat32(op, [...score.weight.shape]);
    return { dScore: { weight }, planned: { ...noScoreGradients, dQueryWeight: byHeads(weight, 3) } };
  }
  const [queryWeight, keyWeight, bias] = [like(score.queryWeight), like(score.keyWeight), like(score.bias)];
  const v = freshFloat32(op, [...score.v.shape]);
  return {
    dScore: { ...(queryWeight && { queryWeight }), ...(keyWeight && { keyWeight }), v, ...(bias && { bias }) },
    planned: {
      dQueryWeight: queryWeight && byHeads(queryWeight, 3),
      dKeyWeight: keyWeight && byHeads(keyWeight, 3),
      dScoreBias: bias && byHeads(bias, 2),
      dScoreVector: byHeads(v, 2),
    },
  };
}

/** With stride 0 for the heads where they share it. */
function byHeads({ data, shape }: Tensor, rank: 2 | 3): View {
  const strides = rowMajor(shape);
  return { data, offset: 0, strides: shape.length < rank ? [0, ...strides] : strides };
}
