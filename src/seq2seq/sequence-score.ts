/**
 * The options of SequenceAttention: a score and its weights, which have to fit each other.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import type { Tensor } from '../types.js';
import { list, received } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { matrix, vector, type Weight } from '../validate/weights.js';
import { Workspace } from '../validate/workspace.js';

export const op = 'SequenceAttention';

/** v·tanh(s·Ws + h·Wh + coverage·wc + b) (Bahdanau, Cho & Bengio 2015; with coverage See, Liu & Manning 2017). */
export interface AdditiveScore {
  readonly score: 'additive';
  /** Ws `[dState, u]` */
  readonly stateWeight: Tensor;
  /** Wh `[dMemory, u]` */
  readonly memoryWeight: Tensor;
  /** `[u]` */
  readonly v: Tensor;
  /** b `[u]`. @default 0 */
  readonly bias?: Tensor | undefined;
  /** wc `[u]`: what a position has been given by the steps before counts, too. @default no coverage */
  readonly coverageWeight?: Tensor | undefined;
}

/** scale · s·h (Luong, Pham & Manning 2015): dState is dMemory. */
export interface DotScore {
  readonly score: 'dot';
  /** @default 1 */
  readonly scale?: number | undefined;
}

/** s·W·h (Luong, Pham & Manning 2015). */
export interface GeneralScore {
  readonly score: 'general';
  /** W `[dState, dMemory]` */
  readonly weight: Tensor;
}

/** v·tanh([s; h]·W) (Luong, Pham & Manning 2015). */
export interface ConcatScore {
  readonly score: 'concat';
  /** W `[dState + dMemory, u]`, the rows of the state first */
  readonly weight: Tensor;
  /** `[u]` */
  readonly v: Tensor;
}

/** Options of `SequenceAttention`: float32 weights of any strides, which are copied. */
export type SequenceAttentionOptions = AdditiveScore | DotScore | GeneralScore | ConcatScore;

/** A score whose weights fit each other. */
export type CheckedScore =
  | {
      readonly score: 'additive';
      readonly stateWeight: Weight;
      readonly memoryWeight: Weight;
      readonly v: Weight;
      readonly bias: Weight | undefined;
      readonly coverageWeight: Weight | undefined;
    }
  | { readonly score: 'dot'; readonly scale: number }
  | { readonly score: 'general'; readonly weight: Weight }
  | { readonly score: 'concat'; readonly weight: Weight; readonly v: Weight };

const kind = rule.oneOf('additive', 'dot', 'general', 'concat');

const additive = {
  score: kind,
  stateWeight: matrix,
  memoryWeight: matrix,
  v: vector,
  bias: vector,
  coverageWeight: vector,
} satisfies rule.Rules<AdditiveScore>;
const dot = { score: kind, scale: rule.finite } satisfies rule.Rules<DotScore>;
const general = { score: kind, weight: matrix } satisfies rule.Rules<GeneralScore>;
const concat = { score: kind, weight: matrix, v: vector } satisfies rule.Rules<ConcatScore>;

/** @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION also for a weight that is not finite */
export function checkScore(options: unknown): CheckedScore {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw optionError(op, 'the argument', received(options), 'an object of options');
  const score = kind(op, 'score', 'score' in options ? options.score : undefined, new Workspace());
  switch (score) {
    case 'additive': {
      const { v, stateWeight, memoryWeight, bias, coverageWeight } = rule.checkOptions(op, options, additive);
      const units = required('v', v);
      return {
        score,
        stateWeight: ofUnits('stateWeight', '[dState, u]', required('stateWeight', stateWeight), units),
        memoryWeight: ofUnits('memoryWeight', '[dMemory, u]', required('memoryWeight', memoryWeight), units),
        v: units,
        bias: bias && ofUnits('bias', '[u]', bias, units),
        coverageWeight: coverageWeight && ofUnits('coverageWeight', '[u]', coverageWeight, units),
      };
    }
    case 'dot':
      return { score, scale: rule.checkOptions(op, options, dot).scale ?? 1 };
    case 'general':
      return { score, weight: required('weight', rule.checkOptions(op, options, general).weight) };
    case 'concat': {
      const given = rule.checkOptions(op, options, concat);
      const v = required('v', given.v);
      return { score, weight: ofUnits('weight', '[dState + dMemory, u]', required('weight', given.weight), v), v };
    }
  }
}

function required(name: string, weight: Weight | undefined): Weight {
  if (weight === undefined) throw optionError(op, name, 'undefined', 'a float32 Tensor');
  return weight;
}

/** A weight whose last size is that of v. */
function ofUnits(name: string, expected: string, weight: Weight, v: Weight): Weight {
  const units = v.shape[0] ?? 0;
  if (weight.shape.at(-1) === units) return weight;
  throw shapeError(op, name, `shape ${list(weight.shape)}`, `${expected} with u = ${units}`, `v is ${list(v.shape)}`);
}
