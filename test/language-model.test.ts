/**
 * examples/language-model: its n-grams are probabilities; its text is the same everywhere, and nothing held out is learned; its transformer gives, by
 * TensorFlow.js in one pass and by fovea's ops step by step, the same logits on every target, and what the bound of that notices; a short training that
 * learns; and the program that `npm run language-model` runs, as a user would start it (on the built library; `npm test` builds that first).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placeOf } from '../bench/place.mjs';
import { parseArguments } from '../examples/language-model/arguments.mjs';
import { joined, readCorpus } from '../examples/language-model/corpus.mjs';
import { bitsPerCharacter, createTraining } from '../examples/language-model/learn.mjs';
import { createVariables, logitsOf, type Sizes, surpriseOf } from '../examples/language-model/network.mjs';
import { fitNgram } from '../examples/language-model/ngram.mjs';
import { idsOf, textOf, vocabulary } from '../examples/language-model/vocabulary.mjs';
import { compareWithTensorFlow, write } from '../examples/language-model/write.mjs';
import { seededRandom } from '../examples/program/random.mjs';
import '../src/tfjs/node.js';
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

describe('characters', () => {
  it('are what they were, but for those that are no ASCII', () => {
    const all = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
    expect(textOf(idsOf(`${all}\nä😀`))).toBe(`${all}\n\ufffd\ufffd`);
    expect(new Set(idsOf(`${all}\nä`)).size).toBe(vocabulary);
    expect(Math.max(...idsOf(`${all}\nä`))).toBe(vocabulary - 1);
  });
});

describe('an n-gram', () => {
  it('is what Witten and Bell say, by hand', () => {
    // Of a a b, characters a, b, c: P(a) = (2 + 2/3) / (3 + 2) = 8/15, P(b) = (1 + 2/3) / 5 = 1/3; behind a came a and b: P(b | a) = (1 + 2 · 1/3) / 4 = 5/12.
    const [a, b] = [0, 1];
    expect(fitNgram(Int32Array.of(a, a, b), 1, 3)(Int32Array.of(a, b, a))).toBeCloseTo(-(Math.log2(1 / 3) + Math.log2(8 / 15)) / 2, 12);
    expect(fitNgram(Int32Array.of(a, a, b), 2, 3)(Int32Array.of(a, b))).toBeCloseTo(-Math.log2(5 / 12), 12);
  });

  it.each([1, 2, 3, 5])('of order %i gives shares that sum to 1 behind any context', (order) => {
    const uniform = seededRandom(1);
    const ids = Int32Array.from({ length: 500 }, () => Math.floor(uniform() ** 2 * 6));
    const bits = fitNgram(ids, order, 7);
    for (const context of [
      [0, 0, 0, 0],
      [1, 0, 2, 1],
      [5, 5, 5, 5],
      [6, 6, 6, 6],
      [0, 6, 0, 1],
    ]) {
      const before = bits(Int32Array.from(context)) * (context.length - 1);
      const shares = Array.from({ length: 7 }, (_, next) => 2 ** (before - bits(Int32Array.of(...context, next)) * context.length));
      expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 10);
      for (const share of shares) expect(share).toBeGreaterThan(0);
    }
  });
});

describe('the text', () => {
  const { training, heldOut } = readCorpus(root);

  it('is of packages with their licences, none of them on both sides, no paragraph twice', () => {
    const all = [...training, ...heldOut];
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(all.map(({ license }) => license)).not.toContain('no licence named');
    expect(heldOut.length).toBeGreaterThanOrEqual(5);
    expect(heldOut.map(({ name }) => name)).toEqual(heldOut.map(({ name }) => name).toSorted());
    const paragraphs = all.flatMap(({ text }) => text.trimEnd().split('\n'));
    expect(new Set(paragraphs).size).toBe(paragraphs.length);
    expect(paragraphs.every((text) => text.length >= 40)).toBe(true);
    expect(joined(training).length).toBeGreaterThan(300_000);
  });

  it('is the same when it is read again', () => {
    expect(readCorpus(root)).toEqual({ training, heldOut });
  });
});

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
    [
      'one weight that is off by a hundredth',
      (v: Variables) => {
        const written = write(v, sizes, prompt, 20, draw());
        const query = v['0.query'];
        if (query === undefined) throw new Error('there is no such weight');
        const off = tf.tidy(() => tf.variable(tf.add(query, tf.oneHot(tf.tensor1d([3], 'int32'), 32, 0.01, 0, 'float32'))));
        return compareWithTensorFlow({ ...v, '0.query': off }, sizes, written);
      },
    ],
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
    expect(report.bits.transformer).toBeLessThan(report.bits.uniform);
    expect(report.bits.ngrams.map(({ order }: { order: number }) => order)).toEqual([1, 3, 5]);
    expect(report.written.text).toHaveLength(20);
    const texts = named(parsed(readFileSync(path.join(folder, 'curve.svg'), 'utf8')), 'text').map(({ text }) => text);
    expect(texts).toContain('bits per character');

    const { stdout, status } = start([...small, ...kept, '--resume'], { CI: 'true' });
    expect(status).toBe(0);
    expect(stdout).toContain('trained before, by a run whose checkpoint this is');
    expect(stdout).toContain('✓ The logits of fovea, step by step, are those of TensorFlow.js in one pass');
    expect(stdout).toContain('MORE than the 3-gram');
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
    const { FOVEA_BACKEND: _, FOVEA_TARGET: __, INIT_CWD: ___, FORCE_COLOR: ____, ...inherited } = process.env;
    const program = path.join(root, 'examples/language-model/main.mjs');
    return spawnSync(process.execPath, [program, ...given], { cwd: folder, encoding: 'utf8', env: { ...inherited, ...environment } });
  }
});

it('has a picture and measured figures in its README', () => {
  const svg = readFileSync(path.join(root, 'examples/language-model/picture.svg'), 'utf8');
  expect(named(parsed(svg), 'desc')[0]?.text).toMatch(/On held-out text the transformer needs \d\.\d\d, a 3-gram \d\.\d\d/);
  const readme = readFileSync(path.join(root, 'examples/language-model/README.md'), 'utf8');
  const [begin, end] = placeOf('language-model', 'npm run language-model -- --markdown FILE');
  const figures = readme.slice(readme.indexOf(begin), readme.indexOf(end));
  expect(figures).toMatch(/\n> .* cores · .* Node v.*\n/);
  const of = (name: string) => Number(new RegExp(`\\| ${name}.*\\| (\\d\\.\\d{3}) +\\|`).exec(figures)?.[1]);
  expect(of('the transformer')).toBeLessThan(0.8 * of('3-gram'));
});
