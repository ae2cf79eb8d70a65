/**
 * How a general or an additive score changes with each number of a query, a key and its own weights, by the derivatives of its formula, in
 * float64; and how far a kernel that goes by way of projected rows may be off. Written apart from src/.
 */
import type { Score } from '../../src/types.js';
import { type Arithmetic, gamma } from '../tolerance.js';
import { perHead } from './score.js';

/** By one number: the derivative, how large the parts are that it is the sum of, and what it may be off by before it is multiplied on. */
export interface Slope {
  readonly value: number;
  readonly parts: number;
  readonly off: number;
}

export interface Slopes {
  readonly query: readonly Slope[];
  readonly key: readonly Slope[];
  /** By name, with the place in the weight's own memory. */
  readonly weights: readonly (Slope & { readonly name: string; readonly at: number })[];
}

type Weighted = Extract<Score, { readonly kind: 'general' | 'additive' }>;

type Sloper = (head: number, q: readonly number[], k: readonly number[]) => Slopes;

export function sloperOf(score: Weighted, arithmetic: Arithmetic): Sloper {
  return score.kind === 'general' ? general(score, arithmetic) : additive(score, arithmetic);
}

/** Where the element of a weight lies that the heads share, or have one each of. */
const placeIn = (shape: readonly number[], rank: number, head: number, row: number, column: number) => {
  const columns = shape.at(-1) ?? 0;
  const rows = rank === 2 ? (shape.at(-2) ?? 0) : 1;
  return (shape.length > rank ? head * rows * columns : 0) + row * columns + column;
};

/** raw = Σ q·W·k. Kernels have q·W with d products and additions; what comes of k has the roundings of sums alone. */
function general({ weight }: Extract<Weighted, { kind: 'general' }>, arithmetic: Arithmetic): Sloper {
  const at = perHead(weight, 2);
  const sum = (terms: number[], roundings: number): Slope => {
    const parts = terms.reduce((size, term) => size + Math.abs(term), 0);
    return { value: terms.reduce((total, term) => total + term, 0), parts, off: gamma(roundings, arithmetic) * parts };
  };
  return (head, q, k) => ({
    query: q.map((_, p) =>
      sum(
        k.map((y, c) => at(head, p, c) * y),
        4,
      ),
    ),
    key: k.map((_, c) =>
      sum(
        q.map((x, p) => x * at(head, p, c)),
        q.length + 4,
      ),
    ),
    weights: q.flatMap((x, p) => k.map((y, c) => ({ name: 'weight', at: placeIn(weight.shape, 2, head, p, c), ...sum([x * y], 4) }))),
  });
}

/**
 * raw = Σ v·t, t = tanh(q·Wq + k·Wk + b). What goes into tanh is off by its roundings; tanh's slope is at most 1, and that of 1 − t² at most 0.77;
 * tanh's own error counts twice in it, and its square and the difference are rounded.
 */
function additive({ queryWeight, keyWeight, v, bias }: Extract<Weighted, { kind: 'additive' }>, arithmetic: Arithmetic): Sloper {
  const [ofQuery, ofKey] = [queryWeight && perHead(queryWeight, 2), keyWeight && perHead(keyWeight, 2)];
  const [vector, shift] = [perHead(v, 1), bias && perHead(bias, 1)];
  return (head, q, k) => {
    const units = Array.from({ length: v.shape.at(-1) ?? 0 }, (_, c) => {
      const terms = [
        ...(ofQuery ? q.map((x, p) => x * ofQuery(head, p, c)) : [q[c] ?? 0]),
        ...(ofKey ? k.map((x, p) => x * ofKey(head, p, c)) : [k[c] ?? 0]),
        shift?.(head, 0, c) ?? 0,
      ];
      const size = terms.reduce((total, term) => total + Math.abs(term), 0);
      const ofSum = gamma(Math.max(q.length, k.length) + 3, arithmetic) * size + terms.length * arithmetic.smallest;
      const t = Math.tanh(terms.reduce((total, term) => total + term, 0));
      const off = Math.min(1, ofSum + 2 * arithmetic.tanh + arithmetic.tanh ** 2 + 3 * arithmetic.u);
      return { factor: vector(head, 0, c), t, ofT: Math.min(2, ofSum + arithmetic.tanh), slope: 1 - t * t, off };
    });
    /** Σ of some units' slopes, each times a number that is exact. */
    const sum = (factors: readonly number[], from = 0): Slope => {
      let [value, parts, off] = [0, 0, 0];
      factors.forEach((factor, i) => {
        const unit = units[from + i];
        if (!unit) return;
        const size = Math.abs(factor * unit.factor);
        value += factor * unit.factor * unit.slope;
        parts += size * (unit.slope + unit.off);
        off += size * unit.off;
      });
      return { value, parts, off: off + gamma(4, arithmetic) * parts };
    };
    const back = (x: readonly number[], weight: typeof ofQuery) =>
      x.map((_, p) =>
        weight
          ? sum(
              units.map((_unit, c) => weight(head, p, c)),
              0,
            )
          : sum([1], p),
      );
    const ofWeight = (name: string, x: readonly number[], shape: readonly number[] | undefined) =>
      shape ? x.flatMap((number, p) => units.map((_, c) => ({ name, at: placeIn(shape, 2, head, p, c), ...sum([number], c) }))) : [];
    return {
      query: back(q, ofQuery),
      key: back(k, ofKey),
      weights: [
        ...ofWeight('queryWeight', q, queryWeight?.shape),
        ...ofWeight('keyWeight', k, keyWeight?.shape),
        ...units.map(({ t, ofT }, c) => ({
          name: 'v',
          at: placeIn(v.shape, 1, head, 0, c),
          value: t,
          parts: Math.abs(t) + ofT,
          off: ofT + arithmetic.u * Math.abs(t),
        })),
        ...(bias ? units.map((_, c) => ({ name: 'bias', at: placeIn(bias.shape, 1, head, 0, c), ...sum([1], c) })) : []),
      ],
    };
  };
}
