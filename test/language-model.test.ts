/**
 * examples/language-model: its transformer gives, by TensorFlow.js in one pass and by fovea's ops step by step, the same logits on every target, and what the
 * bound of that notices; a short training that learns; and the program that `npm run language-model` runs, as a user would start it (on the built library;
 * `npm test` builds that first). Its text and its n-grams: language-model-text.test.ts.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseArguments } from '../examples/language-model/arguments.mjs';
import { joined, readCorpus } from '../examples/language-model/corpus.mjs';
import { bitsPerCharacter, createTraining } from '../examples/language-model/learn.mjs';
import { createVariables, logitsOf, type Sizes, surpriseOf } from '../examples/language-model/network.mjs';
import { fitNgram } from '../examples/language-model/ngram.mjs';
import { formatReport } from '../examples/language-model/report.mjs';
import { idsOf, vocabulary } from '../examples/language-model/vocabulary.mjs';
import { compareWithTensorFlow, write } from '../examples/language-model/write.mjs';
import { seededRandom } from '../examples/program/random.mjs';
import { backend } from '../src/node.js';
import '../src/tfjs/node.js';
import { startExample } from './start-example.js';
import { targets, use } from './targets.js';
import { named, parsed } from './viz/parsed.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const sizes = { layers: 2, width: 32, heads: 4, context: 12 };
const draw = () => ({ temperature: 1, uniform: seededRandom(5) });
const prompt = idsOf('To be, or');

beforeAll(async () => {
  await tf.setBackend('fovea');
});

/** Variables of such a network, for one use. */
function withVariables<Result>(own: Sizes, seed: number, use: (variables: ReturnType<typeof createVariables>) => Result): Result {
  const variables = createVariables(own, seed);
  try {
    return use(variables);
  } finally {
    tf.dispose(Object.values(variables));
  }
}

describe.each(targets)('the transformer on $name $target', (target) => {
  beforeAll(() => use(target));

  it('writes by the logits that TensorFlow.js gives, also past its context', { timeout: 240_000 }, () => {
    withVariables(sizes, 1, (variables) => {
      const written = write(variables, sizes, prompt, 20, draw());
      expect(written.ids).toHaveLength(29);
      expect(written.ids.subarray(0, 9)).toEqual(prompt);
      expect(compareWithTensorFlow(variables, sizes, written)).toMatchObject({ holds: true });
    });
  });
});

describe('the bound', () => {
  beforeAll(() => use(targets[0] ?? { name: 'reference', target: 'js' }));
  // Whoever looks one character less far, writes with other weights, or puts one number wrong, is found out.
  it.each([
    ['another context', (v: Variables) => compareWithTensorFlow(v, { ...sizes, context: 11 }, write(v, sizes, prompt, 20, draw()))],
    ['fewer heads', (v: Variables) => compareWithTensorFlow(v, { ...sizes, heads: 2 }, write(v, sizes, prompt, 20, draw()))],
    ['one weight that is off by a hundredth', (v: Variables) => withOneOff(v, 0.01)],
    [
      'a logit that is NaN',
      (v: Variables) => {
        const written = write(v, sizes, prompt, 20, draw());
        written.logits[7] = Number.NaN;
        return compareWithTensorFlow(v, sizes, written);
      },
    ],
  ])('notices %s', (_name, compared) => {
    withVariables(sizes, 1, (variables) => expect(compared(variables)).toMatchObject({ holds: false }));
  });

  it('is not so wide that ten times of it would go unnoticed, nor so narrow that rounding comes near it', () => {
    withVariables(sizes, 1, (variables) => {
      const [none, small] = [withOneOff(variables, 0), withOneOff(variables, 0.0002)];
      expect(none.difference).toBeLessThan(none.bound / 10);
      expect(small.difference).toBeLessThan(10 * small.bound);
      expect(small).toMatchObject({ holds: false });
    });
  });

  /** What is written by these weights, held against TensorFlow.js with one of the first layer's that is off. */
  function withOneOff(variables: Variables, by: number) {
    const written = write(variables, sizes, prompt, 20, draw());
    const { '0.query': query } = variables;
    if (query === undefined) throw new Error('there is no such weight');
    const one = tf.reshape(tf.oneHot(tf.tensor1d([3], 'int32'), 32 * 32, by, 0, 'float32'), [32, 32]);
    return tf.tidy(() => compareWithTensorFlow({ ...variables, '0.query': tf.variable(tf.add(query, one)) }, sizes, written));
  }
});
type Variables = ReturnType<typeof createVariables>;

