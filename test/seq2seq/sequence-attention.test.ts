/** SequenceAttention against the formulas of its papers in float64, on every backend and target: step by step, and all steps at once. */
import { afterAll, describe, expect, it } from 'vitest';
import { setBackend } from '../../src/node.js';
import { SequenceAttention } from '../../src/seq2seq/node.js';
import type { Tensor } from '../../src/types.js';
import { faults } from '../check.js';
import { label, type Target, targets, use } from '../targets.js';
import { dense } from '../tensors.js';
import { type SequenceSheet, textbookSequence } from '../textbook/sequence.js';
import { arithmeticOf, sequenceBounds } from '../tolerance.js';
import { hasCoverage, normals, optionsOf, type ScoreName, type Sizes, scores, stateDim } from './sequences.js';

afterAll(() => setBackend('auto'));

const one: Sizes = { batch: 1, length: 17, dState: 12, dMemory: 20, units: 9 };
const three: Sizes = { batch: 3, length: 21, dState: 16, dMemory: 32, units: 33 };
/** Longer than a tile of keys on every target, and of whole vectors. */
const long: Sizes = { batch: 2, length: 350, dState: 6, dMemory: 64, units: 8 };
const lengths = Int32Array.of(0, 21, 5);
const steps = 3;

const places: [string, Sizes, Int32Array | undefined][] = [
  ['one sequence', one, undefined],
  ['one sequence with a length', one, Int32Array.of(11)],
  ['a batch', three, undefined],
  ['a batch with lengths', three, lengths],
  ['long sequences', long, Int32Array.of(350, 322)],
];

const all = scores.flatMap((name) => places.map(([place, sizes, seen]) => [name, place, sizes, seen] as const));

function states(name: ScoreName, sizes: Sizes): { memory: Tensor; decoder: Tensor } {
  const { batch, length, dMemory } = sizes;
  return {
    memory: normals('h', [batch, length, dMemory], 1, 'gapped'),
    decoder: normals('s', [batch, steps, stateDim(name, sizes)], 1, 'spread'),
  };
}

/** `[b, d]` of `[b, steps, d]`, where it lies. */
function stateAt({ data, shape, strides = [], offset = 0 }: Tensor, step: number): Tensor {
  const [batch = 0, , width = 0] = shape;
  const [ofBatch = 0, ofStep = 0, ofColumn = 0] = strides;
  return { data, shape: [batch, width], strides: [ofBatch, ofColumn], offset: offset + step * ofStep };
}

/** What float32 sums of these weights, `[b, steps, t]`, were before each step. */
function coverageOf({ data, shape }: Tensor): (row: number, step: number, position: number) => number {
  const [, count = 0, length = 0] = shape;
  return (row, step, position) => {
    let sum = 0;
    for (let before = 0; before < step; before++) sum = Math.fround(sum + (data[(row * count + before) * length + position] ?? 0));
    return sum;
  };
}

/** Steps side by side, `[b, steps, …]`. */
function stacked(parts: readonly Tensor[]): Tensor {
  const [batch = 0, width = 0] = parts[0]?.shape ?? [];
  const data = new Float32Array(batch * parts.length * width);
  parts.forEach((part, step) => {
    for (let row = 0; row < batch; row++) data.set(part.data.subarray(row * width, (row + 1) * width), (row * parts.length + step) * width);
  });
  return { data, shape: [batch, parts.length, width] };
}

type Expected = { readonly sheet: SequenceSheet; readonly bounds: ReturnType<typeof sequenceBounds> };
const known = new Map<string, Expected>();

/** What is expected; without coverage, which is the result's own, it is worked out once for all targets of one arithmetic. */
function expectedOf(name: ScoreName, sizes: Sizes, seen: Int32Array | undefined, weights: Tensor, target: Target): Expected {
  const make = (coverage?: ReturnType<typeof coverageOf>): Expected => {
    const { memory, decoder } = states(name, sizes);
    const sheet = textbookSequence(optionsOf(name, sizes), { states: decoder, memory, lengths: seen, coverage });
    return { sheet, bounds: sequenceBounds(sheet, arithmeticOf(target)) };
  };
  if (hasCoverage(name)) return make(coverageOf(weights));
  const key = JSON.stringify([name, sizes, seen, arithmeticOf(target)]);
  const expected = known.get(key) ?? make();
  known.set(key, expected);
  return expected;
}

describe.each(targets.map((target) => ({ name: label(target), target })))('$name', ({ target }) => {
  const expectTextbook = (name: ScoreName, sizes: Sizes, seen: Int32Array | undefined, result: { context: Tensor; weights: Tensor }) => {
    const { sheet, bounds } = expectedOf(name, sizes, seen, result.weights, target);
    expect(result.context.shape).toEqual([sizes.batch, steps, sizes.dMemory]);
    expect(result.weights.shape).toEqual([sizes.batch, steps, sizes.length]);
    expect(faults('context', dense(result.context).data, sheet.context, bounds.context, 'float32')).toEqual([]);
    expect(faults('weights', dense(result.weights).data, sheet.weights, bounds.weights, 'float32')).toEqual([]);
  };

  it.each(all)('%s, %s, step by step', (name, _, sizes, seen) => {
    use(target);
    const { memory, decoder } = states(name, sizes);
    const attend = new SequenceAttention(optionsOf(name, sizes));
    const held = attend.memory(memory, { lengths: seen });
    const contexts: Tensor[] = [];
    const weights: Tensor[] = [];
    let coverage: Tensor | undefined;
    for (let step = 0; step < steps; step++) {
      const result = attend.step(stateAt(decoder, step), held, { coverage });
      contexts.push(result.context);
      weights.push(result.weights);
      coverage = result.coverage;
      expect(coverage !== undefined).toBe(hasCoverage(name));
    }
    const side = { context: stacked(contexts), weights: stacked(weights) };
    expectTextbook(name, sizes, seen, side);
    if (coverage !== undefined) {
      const after = coverageOf({ data: side.weights.data, shape: side.weights.shape });
      const { batch, length } = sizes;
      const sums = Array.from({ length: batch * length }, (_, at) => after(Math.floor(at / length), steps, at % length));
      expect(coverage).toEqual({ data: Float32Array.from(sums), shape: [batch, length] });
    }
  });

  it.each(all)('%s, %s, all steps at once', (name, _, sizes, seen) => {
    use(target);
    const { memory, decoder } = states(name, sizes);
    const attend = new SequenceAttention(optionsOf(name, sizes));
    expectTextbook(name, sizes, seen, attend.sequence(decoder, attend.memory(memory, { lengths: seen })));
  });

  it.each(scores)('%s: twins give the same bits', async (name) => {
    use(target);
    const { memory, decoder } = states(name, three);
    const attend = new SequenceAttention(optionsOf(name, three));
    const expected = attend.sequence(decoder, attend.memory(memory, { lengths }));
    const held = await attend.memoryAsync(memory, { lengths });
    expect(await attend.sequenceAsync(decoder, held)).toEqual(expected);
    expect(await attend.sequenceAsync(decoder, held, { copy: false })).toEqual(expected);
  });
});
