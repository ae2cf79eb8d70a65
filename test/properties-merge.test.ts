/**
 * Attention over any split of the keys, merged in any grouping, is attention over all of them: parts without keys, merges of merges, sinks
 * at the very end, both layouts, every dtype, on every target. The bound is carried from the parts to the whole (merged, below).
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attention, mergeAttention, setBackend } from '../src/node.js';
import type { AttentionPart, DType, FloatData, Layout, MergeOptions, Tensor } from '../src/types.js';
import type { AttentionCall, MergeCall } from './calls.js';
import { faults, numbersOf } from './check.js';
import { type Random, random } from './random.js';
import { label, targets, use } from './targets.js';
import { floats, formatOf, sizeOf } from './tensors.js';
import { textbookAttention } from './textbook/attention.js';
import { textbookMerge } from './textbook/merge.js';
import { type Arithmetic, arithmeticOf, attentionBounds, kernelArithmetic, mergeBounds } from './tolerance.js';

const seed = Number(process.env.FOVEA_SEED ?? Date.now() % 2 ** 31);
console.info(`properties of merging: FOVEA_SEED=${seed}`);

interface Draft {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly values: number;
  readonly parts: number;
  readonly dtype: DType;
  readonly layout: Layout;
  readonly sunk: boolean;
  readonly numbers: number;
}

const drafts: fc.Arbitrary<Draft> = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  heads: fc.integer({ min: 1, max: 3 }),
  queries: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 9 }) }, { weight: 1, arbitrary: fc.integer({ min: 30, max: 40 }) }),
  keys: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 40 }) }, { weight: 1, arbitrary: fc.integer({ min: 250, max: 280 }) }),
  width: fc.integer({ min: 1, max: 20 }),
  values: fc.integer({ min: 1, max: 40 }),
  parts: fc.integer({ min: 1, max: 9 }),
  dtype: fc.constantFrom('float32', 'float16', 'bfloat16'),
  layout: fc.constantFrom('bhsd', 'bshd'),
  sunk: fc.boolean(),
  numbers: fc.nat(),
});

/** A part, and how far it may lie from the exact one: its outputs with their heads before the sequence, and its logSumExp. */
interface Bounded {
  readonly part: AttentionPart;
  readonly output: Float64Array;
  readonly logSumExp: Float64Array;
}

/** Half a step of a dtype beside a number, and below its normal range. float32's own rounding is part of the bounds of an op. */
const rounding = { float32: [0, 0], float16: [2 ** -11, 2 ** -25], bfloat16: [2 ** -8, 2 ** -134] } as const;

/** What storing the numbers adds to how far each may be off. */
function stored(slack: Float64Array, numbers: Float64Array, dtype: DType): Float64Array {
  const [relative, absolute] = rounding[dtype];
  return slack.map((x, i) => x + relative * (Math.abs(numbers[i] ?? 0) + 2 * x) + absolute);
}

function tensorsOf({ batch, heads, queries, keys, width, values, dtype, layout, numbers }: Draft) {
  const { normal } = random(`split ${numbers}`);
  const shaped = (sequence: number, features: number) =>
    floats(layout === 'bshd' ? [batch, sequence, heads, features] : [batch, heads, sequence, features], dtype, normal);
  return { q: shaped(queries, width), k: shaped(keys, width), v: shaped(keys, values) };
}

/** Keys [from, to) of a tensor, where they lie. */
function keysOf(tensor: Tensor<FloatData>, layout: Layout, from: number, to: number): Tensor<FloatData> {
  const sequence = layout === 'bshd' ? 1 : 2;
  const strides = tensor.shape.map((_, i) => sizeOf(tensor.shape.slice(i + 1)));
  const offset = from === to ? 0 : from * (strides[sequence] ?? 0);
  return { ...tensor, shape: tensor.shape.with(sequence, to - from), strides, offset };
}