describe('the transformer', () => {
  it('foretells from what stands before alone', () => {
    withVariables(sizes, 2, (variables) => {
      const of = (text: string) => logitsOf(variables, sizes, tf.tensor2d(idsOf(text), [1, text.length], 'int32')).dataSync();
      const [a, b] = [of('abcdefgh'), of('abcdefgX')];
      expect(a.slice(0, 7 * vocabulary)).toEqual(b.slice(0, 7 * vocabulary));
      expect(a.slice(7 * vocabulary)).not.toEqual(b.slice(7 * vocabulary));
    });
  });

  it('is measured by every character but the first, once', () => {
    withVariables(sizes, 3, (variables) => {
      const ids = idsOf('It is a truth universally acknowledged, that a single');
      // Within a context there is one window; this is the mean over it.
      const short = ids.subarray(0, 13);
      const whole = tf.mean(surpriseOf(variables, sizes, tf.tensor2d(short, [1, 13], 'int32'))).dataSync()[0] ?? Number.NaN;
      expect(bitsPerCharacter(variables, sizes, short)).toBeCloseTo(whole / Math.LN2, 5);
      // Where all characters are alike, each costs the same, however many windows there are.
      variables.table?.assign(tf.zerosLike(variables.table));
      for (const length of [2, 5, 13, 14, 19, 20, 53])
        expect(bitsPerCharacter(variables, sizes, ids.subarray(0, length))).toBeCloseTo(Math.log2(vocabulary), 5);
    });
  });

  it('learns: a small one, in a few steps, foretells what it has not seen far better than single letters do', { timeout: 240_000 }, () => {
    use(targets[0] ?? { name: 'reference', target: 'js' });
    const small = { layers: 2, width: 64, heads: 2, context: 64 };
    const { training, heldOut } = readCorpus(root);
    const [ids, others] = [idsOf(joined(training)), idsOf(joined(heldOut)).subarray(0, 10_000)];
    const unigram = fitNgram(ids, 1, vocabulary)(others);
    withVariables(small, 1, (variables) => {
      const steps = 250;
      const { optimizer, step } = createTraining(variables, small, ids, { steps, batch: 16, seed: 1 });
      const { numTensors } = tf.memory();
      const losses = Array.from({ length: steps }, (_, i) => step(i));
      // Two moments of each variable, kept by the optimizer.
      expect(tf.memory().numTensors).toBe(numTensors + 2 * Object.keys(variables).length);
      const bits = bitsPerCharacter(variables, small, others);
      expect((losses[0] ?? 0) / Math.LN2).toBeGreaterThan(6);
      // All alike are 6.6 bits, single letters 4.6; it needs 3.15.
      expect(bits).toBeLessThan(Math.min(3.5, unigram - 1));
      const written = write(variables, small, idsOf('This '), 100, draw());
      expect(compareWithTensorFlow(variables, small, written)).toMatchObject({ holds: true });
      optimizer.dispose();
    });
  });
});

