/** What a Memory and a SequenceAttention promise beside their numbers: whose they are, what they keep, and sizes of 0. */
import { afterAll, describe, expect, it } from 'vitest';
import { setBackend } from '../../src/node.js';
import { SequenceAttention } from '../../src/seq2seq/node.js';
import type { Tensor } from '../../src/types.js';
import { label, targets, use } from '../targets.js';
import { hasCoverage, normals, optionsOf, type Sizes, scores, stateDim } from './sequences.js';

afterAll(() => setBackend('auto'));

const sizes: Sizes = { batch: 2, length: 13, dState: 8, dMemory: 16, units: 5 };
const { batch, length, dMemory } = sizes;
const lengths = Int32Array.of(13, 6);
const encoded = () => normals('h', [batch, length, dMemory]);
const stateOf = (name: (typeof scores)[number], seed = 's') => normals(seed, [batch, stateDim(name, sizes)]);

describe.each(scores)('%s', (name) => {
  const make = () => new SequenceAttention(optionsOf(name, sizes));

  it('sees nothing of states past a length', () => {
    const odd = encoded();
    odd.data.fill(Number.NaN, (length + 6) * dMemory);
    const attend = make();
    const [clean, padded] = [attend.memory(encoded(), { lengths }), attend.memory(odd, { lengths })];
    expect(attend.step(stateOf(name), padded)).toEqual(attend.step(stateOf(name), clean));
  });

  it('keeps NaN of a state to its row', () => {
    const attend = make();
    const memory = attend.memory(encoded(), { lengths });
    const state = stateOf(name);
    const expected = attend.step(state, memory);
    state.data[0] = Number.NaN;
    const { context, weights } = attend.step(state, memory);
    expect([...context.data.subarray(0, dMemory), ...weights.data.subarray(0, length)].every(Number.isNaN)).toBe(true);
    expect(context.data.subarray(dMemory)).toEqual(expected.context.data.subarray(dMemory));
    expect(weights.data.subarray(length)).toEqual(expected.weights.data.subarray(length));
  });

  it('serves several decoders with one memory', () => {
    const attend = make();
    const shared = attend.memory(encoded(), { lengths });
    const alone = (seed: string) => {
      const memory = attend.memory(encoded(), { lengths });
      const first = attend.step(stateOf(name, seed), memory);
      return [first, attend.step(stateOf(name, `${seed}2`), memory, { coverage: first.coverage })];
    };
    const [a, b] = [attend.step(stateOf(name, 'a'), shared), attend.step(stateOf(name, 'b'), shared)];
    const [a2, b2] = [
      attend.step(stateOf(name, 'a2'), shared, { coverage: a.coverage }),
      attend.step(stateOf(name, 'b2'), shared, { coverage: b.coverage }),
    ];
    expect([
      [a, a2],
      [b, b2],
    ]).toEqual([alone('a'), alone('b')]);
  });

  it('keeps what it was made of, and writes to none of it', () => {
    const options = optionsOf(name, sizes);
    const [states, given, state] = [encoded(), lengths.slice(), stateOf(name)];
    const attend = new SequenceAttention(options);
    const memory = attend.memory(states, { lengths: given });
    const expected = attend.step(state, memory);
    expect([states, given, state, options]).toEqual([encoded(), lengths, stateOf(name), optionsOf(name, sizes)]);
    states.data.fill(7);
    given.fill(1);
    for (const weight of Object.values(options) as (Tensor | string | number)[]) if (typeof weight === 'object') weight.data.fill(7);
    expect(attend.step(state, memory)).toEqual(expected);
  });

  it('goes on on another backend', () => {
    setBackend('auto');
    const attend = make();
    const memory = attend.memory(encoded(), { lengths });
    attend.step(stateOf(name), memory);
    for (const target of targets) {
      use(target);
      const here = attend.step(stateOf(name), memory);
      expect(here, label(target)).toEqual(attend.step(stateOf(name), memory));
      // The keys are those of the backend that made them: another one may round a state's product differently, but to the same few ulp.
      const anew = attend.step(stateOf(name), attend.memory(encoded(), { lengths }));
      here.context.data.forEach((value, at) => {
        expect(Math.abs(value - (anew.context.data[at] ?? 0)), label(target)).toBeLessThan(1e-4);
      });
    }
    setBackend('auto');
  });

  it('takes states without their batch, and gives results without it', () => {
    const attend = make();
    const states = normals('h', [length, dMemory]);
    const memory = attend.memory(states);
    expect(memory.shape).toEqual([1, length, dMemory]);
    const state = normals('s', [stateDim(name, sizes)]);
    const bare = attend.step(state, memory);
    const batched = attend.step({ data: state.data, shape: [1, state.data.length] }, memory);
    expect(bare.context).toEqual({ data: batched.context.data, shape: [dMemory] });
    expect(bare.weights).toEqual({ data: batched.weights.data, shape: [length] });
    if (hasCoverage(name)) {
      const next = attend.step(state, memory, { coverage: bare.coverage });
      expect(next.coverage?.shape).toEqual([length]);
      expect(next.weights.data).not.toEqual(bare.weights.data);
    }
    const sequence = attend.sequence({ data: state.data, shape: [1, state.data.length] }, memory);
    expect([sequence.context.shape, sequence.weights.shape]).toEqual([
      [1, dMemory],
      [1, length],
    ]);
  });

  it('gives zeros where there is nothing to see', () => {
    const attend = make();
    const empty = attend.memory({ data: new Float32Array(0), shape: [batch, 0, dMemory] });
    const result = attend.step(stateOf(name), empty);
    expect(result.context).toEqual({ data: new Float32Array(batch * dMemory), shape: [batch, dMemory] });
    expect(result.weights).toEqual({ data: new Float32Array(0), shape: [batch, 0] });
    const unseen = attend.step(stateOf(name), attend.memory(encoded(), { lengths: Int32Array.of(0, 0) }));
    expect(unseen.context.data).toEqual(new Float32Array(batch * dMemory));
    expect(unseen.weights.data).toEqual(new Float32Array(batch * length));
  });

  it('is empty for no steps and for no sequences', async () => {
    const attend = make();
    const memory = attend.memory(encoded());
    const width = stateDim(name, sizes);
    const none = { data: new Float32Array(0), shape: [batch, 0, width] };
    const expected = {
      context: { data: new Float32Array(0), shape: [batch, 0, dMemory] },
      weights: { data: new Float32Array(0), shape: [batch, 0, length] },
    };
    expect(attend.sequence(none, memory)).toEqual(expected);
    expect(await attend.sequenceAsync(none, memory)).toEqual(expected);
    const nobody = attend.memory({ data: new Float32Array(0), shape: [0, length, dMemory] });
    const { context, weights } = attend.step({ data: new Float32Array(0), shape: [0, width] }, nobody);
    expect([context.shape, weights.shape]).toEqual([
      [0, dMemory],
      [0, length],
    ]);
  });

  it('copies states in its twins, and stops at a signal', async () => {
    const attend = make();
    const states = encoded();
    const decoder = normals('s', [batch, 4, stateDim(name, sizes)]);
    const expected = attend.sequence(decoder, attend.memory(states, { lengths }));
    const made = attend.memoryAsync(states, { lengths });
    states.data.fill(Number.NaN);
    const pending = attend.sequenceAsync(decoder, await made);
    decoder.data.fill(Number.NaN);
    expect(await pending).toEqual(expected);

    const signal = AbortSignal.abort('enough');
    const memory = attend.memory(encoded());
    await expect(attend.memoryAsync(encoded(), { signal })).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: 'enough' });
    await expect(attend.sequenceAsync(decoder, memory, { signal })).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: 'enough' });
  });
});

it('a concat attention serves memories of several widths', () => {
  const attend = new SequenceAttention({ score: 'concat', weight: normals('W', [24, 5]), v: normals('v', [5]) });
  const wide = attend.memory(normals('h', [1, 3, 20]));
  const narrow = attend.memory(normals('h', [1, 3, 8]));
  const before = attend.step(normals('s', [4]), wide);
  expect(attend.step(normals('s', [16]), narrow).context.shape).toEqual([8]);
  expect(attend.step(normals('s', [4]), wide)).toEqual(before);
});

it('goes on after a step that was refused', () => {
  const attend = new SequenceAttention({ score: 'dot' });
  const memory = attend.memory(encoded());
  const expected = attend.step(stateOf('dot'), memory);
  expect(() => attend.step(normals('s', [batch, 3]), memory)).toThrow('expected [2, 16]');
  expect(attend.step(stateOf('dot'), memory)).toEqual(expected);
});
