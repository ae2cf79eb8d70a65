/**
 * layerNormBackward's and rmsNormBackward's arguments → {@link NormBackwardPlan}: rows along the last dimension.
 * @module
 */
import type {
  FloatData,
  LayerNormBackwardOptions,
  LayerNormGradients,
  RmsNormBackwardOptions,
  RmsNormGradients,
  Tensor,
} from '../types.js';
import { list } from '../validate/describe.js';
import { checkSeed, outOf } from '../validate/gradients.js';
import * as rule from '../validate/options.js';
import { type CheckedFloats, checkFloats } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';
import { walkGradient } from './gradient.js';
import { checkRow } from './norm.js';
import type { NormBackwardPlan, View } from './plan.js';
import { checkAllApart, resultIn } from './result.js';
import { checkAxes } from './softmax.js';

const rules = { gamma: rule.float32Tensor, epsilon: rule.notNegative };
const layerRules = { ...rules, out: outOf('dX', 'dGamma', 'dBeta') } satisfies rule.Rules<LayerNormBackwardOptions>;
const rmsRules = { ...rules, out: outOf('dX', 'dGamma') } satisfies rule.Rules<RmsNormBackwardOptions>;

export interface PlannedNormBackward {
  readonly plan: NormBackwardPlan;
  readonly result: LayerNormGradients<FloatData> | RmsNormGradients<FloatData>;
}

export function planNormBackward(op: NormBackwardPlan['name'], x: unknown, dOutput: unknown, options: unknown): PlannedNormBackward {
  const workspace = new Workspace();
  const isLayer = op === 'layerNormBackward';
  const input = checkFloats(op, 'x', x, workspace);
  const { shape } = input;
  checkAxes(op, 'x', shape);
  const seed = checkSeed(op, dOutput, shape, `x is ${list(shape)}`, input.dtype, workspace);
  const given = isLayer ? rule.checkOptions(op, options, layerRules, workspace) : rule.checkOptions(op, options, rmsRules, workspace);
  const { gamma, epsilon } = given;
  checkRow(op, 'gamma', gamma, shape);
  const out: Readonly<Partial<Record<'dX' | 'dGamma' | 'dBeta', CheckedFloats>>> = given.out ?? {};
  checkAllApart(op, out, { x: input, dOutput: seed, gamma });
  const rank = shape.length;
  const dX = resultIn(op, out.dX, shape, input, workspace, 'out.dX');
  const ofRow = (name: 'dGamma' | 'dBeta') =>
    resultIn(op, out[name], shape.slice(-1), { dtype: 'float32', float16Array: false }, workspace, `out.${name}`);
  const dGamma = ofRow('dGamma');
  const dBeta = isLayer ? ofRow('dBeta') : undefined;
  const result = { dX: dX.source as Tensor<FloatData>, dGamma: dGamma.source as Tensor };
  return {
    plan: {
      op: 'normBackward',
      name: op,
      ...walkGradient(rank - 1, input, seed, dX, workspace),
      centered: isLayer,
      epsilon: epsilon ?? (isLayer ? 1e-5 : 1e-6),
      gamma,
      dGamma: dGamma as View,
      dBeta: dBeta as View | undefined,
    },
    result: dBeta ? { ...result, dBeta: dBeta.source as Tensor } : result,
  };
}
