/**
 * The weights of a linear map: kept for the whole of a call, and by name.
 * @module
 */
import type { Keep } from '../ops/steps.js';
import type { Linear } from '../types.js';
import type { CheckedLinear } from '../validate/linear.js';
import type { Checked } from '../validate/tensor.js';

export function kept({ weight, bias }: CheckedLinear, keep: Keep): Linear {
  return { weight: keep(weight), bias: bias && keep(bias) };
}

export function namedWeights(name: string, linear: CheckedLinear | undefined): Readonly<Record<string, Checked | undefined>> {
  return { [`${name}.weight`]: linear?.weight, [`${name}.bias`]: linear?.bias };
}
