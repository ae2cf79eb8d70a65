/**
 * examples/seq2seq-training, what examples/translation and examples/captioning share: batches and their words; steps of the decoder give what the pass that is
 * trained gives; padding changes nothing; a training that was stopped goes on as if it had not been; checkpoints of models that are compared.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchesOf, padded, taught } from '../examples/seq2seq-training/batches.mjs';
import { rowsOf } from '../examples/seq2seq-training/comparison.mjs';
import { trainModel } from '../examples/seq2seq-training/course.mjs';
import type { Model } from '../examples/seq2seq-training/decoder.mjs';
import { exactMatch } from '../examples/seq2seq-training/exact.mjs';
import { fingerprintOf } from '../examples/seq2seq-training/fingerprint.mjs';
import { greedy } from '../examples/seq2seq-training/greedy.mjs';
import { trainRivals } from '../examples/seq2seq-training/rivals.mjs';
import { createVocabulary, end, noToken, padding, start } from '../examples/seq2seq-training/vocabulary.mjs';
import { createBatches } from '../examples/translation/batches.mjs';
import { createTranslator } from '../examples/translation/model.mjs';
import { createNumbers } from '../examples/translation/numbers.mjs';
import '../src/tfjs/node.js';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'fovea-seq2seq-'));
  await tf.setBackend('fovea');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('vocabulary and batches', () => {
  it('gives tokens ids behind the reserved ones, and back up to the end', () => {
    const vocabulary = createVocabulary('cabba');
    expect(vocabulary.size).toBe(6);
    expect(vocabulary.idsOf('abc')).toEqual([3, 4, 5]);
    // What is written beside the tokens is not overlooked.
    expect(vocabulary.tokensOf([5, start, 3, padding, end, 4])).toEqual(['c', noToken, 'a', noToken]);
    expect(() => vocabulary.idsOf('ax')).toThrow(/"x" is not among the 3 tokens/);
  });

  it('teaches each token the one behind it', () => {
    const { given, expected } = taught([[5, 6, 7], [8]]);
    expect(given.arraySync()).toEqual([
      [start, 5, 6, 7],
      [start, 8, padding, padding],
    ]);
    expect(expected.arraySync()).toEqual([
      [5, 6, 7, end],
      [8, end, padding, padding],
    ]);
    expect(padded([[5], [6]]).arraySync()).toEqual([
      [5, padding],
      [6, padding],
    ]);
    expect(batchesOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('counts what is right in every token, of each kind too', () => {
    const result = (kind: string, written: string) => ({ kind, written, expected: 'ab', source: kind });
    const match = exactMatch([result('x', 'ab'), result('x', 'abc'), result('y', 'a'), result('x', 'ab')]);
    expect(match).toMatchObject({ right: 2, count: 4, share: 0.5, kinds: { x: { share: 2 / 3 }, y: { share: 0 } } });
    expect(match.wrong.map(({ written }) => written)).toEqual(['abc', 'a']);
  });

  it('takes padding in the middle of what was written for a mistake', () => {
    const vocabulary = createVocabulary('ab');
    const of = (ids: number[]) => ({ source: '', kind: '', written: vocabulary.tokensOf(ids).join(''), expected: 'ab' });
    expect(exactMatch([of([3, 4, end]), of([3, padding, 4, end]), of([start, 3, 4, end])])).toMatchObject({ right: 1, count: 3 });
  });
});

/** Logits are sums of a few hundred products, one behind the other in each step: what float32 makes of another order of them. */
const rounding = 1e-4;

describe.each([true, false])('a model, attends: %s', (attends) => {
  let model: Model;
  const source = () => padded([[4, 5, 6, 7, 8, 9, 10], [11, 12, 5], [6]]);
  beforeAll(() => {
    model = createTranslator({ source: 20, target: 14 }, { attends, seed: 1 });
  });

  it('gives step by step what the trained pass gives', () => {
    const { given } = taught([
      [3, 4, 5, 6],
      [7, 8, 9, 10],
      [11, 12, 13, 3],
    ]);
    const whole = model.teach(source(), given);
    let states = model.begin(source());
    const steps = tf.unstack(given, 1).map((ids) => {
      const { logits, states: behind } = model.step(ids, states);
      states = behind;
      return logits;
    });
    expect(largestDifference(whole, tf.stack(steps, 1))).toBeLessThan(rounding);
    // Tokens that were given make a difference.
    expect(largestDifference(whole, model.teach(source(), tf.reverse(given, 1)))).toBeGreaterThan(100 * rounding);
  });

  it('does not see padding', () => {
    const { given } = taught([[3, 4, 5, 6]]);
    const alone = model.teach(padded([[11, 12, 5]]), given);
    expect(largestDifference(alone, model.teach(padded([[11, 12, 5, padding, padding, padding]]), given))).toBeLessThan(rounding);
    expect(largestDifference(alone, model.teach(padded([[11, 12, 6]]), given))).toBeGreaterThan(10 * rounding);
  });

  it('looks at what is there, or at nothing without attention', () => {
    const results = greedy(model, source(), 5, { looks: true });
    expect(results).toHaveLength(3);
    for (const [row, { looks }] of results.entries()) {
      expect(looks.length > 0).toBe(attends);
      for (const weights of looks) {
        const length = [7, 3, 1][row] ?? 0;
        expect(weights.subarray(0, length).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
        expect([...weights.subarray(length)].every((weight) => weight === 0)).toBe(true);
      }
    }
  });

  it('is another with another seed, and the same one with the same', () => {
    const logits = (seed: number) =>
      createTranslator({ source: 20, target: 14 }, { attends, seed }).teach(source(), padded([[1], [1], [1]]));
    expect(largestDifference(logits(1), logits(1))).toBe(0);
    expect(largestDifference(logits(1), logits(2))).toBeGreaterThan(0);
  });
});

function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  expect(a.shape).toEqual(b.shape);
  return Number(tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] ?? Number.NaN);
}

