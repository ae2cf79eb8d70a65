/**
 * The oracle is tested as well: by hand-worked results, and by the textbook, which was written apart from it. Both are float64,
 * so each may lie from the exact result by what float64 allows, and they from each other by twice that.
 */
import { describe, expect, it } from 'vitest';
import { setBackend } from '../src/node.js';
import { type Call, run } from './calls.js';
import { cases } from './cases.js';
import { faults } from './check.js';
import { oracle, textbook } from './oracle.js';
import { booleans, float32 } from './tensors.js';
import { type Bound, kernelArithmetic, referenceArithmetic } from './tolerance.js';

const twice = (bound: Bound): Bound => ({ ...bound, slack: bound.slack.map((slack) => 2 * slack) });

describe('the reference agrees with the textbook', () => {
  for (const { name, call } of cases)
    it(name, () => {
      const built = call();
      const { answers, bounds } = textbook(built);
      const limits = bounds(referenceArithmetic);
      for (const [of, actual] of Object.entries(oracle(built))) {
        const [expected, bound] = [answers[of], limits[of]];
        if (!expected || !bound) throw new Error(`the textbook knows nothing of ${of}`);
        expect(faults(of, actual, expected, twice(bound), 'float64').slice(0, 5)).toEqual([]);
      }
    });
});

describe('the bounds notice', () => {
  /** A kernel that computes in float32 but for one step, which is off by a relative error. */
  const off = (name: string, factor: (element: number) => number) => {
    const row = cases.find((one) => one.name === name);
    if (!row) throw new Error(`no row named ${name}`);
    const call = row.call();
    const { answers, bounds } = textbook(call);
    const [right, bound] = [answers.output ?? new Float64Array(), bounds(kernelArithmetic).output];
    if (!bound) throw new Error('no bound for the output');
    const wrong = right.map((x, i) => x * factor(i));
    return {
      right: faults('output', right.map(Math.fround), right, bound, 'float32').length,
      wrong: faults('output', wrong, right, bound, 'float32').length,
    };
  };

  it('an exponential of 16 bits instead of 22', () => {
    const { right, wrong } = off('softmax: 17 along the last axis', (i) => 1 + (i % 2 ? 2 : -2) * 2 ** -16);
    expect(right).toBe(0);
    expect(wrong).toBeGreaterThan(40); // of 51
  });
  it('sums in bfloat16', () => {
    const { right, wrong } = off('matmul: 13 × 33', (i) => 1 + (i % 3) * 2 ** -9);
    expect(right).toBe(0);
    expect(wrong).toBeGreaterThan(250); // two of three elements, of 429
  });
  it('a key too many or too few', () => {
    const { right, wrong } = off('attention: 257 keys, 7 queries', () => 1 + 1 / 257);
    expect(right).toBe(0);
    expect(wrong).toBeGreaterThan(30); // of 42
  });
  it('one part lost in twenty thousand', () => {
    const { right, wrong } = off('attention: no options', () => 1 + 5e-5);
    expect(right).toBe(0);
    expect(wrong).toBeGreaterThan(250); // of 360
  });
});

/** One query or more on values by hand; q and k are such that the scores are the numbers given. */
function attend(scores: readonly (readonly number[])[], values: readonly number[], options: object = {}): number[] {
  const keys = scores[0]?.length ?? 0;
  const q = float32([scores.length, scores.length], (at) => (at % (scores.length + 1) === 0 ? 1 : 0)); // the unit matrix
  const k = float32([keys, scores.length], (at) => scores[at % scores.length]?.[Math.floor(at / scores.length)] ?? 0);
  const call: Call = { op: 'attention', q, k, v: float32([keys, 1], (j) => values[j] ?? 0), options: { scale: 1, ...options } };
  return [...(oracle(call).output ?? [])];
}

const { E: e, LN2: ln2 } = Math;

