/** The table: every row runs on every backend and every target that this machine has (cases.test.ts). */
import { activationCases } from './cases/activation.js';
import { adversarialCases } from './cases/adversarial.js';
import { attentionCases } from './cases/attention.js';
import { attentionPairCases } from './cases/attention-pairs.js';
import { cacheCases } from './cases/cache.js';
import type { Case } from './cases/case.js';
import { convertCases } from './cases/convert.js';
import { gradientCases } from './cases/gradients.js';
import { matmulCases } from './cases/matmul.js';
import { mergeCases } from './cases/merge.js';
import { normCases } from './cases/norm.js';
import { packedCases } from './cases/packed.js';
import { rotaryCases } from './cases/rotary.js';
import { scoreCases } from './cases/scores.js';
import { softmaxCases } from './cases/softmax.js';

export type { Case } from './cases/case.js';

export const cases: readonly Case[] = [
  ...attentionCases,
  ...attentionPairCases,
  ...adversarialCases,
  ...scoreCases,
  ...cacheCases,
  ...matmulCases,
  ...packedCases,
  ...softmaxCases,
  ...normCases,
  ...gradientCases,
  ...activationCases,
  ...rotaryCases,
  ...mergeCases,
  ...convertCases,
];
