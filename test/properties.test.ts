/**
 * What holds for every attention, tried on random ones (fast-check; the seed is printed, and FOVEA_SEED repeats it); merging is in
 * properties-merge.test.ts. How far two results of the same call may lie apart comes from tolerance.ts: each may lie from the exact one
 * by its bound.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attention, setBackend } from '../src/node.js';
import type { AttentionOptions, FloatData, Tensor } from '../src/types.js';
import { type AttentionCall, run } from './calls.js';
import { attentionCase } from './cases/attention.js';
import type { AttentionDraft } from './cases/attention-draft.js';
import { attentionFeatures } from './cases/attention-features.js';
import { expectWithin } from './check.js';
import { oracle, textbook } from './oracle.js';
import { random } from './random.js';
import { label, type Target, targets, use } from './targets.js';
import { booleans, dense, float32 } from './tensors.js';
import { textbookAttention } from './textbook/attention.js';
import { arithmeticOf, attentionBounds, gamma, kernelArithmetic } from './tolerance.js';

const seed = Number(process.env.FOVEA_SEED ?? Date.now() % 2 ** 31);
console.info(`properties: FOVEA_SEED=${seed}`);

describe(`seed ${seed} (FOVEA_SEED=${seed} repeats it)`, () => {
  for (const target of targets)
    describe(label(target), () => {
      beforeAll(() => use(target));
      afterAll(() => setBackend('auto'));
      properties(target);
    });
});

/** A single head, its numbers named by a number. */
interface Shape {
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly values: number;
  readonly numbers: number;
}

const shapes = fc.record({
  queries: fc.integer({ min: 1, max: 20 }),
  keys: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 40 }) }, { weight: 1, arbitrary: fc.integer({ min: 250, max: 280 }) }),
  width: fc.integer({ min: 1, max: 20 }),
  values: fc.integer({ min: 1, max: 20 }),
  numbers: fc.nat(),
});

function build(
  { queries, keys, width, values, numbers }: Shape,
  options: AttentionOptions = {},
): AttentionCall & { q: Tensor; k: Tensor; v: Tensor } {
  const { normal } = random(`property ${numbers}`);
  return {
    op: 'attention',
    q: float32([queries, width], normal),
    k: float32([keys, width], normal),
    v: float32([keys, values], normal),
    options,
  };
}

/** Rows of a matrix in another order. */
function reordered(matrix: Tensor, order: readonly number[]): Tensor {
  const width = matrix.shape[1] ?? 0;
  return float32([order.length, width], (at) => matrix.data[(order[Math.floor(at / width)] ?? 0) * width + (at % width)] ?? Number.NaN);
}

const shuffled = (length: number, numbers: number): number[] => {
  const { uniform } = random(`order ${numbers}`);
  return Array.from({ length }, (_, i) => ({ i, key: uniform() }))
    .sort((a, b) => a.key - b.key)
    .map(({ i }) => i);
};

const rowsOf = ({ shape, data }: Tensor): Float32Array[] =>
  Array.from({ length: shape[0] ?? 0 }, (_, i) => data.subarray(i * (shape[1] ?? 0), (i + 1) * (shape[1] ?? 0)));

/** Whether two results may be of the same exact one, each with its own bound. */
function expectNear(actual: Tensor<FloatData>, other: Tensor<FloatData>, slack: Float64Array, otherSlack: Float64Array = slack): void {
  const [a, b] = [dense(actual).data, dense(other).data];
  const apart = [...a].flatMap((x, i) => {
    const may = (slack[i] ?? 0) + (otherSlack[i] ?? 0);
    return Math.abs(x - (b[i] ?? Number.NaN)) <= may + 2 ** -149 ? [] : [`[${i}] ${x} and ${b[i]}, ${may} apart at most`];
  });
  expect(apart.slice(0, 3)).toEqual([]);
}