describe('the program', { timeout: 240_000 }, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'fovea-language-model-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const small = [
    '--steps',
    '60',
    '--batch',
    '2',
    '--context',
    '16',
    '--layers',
    '1',
    '--width',
    '16',
    '--heads',
    '2',
    '--characters',
    '20',
  ];
  const kept = ['--checkpoint', 'kept.safetensors', '--svg', 'curve.svg'];

  it('trains, measures, writes and draws, and does not do it again', () => {
    const first = start([...small, ...kept, '--json']);
    const report = JSON.parse(first.stdout);
    expect(first.status).toBe(0);
    expect(report).toMatchObject({ course: { steps: 60, trained: 60 }, check: { holds: true }, picture: path.join(folder, 'curve.svg') });
    expect(report.course.curve).toHaveLength(60);
    expect(report.course.curve[59]).toEqual([60, expect.any(Number)]);
    // So small and short a training is not meant to be better than anything.
    expect(report).not.toHaveProperty('holds');
    expect(report.bar.bits).toBeCloseTo(0.8 * report.bits.ngrams[1].bits, 12);
    expect(report.bits.transformer).toBeLessThan(report.bits.uniform);
    expect(report.bits.ngrams.map(({ order }: { order: number }) => order)).toEqual([1, 3, 4, 5, 6]);
    expect(report.written.text).toHaveLength(20);
    const texts = named(parsed(readFileSync(path.join(folder, 'curve.svg'), 'utf8')), 'text').map(({ text }) => text);
    expect(texts).toContain('bits per character');

    const { stdout, status } = start([...small, ...kept, '--resume'], { CI: 'true' });
    expect(status).toBe(0);
    expect(stdout).toContain('trained before, by a run whose checkpoint this is');
    expect(stdout).toContain('✓ The logits of fovea, step by step, are those of TensorFlow.js in one pass');
    expect(stdout).toContain('MORE than the 3-gram');
    expect(stdout).toContain(`around step 60   ${report.course.curve[59][1].toFixed(3)}\n`);
    expect(formatReport({ ...report, holds: false }, backend())).toContain(`✗ it has to need less than ${report.bar.bits.toFixed(3)}`);
    expect(stdout).toContain(report.written.text.split('\n')[0]);
    expect(stdout).not.toContain('\u001b');
  });

  it('does not go on from another training', () => {
    const { status, stdout, stderr } = start([...small, ...kept, '--resume', '--seed', '2']);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/cannot go on from .*kept\.safetensors: it is of a training with .*"seed":1.*, expected .*"seed":2/);
  });

  it('explains its options', () => {
    const { status, stdout } = start(['--help']);
    expect(status).toBe(0);
    for (const option of ['steps', 'batch', 'context', 'layers', 'width', 'heads', 'seed', 'checkpoint', 'resume', 'prompt', 'temperature'])
      expect(stdout).toContain(`--${option}`);
  });

  it.each([
    [[], true],
    [['--seed', '7', '--steps', '1300', '--heads', '2'], true],
    [['--steps', '1199'], false],
    [['--width', '64'], false],
  ])('with %j is a full training: %s', (given, full) => {
    expect(parseArguments(given).full).toBe(full);
  });

  it.each([
    ['an unknown option', ['--step', '3'], "Unknown option '--step'"],
    ['no steps', ['--steps', '0'], '--steps is 0, expected a whole number from 1 to 1000000'],
    ['a width that heads do not divide', ['--width', '100', '--heads', '8'], '--width is 100, expected a multiple of 2 · 8'],
    ['a context of one', ['--context', '1'], '--context is 1, expected a whole number from 2'],
    ['no prompt', ['--prompt', ''], '--prompt is empty'],
    ['a temperature of none', ['--temperature', '0'], '--temperature is 0, expected a number from 0.01 to 10'],
    ['a picture of another kind', ['--svg', 'a.png'], '--svg is a.png'],
  ])('refuses %s', (_name, given, words) => {
    expect(() => parseArguments(given)).toThrow(words);
  });

  it('asks for the place of its figures before it trains', () => {
    const { status, stderr } = start([...small, '--markdown', path.join(root, 'LICENSE')]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^language-model: .*LICENSE has no place for the figures: expected the lines\n<!-- language-model: /);
  });

  /** Runs the program in the test's folder. */
  function start(given: string[], environment: NodeJS.ProcessEnv = {}) {
    return startExample('language-model', folder, given, environment);
  }
});