function attended(call: AttentionCall, dtype: DType, arithmetic: Arithmetic): Bounded {
  const { output, logSumExp } = attention(call.q, call.k, call.v, { ...call.options, returnLogSumExp: true });
  const sheet = textbookAttention(call);
  const bounds = attentionBounds(sheet, arithmetic);
  return {
    part: { output, logSumExp },
    output: stored(bounds.output.slack, sheet.output, dtype),
    logSumExp: bounds.logSumExp.slack,
  };
}

/**
 * What merging adds to what its parts are off by. Merging what it is given is off by mergeBounds. If no logSumExp is off by more than D,
 * neither is theirs together, every weight is right to a factor e^±2D, and all weights together are off by e^2D − 1 of a value.
 */
function merged(parts: readonly Bounded[], options: MergeOptions<FloatData>, { values, dtype }: Draft, greatest: number): Bounded {
  const call: MergeCall = { op: 'merge', parts: parts.map(({ part }) => part), options };
  const sheet = textbookMerge(call);
  const own = mergeBounds(sheet, kernelArithmetic);
  const scoreOff = (row: number) => Math.max(...parts.map(({ logSumExp }) => logSumExp[row] ?? 0));
  const slack = own.output.slack.map(
    (x, i) => x + Math.max(...parts.map(({ output }) => output[i] ?? 0)) + Math.expm1(2 * scoreOff(Math.floor(i / values))) * greatest,
  );
  return {
    part: mergeAttention(call.parts, options),
    output: stored(slack, sheet.output, dtype),
    logSumExp: own.logSumExp.slack.map((x, row) => x + scoreOff(row)),
  };
}

/** Cuts 0 … keys into ranges, some of them perhaps empty. */
function ranges(keys: number, parts: number, { uniform }: Random): (readonly [number, number])[] {
  const cuts = Array.from({ length: parts - 1 }, () => Math.floor(uniform() * (keys + 1))).sort((a, b) => a - b);
  return Array.from({ length: parts }, (_, i) => [cuts[i - 1] ?? 0, cuts[i] ?? keys] as const);
}

function expectWhole(draft: Draft, arithmetic: Arithmetic): void {
  const { layout, heads, keys, dtype } = draft;
  const { q, k, v } = tensorsOf(draft);
  const chance = random(`grouping ${draft.numbers}`);
  const sinks = draft.sunk ? { sinks: Float32Array.from({ length: heads }, chance.normal) } : {};
  const whole: AttentionCall = { op: 'attention', q, k, v, options: { layout, ...sinks, returnLogSumExp: true } };
  const sheet = textbookAttention(whole);
  const greatest = numbersOf(whole, 'v', v).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

  let parts = ranges(keys, draft.parts, chance).map(([from, to]) =>
    attended(
      { op: 'attention', q, k: keysOf(k, layout, from, to), v: keysOf(v, layout, from, to), options: { layout } },
      dtype,
      arithmetic,
    ),
  );
  // Some of them, not always neighbours, become one; then some of those.
  for (let step = 0; step < 3; step++) {
    const [together, alone] = [parts.filter((_, i) => (i + step) % 2 === 0 || chance.uniform() < 0.3), [] as Bounded[]];
    alone.push(...parts.filter((part) => !together.includes(part)));
    if (together.length > 0 && chance.uniform() < 0.7) parts = [...alone, merged(together, { layout }, draft, greatest)];
  }
  const all = merged(parts, { layout, ...sinks }, draft, greatest);
  const { output, logSumExp } = all.part;
  const wrong = [
    ...faults('output', numbersOf(whole, 'output', output), sheet.output, { slack: all.output }, formatOf(output)),
    ...faults('logSumExp', numbersOf(whole, 'logSumExp', logSumExp), sheet.logSumExp, { slack: all.logSumExp }, 'float32'),
  ];
  expect(wrong.slice(0, 3)).toEqual([]);
}

describe.each(targets.map((target) => ({ name: label(target), target })))(`$name, seed ${seed}`, ({ target }) => {
  beforeAll(() => use(target));
  afterAll(() => setBackend('auto'));

  it('any split of the keys, merged in any grouping, equals the whole', () =>
    fc.assert(
      fc.property(drafts, (draft) => expectWhole(draft, arithmeticOf(target))),
      { seed, numRuns: 60 },
    ));
});
