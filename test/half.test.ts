/** The half types on every target: all 65536 bit patterns read and written exactly, sums rounded once, to nearest, ties to even. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attention, FoveaError, matmul, setBackend, softmax } from '../src/node.js';
import type { DType, Tensor } from '../src/types.js';
import { fromBits, roundTo } from './numbers.js';
import { label, type Target, targets, use } from './targets.js';
import { dense, float32, floats } from './tensors.js';

const patterns = 65536;
const dtypes = ['float16', 'bfloat16'] as const;

/** 0 and −0 are one number: a sum that starts from 0 does not keep the sign. */
const same = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

/** A number as products know it: vdpbf16ps takes subnormal numbers for 0, and gives 0 for them (docs/design.md). */
function knownTo({ target }: Target, dtype: DType): (x: number) => number {
  if (target !== 'avx512bf16' || dtype !== 'bfloat16') return (x) => x;
  return (x) => (Math.abs(x) < 2 ** -126 ? 0 : x);
}

function firstDifference(actual: Float64Array, expected: (i: number) => number): string | undefined {
  for (const [i, x] of actual.entries()) if (!same(x, expected(i))) return `[${i}] is ${x}, expected ${expected(i)}`;
  return undefined;
}

describe.each(targets.map((target) => ({ name: label(target), target })))('$name', ({ target }) => {
  beforeAll(() => use(target));
  afterAll(() => setBackend('auto'));

  it.each(dtypes)('%s: every pattern times 1 is itself, in float32 and back in its own type', (dtype) => {
    const all: Tensor<Uint16Array> = { data: Uint16Array.from({ length: patterns }, (_, bits) => bits), shape: [patterns, 1], dtype };
    const one = floats([1, 1], dtype, () => 1);
    const known = knownTo(target, dtype);
    const exact = (bits: number) => known(fromBits(dtype, bits));
    expect(firstDifference(dense(matmul(all, one, { out: float32([patterns, 1], () => 0) })).data, exact)).toBeUndefined();
    expect(firstDifference(dense(matmul(all, one)).data, exact)).toBeUndefined();
  });

  it.each(dtypes)('%s: every number plus quarters of its last digit, rounded to nearest, ties to even', (dtype) => {
    const finite = Array.from({ length: patterns }, (_, bits) => bits).filter((bits) => Number.isFinite(fromBits(dtype, bits)));
    const known = knownTo(target, dtype);
    // Both summands and, as they are close, their sum are exact in float32: what is seen is the one rounding at the end.
    const step = (bits: number) => Math.abs(fromBits(dtype, bits) - fromBits(dtype, bits ^ 1));
    for (const quarters of [-3, -2, -1, 1, 2, 3]) {
      const pairs = finite
        .map((bits) => [fromBits(dtype, bits), (quarters / 4) * step(bits)] as const)
        .filter(([, y]) => y === roundTo(dtype, y));
      const a = floats([pairs.length, 2], dtype, (at) => pairs[at >> 1]?.[at % 2 ? 1 : 0] ?? 0);
      const sums = dense(
        matmul(
          a,
          floats([2, 1], dtype, () => 1),
        ),
      ).data;
      expect(pairs.length).toBeGreaterThan(patterns / 4);
      expect(firstDifference(sums, (i) => roundTo(dtype, known(known(pairs[i]?.[0] ?? 0) + known(pairs[i]?.[1] ?? 0))))).toBeUndefined();
    }
  });

  it.each(dtypes)('%s: softmax of one element is 1 for every finite pattern', (dtype) => {
    const all: Tensor<Uint16Array> = { data: Uint16Array.from({ length: patterns }, (_, bits) => bits), shape: [patterns, 1], dtype };
    const weightOf = (x: number) =>
      Number.isNaN(x) || x === Number.POSITIVE_INFINITY ? Number.NaN : x === Number.NEGATIVE_INFINITY ? 0 : 1;
    expect(firstDifference(dense(softmax(all)).data, (bits) => weightOf(fromBits(dtype, bits)))).toBeUndefined();
  });
});

describe('Float16Array', () => {
  /** Engines have it since 2025; Node from 24. */
  const kind: unknown = Reflect.get(globalThis, 'Float16Array');
  const numbers = (length: number) => Reflect.construct(kind as new (length: number) => Uint16Array, [length]).fill(1);

  it('in gives one out, on all three ops and every target; a detached one is ERR_SHAPE', ({ task }) => {
    if (typeof kind !== 'function') {
      Object.assign(task.meta, { notRun: [`Float16Array: Node ${process.version} has none`] });
      return;
    }
    const square = { data: numbers(4), shape: [2, 2] };
    for (const target of targets) {
      use(target);
      const results = [matmul(square, square), softmax(square), attention(square, square, square).output];
      expect(results.map(({ data }) => [data.constructor, ...data])).toEqual([2, 0.5, 1].map((x) => [kind, x, x, x, x]));
    }
    setBackend('auto');

    structuredClone(square.data.buffer, { transfer: [square.data.buffer] });
    for (const call of [() => matmul(square, square), () => softmax(square), () => attention(square, square, square)]) {
      expect(call).toThrow(FoveaError);
      expect(call).toThrow(/has data of 0 elements in a detached ArrayBuffer, expected at least 4/);
    }
    expect([...softmax({ data: square.data, shape: [0, 2] }).data]).toEqual([]);
  });
});
