/**
 * Attention of decoder steps and attention pooling by the formulas of their papers, in float64, with what a tolerance needs to know of each
 * score. Written apart from src/.
 */
import type { AttentionPoolOptions, SequenceAttentionOptions } from '../../src/seq2seq/index.js';
import type { Tensor } from '../../src/types.js';
import { dense } from '../tensors.js';

/** A score before the softmax. */
export interface StepScore {
  readonly score: number;
  /** What its roundings are relative to. */
  readonly magnitude: number;
  /** How often what is lost below the normal range counts. */
  readonly below: number;
  /** Σ|v| where it went through tanh, else 0. */
  readonly throughTanh: number;
}

export interface SequenceSheet {
  readonly batch: number;
  readonly steps: number;
  readonly length: number;
  readonly valueDim: number;
  /** States that each sequence has. */
  readonly lengths: readonly number[];
  /** Roundings that a score may have passed, but for those of its tanh and what comes after; numbers that were kept as float32 on the way. */
  readonly roundings: number;
  readonly kept: number;
  /** Terms of the sum after tanh. */
  readonly units: number;
  score(row: number, step: number, position: number): StepScore;
  value(row: number, position: number, column: number): number;
  /** `[b, steps, t]` */
  readonly weights: Float64Array;
  /** `[b, steps, dMemory]` */
  readonly context: Float64Array;
}

type Formula = (row: number, step: number, position: number) => StepScore;

/** A matrix or vector as a function of its indices. */
function reader(tensor: Tensor): (...indices: number[]) => number {
  const { shape, data } = dense(tensor);
  return (...indices) => {
    let at = 0;
    indices.forEach((index, i) => {
      at = at * (shape[i] ?? 1) + index;
    });
    return data[at] ?? Number.NaN;
  };
}

interface Steps {
  /** `[b, steps, dState]` */
  readonly states: Tensor;
  /** `[b, t, dMemory]` */
  readonly memory: Tensor;
  readonly lengths?: Int32Array | undefined;
  /** What positions had been given before a step. */
  readonly coverage?: ((row: number, step: number, position: number) => number) | undefined;
}

export function textbookSequence(options: SequenceAttentionOptions, { states, memory, lengths, coverage }: Steps): SequenceSheet {
  const [s, h] = [reader(states), reader(memory)];
  const [dState = 0, dMemory = 0] = [states.shape[2], memory.shape[2]];
  const sheet = (formula: Formula, roundings: number, kept: number, units: number) =>
    averaged(formula, memory, states.shape[1] ?? 0, lengths, { roundings, kept, units });
  switch (options.score) {
    case 'dot': {
      const { scale = 1 } = options;
      // The scale rounded, a state times that, dState products, dState − 1 additions.
      return sheet(
        (row, step, position) => {
          let [score, magnitude, below] = [0, 0, dState];
          for (let i = 0; i < dState; i++) {
            const product = scale * s(row, step, i) * h(row, position, i);
            score += product;
            magnitude += Math.abs(product);
            below += Math.abs(h(row, position, i));
          }
          return { score, magnitude, below, throughTanh: 0 };
        },
        dState + 2,
        0,
        0,
      );
    }
    case 'general': {
      const w = reader(options.weight);
      return sheet(
        (row, step, position) => {
          let [score, magnitude, below] = [0, 0, dState];
          for (let i = 0; i < dState; i++) {
            for (let j = 0; j < dMemory; j++) {
              const product = s(row, step, i) * w(i, j) * h(row, position, j);
              score += product;
              magnitude += Math.abs(product);
            }
            below += (dMemory + 2) * Math.abs(s(row, step, i));
          }
          return { score, magnitude, below, throughTanh: 0 };
        },
        dState + dMemory + 3,
        1,
        0,
      );
    }
    case 'concat': {
      const [w, v] = [reader(options.weight), reader(options.v)];
      const units = options.v.shape[0] ?? 0;
      const both = (row: number, step: number, position: number, i: number) =>
        i < dState ? s(row, step, i) : h(row, position, i - dState);
      const formula = throughTanh(units, v, (row, step, position, u) =>
        Array.from({ length: dState + dMemory }, (_, i) => both(row, step, position, i) * w(i, u)),
      );
      return sheet(formula, Math.max(dState, dMemory) + 1, 2, units);
    }
    case 'additive': {
      const [ws, wh, v] = [reader(options.stateWeight), reader(options.memoryWeight), reader(options.v)];
      const b = options.bias && reader(options.bias);
      const wc = options.coverageWeight && reader(options.coverageWeight);
      const units = options.v.shape[0] ?? 0;
      const formula = throughTanh(units, v, (row, step, position, u) => [
        ...Array.from({ length: dState }, (_, i) => s(row, step, i) * ws(i, u)),
        ...Array.from({ length: dMemory }, (_, j) => h(row, position, j) * wh(j, u)),
        b?.(u) ?? 0,
        (coverage?.(row, step, position) ?? 0) * (wc?.(u) ?? 0),
      ]);
      // Both products, the bias, the coverage's product and its sum, the sum of both.
      return sheet(formula, Math.max(dState, dMemory) + 4, 3, units);
    }
  }
}