describe('worked by hand', () => {
  it('equal scores give the mean', () => expect(attend([[3, 3, 3, 3]], [1, 2, 4, 9])).toEqual([4]));
  it('one key gives its value', () => expect(attend([[-7]], [12.5])).toEqual([12.5]));
  it('two keys weigh by the logistic function of the difference of their scores', () => {
    expect(attend([[1, 0]], [1, 0])[0]).toBeCloseTo(1 / (1 + 1 / e), 15);
    expect(attend([[0, ln2]], [0, 1])[0]).toBeCloseTo(2 / 3, 7); // ln 2 in float32
  });
  it('two queries on two keys', () => {
    const [first, second] = attend(
      [
        [0, 1],
        [2, 0],
      ],
      [10, 20],
    );
    expect(first).toBeCloseTo((10 + 20 * e) / (1 + e), 13);
    expect(second).toBeCloseTo((10 * e * e + 20) / (e * e + 1), 13);
  });
  it('the first row of causal attention is the first value', () => {
    const output = attend(
      [
        [5, 9, 9],
        [1, 1, 9],
        [2, 2, 2],
      ],
      [1, 3, 8],
      { causal: true },
    );
    expect(output[0]).toBe(1);
    expect(output[1]).toBe(2);
    expect(output[2]).toBeCloseTo(4, 15);
  });
  it('a window of one on each side', () =>
    expect(
      attend(
        [
          [0, 0, 0],
          [0, 0, 0],
          [0, 0, 0],
        ],
        [3, 6, 9],
        { window: [1, 1] },
      ),
    ).toEqual([4.5, 6, 7.5].map((x) => expect.closeTo(x, 14))));
  it('a mask of one key gives the other', () => expect(attend([[0, 50]], [4, 7], { mask: booleans([2], (j) => j === 0) })).toEqual([4]));
  it('a sink takes its share', () => expect(attend([[0]], [6], { sinks: Float32Array.of(0) })).toEqual([3]));
  it('alibi subtracts slope times distance', () =>
    expect(attend([[0, 0]], [1, 0], { alibi: Float32Array.of(1), queryOffset: 0 })[0]).toBeCloseTo(1 / (1 + 1 / e), 15));
  it('softcap bounds the scores', () => expect(attend([[1e30, -1e30]], [1, 0], { softcap: 0.5 })[0]).toBeCloseTo(1 / (1 + 1 / e), 15));
  it('what sees nothing gives 0', () => expect(attend([[1, 2]], [5, 5], { keyLengths: Int32Array.of(0) })).toEqual([0]));
  it('logSumExp of equal scores is the score plus the log of their number', () => {
    const call: Call = {
      op: 'attention',
      q: float32([1, 1], () => 2),
      k: float32([8, 1], () => 1),
      v: float32([8, 1], () => 0),
      options: { scale: 1, returnLogSumExp: true },
    };
    expect(oracle(call).logSumExp?.[0]).toBeCloseTo(2 + 2.0794415416798357, 14);
  });
  it('a product of two matrices', () => {
    const call: Call = {
      op: 'matmul',
      a: float32([2, 3], (at) => at + 1),
      b: float32([3, 2], (at) => [7, 8, 9, 10, 11, 12][at] ?? 0),
      options: {},
    };
    expect([...(oracle(call).output ?? [])]).toEqual([58, 64, 139, 154]);
  });
  it('activations of 1 and −1', () => {
    const at = (activation: 'relu' | 'gelu' | 'tanh' | 'sigmoid') => {
      const [a, b] = [float32([1, 1], () => 1), float32([1, 2], (index) => 1 - 2 * index)];
      return [...(oracle({ op: 'matmul', a, b, options: { activation } }).output ?? [])];
    };
    expect(at('relu')).toEqual([1, 0]);
    expect(at('gelu')).toEqual([expect.closeTo(0.8413447460685429, 14), expect.closeTo(-0.15865525393145705, 14)]);
    expect(at('sigmoid')).toEqual([expect.closeTo(0.7310585786300049, 14), expect.closeTo(0.2689414213699951, 14)]);
    expect(at('tanh')).toEqual([expect.closeTo(0.7615941559557649, 14), expect.closeTo(-0.7615941559557649, 14)]);
  });
  it('softmax of 0 and ln 3, and softmin', () => {
    const x = float32([2], (at) => [0, 1.0986122886681098][at] ?? 0);
    const [first, second] = oracle({ op: 'softmax', x, options: {} }).output ?? [];
    expect([first, second]).toEqual([expect.closeTo(0.25, 7), expect.closeTo(0.75, 7)]);
    expect(oracle({ op: 'softmin', x, options: {} }).output?.[0]).toBeCloseTo(0.75, 7);
  });
  it('a quarter of a turn, and half of one', () => {
    const turned = (x: readonly number[], interleaved: boolean) =>
      oracle({
        op: 'rotary',
        x: float32([1, 4], (at) => x[at] ?? 0),
        options: { base: (2 / 3) ** 2, positions: Int32Array.of(710), interleaved }, // 710 is 226 π, and 710 · 3/2 is 339 π
      }).output;
    expect([...(turned([1, 2, 3, 4], false) ?? [])]).toEqual([1, -2, 3, -4].map((x) => expect.closeTo(x, 3)));
    expect([...(turned([1, 2, 3, 4], true) ?? [])]).toEqual([1, 2, -3, -4].map((x) => expect.closeTo(x, 3)));
  });
  it('two parts that weigh alike merge to their mean', () => {
    const part = (value: number) => ({ output: float32([1, 1], () => value), logSumExp: float32([1], () => 4) });
    const merged = oracle({ op: 'merge', parts: [part(1), part(3)], options: {} });
    expect(merged.output?.[0]).toBe(2);
    expect(merged.logSumExp?.[0]).toBeCloseTo(4.693147180559945, 14);
  });
  it('the reference backend is the oracle, rounded', () => {
    setBackend('reference');
    const call: Call = {
      op: 'attention',
      q: float32([2, 2], (at) => at),
      k: float32([3, 2], (at) => at - 2),
      v: float32([3, 2], (at) => at * at),
      options: {},
    };
    const { output } = run(call);
    expect([...(output?.data instanceof Float32Array ? output.data : [])]).toEqual([...(oracle(call).output ?? [])].map(Math.fround));
    setBackend('auto');
  });
});