function properties(target: Target): void {
  // The reference, too, gives float32: two of its results lie apart by a rounding, which is the least that these count.
  const arithmetic = kernelArithmetic;
  const boundsOf = (call: AttentionCall) => attentionBounds(textbookAttention(call), arithmetic);
  const holds = <T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void, numRuns = 40) =>
    fc.assert(fc.property(arbitrary, property), { seed, numRuns });

  it('each row of the weights sums to 1, or to 0 where it sees nothing', () =>
    holds(fc.tuple(shapes, fc.boolean()), ([shape, masked]) => {
      const { uniform } = random(`mask ${shape.numbers}`);
      const mask = booleans([shape.queries, shape.keys], () => uniform() < 0.3);
      const { q, k, v } = build(shape);
      const { weights } = attention(q, k, v, { returnWeights: true, ...(masked ? { mask } : {}) });
      // Weights are quotients by their computed sum: n additions in the sum, n here in float64, one division each.
      for (const [i, row] of rowsOf(weights ?? q).entries()) {
        const sees = !masked || mask.data.subarray(i * shape.keys, (i + 1) * shape.keys).some(Boolean);
        expect(Math.abs(row.reduce((sum, w) => sum + w, 0) - (sees ? 1 : 0))).toBeLessThanOrEqual(
          sees ? gamma(2 * shape.keys + 4, arithmetic) : 0,
        );
        expect(row.every((w) => w >= 0)).toBe(true);
      }
    }));

  it('permuting the keys with their values changes nothing', () =>
    holds(shapes, (shape) => {
      const call = build(shape, { returnLogSumExp: true });
      const order = shuffled(shape.keys, shape.numbers);
      const { output, logSumExp } = boundsOf(call);
      const [plain, permuted] = [
        attention(call.q, call.k, call.v, call.options),
        attention(call.q, reordered(call.k, order), reordered(call.v, order), call.options),
      ];
      expectNear(permuted.output, plain.output, output.slack);
      expectNear(permuted.logSumExp ?? call.q, plain.logSumExp ?? call.q, logSumExp.slack);
    }));

  it('causal ignores the future, bit for bit, even if it is NaN', () =>
    holds(fc.tuple(shapes, fc.integer({ min: 0, max: 30 })), ([shape, ahead]) => {
      const { q, k, v } = build(shape);
      const options = { causal: true, queryOffset: ahead, returnWeights: true };
      const rotten = (matrix: Tensor): Tensor => ({
        ...matrix,
        data: matrix.data.map((x, at) => (Math.floor(at / (matrix.shape[1] ?? 1)) > ahead ? Number.NaN : x)),
      });
      const [before, after] = [attention(q, k, v, options), attention(q, rotten(k), rotten(v), options)];
      // Query 0 sees keys up to `ahead`: nothing of what was changed.
      expect(rowsOf(after.output)[0]).toEqual(rowsOf(before.output)[0]);
      expect(rowsOf(after.weights ?? q)[0]).toEqual(rowsOf(before.weights ?? q)[0]);
    }));

  it('adding a constant to the scores changes nothing but logSumExp', () =>
    holds(fc.tuple(shapes, fc.double({ min: -50, max: 50, noNaN: true })), ([shape, constant]) => {
      const options = { returnLogSumExp: true };
      const added = Math.fround(constant);
      const [plain, moved] = [build(shape, options), build(shape, { ...options, bias: float32([1], () => added) })];
      const [before, after] = [attention(plain.q, plain.k, plain.v, plain.options), attention(moved.q, moved.k, moved.v, moved.options)];
      const [bounds, movedBounds] = [boundsOf(plain), boundsOf(moved)];
      expectNear(after.output, before.output, movedBounds.output.slack, bounds.output.slack);
      const shifted = float32(before.logSumExp?.shape ?? [], (i) => (before.logSumExp?.data[i] ?? 0) + added);
      const rounding = bounds.logSumExp.slack.map((x, i) => x + arithmetic.u * Math.abs(shifted.data[i] ?? 0));
      expectNear(after.logSumExp ?? shifted, shifted, movedBounds.logSumExp.slack, rounding);
    }));

  it('masked NaN does not leak: the same bits as with other garbage', () =>
    holds(fc.tuple(shapes, fc.constantFrom('mask', 'bias', 'keyLengths', 'window')), ([shape, by]) => {
      const { q, k, v } = build(shape);
      const { uniform } = random(`hidden ${shape.numbers}`);
      const half = Math.ceil(shape.keys / 2);
      const hidden = Array.from({ length: shape.keys }, (_, j) =>
        by === 'mask' || by === 'bias' ? uniform() < 0.4 : by === 'keyLengths' ? j >= half : j > shape.queries - 1,
      );
      const options = {
        returnWeights: true,
        returnLogSumExp: true,
        ...(by === 'mask' && { mask: booleans([shape.keys], (j) => !hidden[j]) }),
        ...(by === 'bias' && { bias: float32([shape.keys], (j) => (hidden[j] ? Number.NEGATIVE_INFINITY : 0.25)) }),
        ...(by === 'keyLengths' && { keyLengths: Int32Array.of(half) }),
        ...(by === 'window' && { window: [Number.POSITIVE_INFINITY, 0] as const, queryOffset: 0 }),
      };
      const garbled = (matrix: Tensor, garbage: number): Tensor => ({
        ...matrix,
        data: matrix.data.map((x, at) => (hidden[Math.floor(at / (matrix.shape[1] ?? 1))] ? garbage : x)),
      });
      const [clean, ...others] = [3.5, Number.NaN, Number.POSITIVE_INFINITY].map((garbage) =>
        attention(q, garbled(k, garbage), garbled(v, garbage), options),
      );
      for (const other of others) expect(other).toEqual(clean);
    }));

  it('the same call gives the same bits again', () =>
    holds(shapes, (shape) => {
      const { q, k, v } = build(shape);
      const once = attention(q, k, v, { causal: true, returnWeights: true, returnLogSumExp: true });
      expect(attention(q, k, v, { causal: true, returnWeights: true, returnLogSumExp: true })).toEqual(once);
    }));

  it('queries have nothing to do with each other: a batch is its rows one by one, within bounds', () =>
    holds(
      shapes,
      (shape) => {
        const call = build(shape);
        const whole = attention(call.q, call.k, call.v).output;
        const { slack } = boundsOf(call).output;
        rowsOf(call.q).forEach((row, i) => {
          const alone = attention({ data: row, shape: [1, shape.width] }, call.k, call.v).output;
          const from = i * shape.values;
          expectNear(
            alone,
            { data: whole.data.subarray(from, from + shape.values), shape: [1, shape.values] },
            slack.subarray(from, from + shape.values),
          );
        });
      },
      15,
    ));

  it('any options together agree with the oracle', () => {
    const drafts: fc.Arbitrary<Partial<AttentionDraft>> = fc.record({
      batch: fc.integer({ min: 1, max: 3 }),
      heads: fc.constantFrom(2, 4, 6),
      queries: fc.integer({ min: 1, max: 18 }),
      keys: fc.oneof(
        { weight: 3, arbitrary: fc.integer({ min: 0, max: 40 }) },
        { weight: 1, arbitrary: fc.integer({ min: 250, max: 270 }) },
      ),
      headDim: fc.integer({ min: 1, max: 18 }),
      valueDim: fc.integer({ min: 1, max: 18 }),
    });
    const features = fc.subarray([...attentionFeatures], { minLength: 2, maxLength: 9 });
    holds(
      fc.tuple(drafts, features, fc.nat()),
      ([draft, chosen, numbers]) => {
        const kinds = new Set<string>();
        const allowed = chosen.filter(({ kind }) => kind === undefined || (!kinds.has(kind) && kinds.add(kind)));
        const call = attentionCase(`any ${numbers}`, { ...draft, kvHeads: draft.heads ?? 1 }, allowed).call();
        const answers = oracle(call);
        const bounds = textbook(call).bounds(arithmeticOf(target));
        expectWithin(call, run(call), answers, bounds);
      },
      60,
    );
  });
}