/** Yang et al. 2016, eq. 5–7: u = tanh(x·W + b), α = softmax(u·context), Σ α·x. */
export function textbookPool(input: Tensor, { weight, bias, context, lengths }: AttentionPoolOptions): SequenceSheet {
  const [x, w, c] = [reader(input), reader(weight), reader(context)];
  const b = bias && reader(bias);
  const width = input.shape[2] ?? 0;
  const units = context.shape[0] ?? 0;
  const formula = throughTanh(units, c, (row, _, position, u) => [
    ...Array.from({ length: width }, (_, i) => x(row, position, i) * w(i, u)),
    b?.(u) ?? 0,
  ]);
  return averaged(formula, input, 1, lengths, { roundings: width + 3, kept: 0, units });
}

/** Σ v[u] · tanh(Σ terms of u) */
function throughTanh(
  units: number,
  v: (unit: number) => number,
  terms: (row: number, step: number, position: number, unit: number) => number[],
): Formula {
  return (row, step, position) => {
    let [score, magnitude, all] = [0, 0, 0];
    let count = units;
    for (let u = 0; u < units; u++) {
      const parts = terms(row, step, position, u);
      score += v(u) * Math.tanh(parts.reduce((sum, part) => sum + part, 0));
      magnitude += Math.abs(v(u)) * parts.reduce((sum, part) => sum + Math.abs(part), 0);
      all += Math.abs(v(u));
      count = Math.max(count, parts.length + units);
    }
    return { score, magnitude, below: count * Math.max(1, all), throughTanh: all };
  };
}

function averaged(
  formula: Formula,
  memory: Tensor,
  steps: number,
  given: Int32Array | undefined,
  roundings: Pick<SequenceSheet, 'roundings' | 'kept' | 'units'>,
): SequenceSheet {
  const h = reader(memory);
  const [batch = 0, length = 0, valueDim = 0] = memory.shape;
  const lengths = Array.from({ length: batch }, (_, row) => given?.[row] ?? length);
  const weights = new Float64Array(batch * steps * length);
  const context = new Float64Array(batch * steps * valueDim);
  lengths.forEach((seen, row) => {
    for (let step = 0; step < steps; step++) {
      const scores = Array.from({ length: seen }, (_, position) => formula(row, step, position).score);
      const greatest = Math.max(...scores);
      const exponentials = scores.map((score) => Math.exp(score - greatest));
      const sum = exponentials.reduce((a, b) => a + b, 0);
      exponentials.forEach((exponential, position) => {
        const weight = exponential / sum;
        weights[(row * steps + step) * length + position] = weight;
        for (let e = 0; e < valueDim; e++) {
          const at = (row * steps + step) * valueDim + e;
          context[at] = (context[at] ?? 0) + weight * h(row, position, e);
        }
      });
    }
  });
  return { batch, steps, length, valueDim, lengths, ...roundings, score: formula, value: h, weights, context };
}