/** Small numbers of two languages, and a model of them. */
const numbers = () => createBatches(createNumbers(1, ['Japanese', 'Korean']), 1, 4);
function made(attends = true) {
  const batches = numbers();
  return { batches, model: createTranslator(batches.vocabularies, { attends, seed: 1 }) };
}

it('a training goes on after Ctrl-C as if there had been none', { timeout: 120_000 }, async () => {
  const asked = { label: 'test', rate: 0.005, settings: {}, goOn: 'again' };
  const whole = made();
  const file = path.join(folder, 'stops.safetensors');
  const { losses } = await trainModel(whole.model, whole.batches.training, { ...asked, steps: 12, file, resume: false });
  const first = made();
  const interrupted = (step: number) => {
    if (step === 4) process.emit('SIGINT');
    return first.batches.training(step);
  };
  await expect(trainModel(first.model, interrupted, { ...asked, steps: 12, file, resume: false })).rejects.toThrow(
    /stopped after step 5 of 12/,
  );
  const second = made();
  const rest = await trainModel(second.model, second.batches.training, { ...asked, steps: 12, file, resume: true });
  expect([rest.trained, rest.losses]).toEqual([7, losses]);
  const [a, b] = [whole, second].map(({ batches, model }) => batches.write(model, batches.heldOut(20)));
  expect(b).toEqual(a);
});

describe('models that are compared', { timeout: 120_000 }, () => {
  const batches = numbers();
  const heldOut = batches.heldOut(5);
  const rivals = [
    { name: 'first', file: 'first.safetensors', attends: true, steps: 4 },
    { name: 'second', file: 'second.safetensors', attends: false, steps: 3 },
  ];
  const train = (resume: boolean, batch = batches.training) =>
    trainRivals(rivals, {
      ...{ label: 'test', rate: 0.005, settings: {}, checkpoints: folder, resume, batch },
      create: (attends) => made(attends).model,
      write: (model) => batches.write(model, heldOut),
    });
  const second = () => path.join(folder, 'second.safetensors');

  it('keep what an older run has left until the first of them has a new checkpoint', async () => {
    writeFileSync(second(), 'old');
    const broken = () => {
      throw new Error('no batch');
    };
    await expect(train(false, broken)).rejects.toThrow('no batch');
    expect(existsSync(second())).toBe(true);
    const interrupted = (step: number) => {
      if (step === 1) process.emit('SIGINT');
      return batches.training(step);
    };
    await expect(train(false, interrupted)).rejects.toThrow(/stopped after step 2 of 4/);
    expect(existsSync(second())).toBe(false);
  });

  it('go on, and say which steps were timed', async () => {
    const trained = await train(true);
    expect(trained.map(({ name, steps, trained, match }) => [name, steps, trained, match.count])).toEqual([
      ['first', 4, 2, 5],
      ['second', 3, 3, 5],
    ]);
    expect(rowsOf(trained).at(-1)).toEqual([
      'training',
      expect.stringMatching(/^the last 2 steps: \d+ s$/),
      expect.stringMatching(/^\d+ s$/),
    ]);
    const again = await train(true);
    expect(rowsOf(again).slice(-2)).toEqual([
      ['a step', '–', '–'],
      ['training', 'before', 'before'],
    ]);
    expect(again.map(({ losses, loss }) => [losses, loss])).toEqual(trained.map(({ losses, loss }) => [losses, loss]));
  });
});

it('has another fingerprint of other data, and of the same data cut elsewhere', () => {
  const prints = [['ab', 'c'], ['a', 'bc'], ['ab', 'd'], [Float32Array.of(1)], [Float32Array.of(2)]].map(fingerprintOf);
  expect(new Set(prints).size).toBe(5);
  expect(fingerprintOf(['ab', 'c'])).toBe(prints[0]);
});
