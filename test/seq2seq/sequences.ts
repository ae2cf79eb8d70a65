/** Encoder states, decoder states and weights of every score, drawn from a seed. */
import type { SequenceAttentionOptions } from '../../src/seq2seq/index.js';
import type { Tensor } from '../../src/types.js';
import { random } from '../random.js';
import { float32, type Memory } from '../tensors.js';

export interface Sizes {
  readonly batch: number;
  readonly length: number;
  readonly dState: number;
  readonly dMemory: number;
  readonly units: number;
}

export const scores = ['additive', 'additive with bias', 'additive with coverage', 'dot', 'scaled dot', 'general', 'concat'] as const;
export type ScoreName = (typeof scores)[number];

export const hasCoverage = (name: ScoreName): boolean => name === 'additive with coverage';

/** dState as the score has it: a dot product wants one width. */
export const stateDim = (name: ScoreName, { dState, dMemory }: Sizes): number => (name.endsWith('dot') ? dMemory : dState);

export function normals(seed: string, shape: readonly number[], size = 1, memory?: Memory): Tensor {
  const { normal } = random(seed);
  return float32(shape, () => size * normal(), memory);
}

export function optionsOf(name: ScoreName, { dState, dMemory, units }: Sizes): SequenceAttentionOptions {
  const v = normals('v', [units]);
  const weight = (seed: string, rows: number, columns: number, memory?: Memory) =>
    normals(seed, [rows, columns], 1 / Math.sqrt(rows), memory);
  const additive = {
    score: 'additive',
    stateWeight: weight('Ws', dState, units, 'turned'),
    memoryWeight: weight('Wh', dMemory, units, 'gapped'),
    v,
  } as const;
  switch (name) {
    case 'additive':
      return additive;
    case 'additive with bias':
      return { ...additive, bias: normals('b', [units], 1, 'spread') };
    case 'additive with coverage':
      return { ...additive, bias: normals('b', [units]), coverageWeight: normals('wc', [units], 2) };
    case 'dot':
      return { score: 'dot' };
    case 'scaled dot':
      return { score: 'dot', scale: 1 / Math.sqrt(dMemory) };
    case 'general':
      return { score: 'general', weight: weight('W', dState, dMemory, 'turned') };
    case 'concat':
      return { score: 'concat', weight: weight('W', dState + dMemory, units), v };
  }
}
