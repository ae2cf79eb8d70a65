/**
 * examples/translation and what it shares with examples/captioning: no text means two dates, nothing that is held out is trained on; steps of the decoder give what the
 * pass that is trained gives; padding changes nothing; a short training learns, attention more than none; and the program that `npm run translation` runs, as a
 * user would start it (on the built library; `npm test` builds that first).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../examples/program/random.mjs';
import { batchesOf, padded, taught } from '../examples/seq2seq-training/batches.mjs';
import { trainModel } from '../examples/seq2seq-training/course.mjs';
import type { Model } from '../examples/seq2seq-training/decoder.mjs';
import { exactMatch } from '../examples/seq2seq-training/exact.mjs';
import { greedy } from '../examples/seq2seq-training/greedy.mjs';
import { createVocabulary, end, padding, start } from '../examples/seq2seq-training/vocabulary.mjs';
import { createBatches } from '../examples/translation/batches.mjs';
import { createDates, formats, isoOf, locales, written } from '../examples/translation/dates.mjs';
import { createTranslator } from '../examples/translation/model.mjs';
import { alwaysSeen, createNumbers, inWords, languages } from '../examples/translation/numbers.mjs';
import { drawAlignment } from '../examples/translation/picture.mjs';
import { createTask } from '../examples/translation/task.mjs';
import '../src/tfjs/node.js';
import { named, parsed } from './viz/parsed.js';

const examples = fileURLToPath(new URL('../examples', import.meta.url));
const stackTrace = /\n\s+at /;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'fovea-translation-'));
  await tf.setBackend('fovea');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('dates', () => {
  it('are 30 locales or more in 6 formats, and no text means two days', () => {
    expect(locales.length).toBeGreaterThanOrEqual(30);
    expect(formats).toHaveLength(6);
    const days = [1953, 1988, 2011, 2040].flatMap((year) => Array.from({ length: 365 }, (_, i) => new Date(year, 0, 1 + i, 12)));
    const meaning = new Map<string, string>();
    for (const locale of locales)
      for (const style of formats)
        for (const day of days) {
          const text = written(day, locale, style);
          expect([text, meaning.get(text) ?? isoOf(day)]).toEqual([text, isoOf(day)]);
          meaning.set(text, isoOf(day));
        }
  });

  it.each([
    ['enUS', 'PPPP', 'Saturday, May 17th, 2031'],
    ['hu', 'PPP', '2031. május 17.'],
    ['ja', 'PPPP', '2031年5月17日土曜日'],
    ['hi', 'PPP', '१७ मई, 2031'],
    ['de', 'EEE d MMM yyyy', 'Sa. 17 Mai 2031'],
  ])('writes %s in %s as date-fns does', (locale, style, text) => {
    expect(written(new Date(2031, 4, 17, 12), locale, style)).toBe(text);
  });

  it('refuses a locale that it has not', () => expect(() => createDates(1, ['tlh'])).toThrow(/tlh is none of the locales enUS, enGB/));
});

describe('numbers', () => {
  it('are 8 languages or more, and no words mean two numbers', () => {
    expect(languages.length).toBeGreaterThanOrEqual(8);
    const uniform = seededRandom(7);
    const numbers = [...Array(1200).keys(), ...Array.from({ length: 3000 }, () => Math.floor(uniform() * 1e6))];
    const meaning = new Map<string, number>();
    for (const language of languages)
      for (const number of numbers) {
        const text = inWords(number, language);
        expect([text, meaning.get(text) ?? number]).toEqual([text, number]);
        meaning.set(text, number);
      }
  });

  it('are 0 to 999,999', () => {
    const { seen, heldOut } = createNumbers(1);
    const uniform = seededRandom(3);
    const drawn = Array.from({ length: 4000 }, () => Number(seen(uniform).target));
    expect(Math.min(...drawn)).toBe(0);
    expect(Math.max(...drawn)).toBeGreaterThan(990_000);
    expect(Math.max(...drawn)).toBeLessThan(1e6);
    for (let i = 0; i < 500; i++) expect(Number(heldOut(uniform).target)).toBeGreaterThanOrEqual(alwaysSeen);
    expect(inWords(234_567, 'German')).toBe('zweihundertvierunddreißigtausendfünfhundertsiebenundsechzig');
  });
});

describe.each(['dates', 'numbers'])('what is held out of %s', (name) => {
  const targets = (seed: number, which: 'seen' | 'heldOut', count: number) => {
    const task = createTask(name, seed);
    const uniform = seededRandom(11);
    return Array.from({ length: count }, () => task[which](uniform).target);
  };

  it('is never trained on', () => {
    const heldOut = new Set(targets(1, 'heldOut', 3000));
    expect(heldOut.size).toBeGreaterThan(1500);
    expect(targets(1, 'seen', 20_000).filter((target) => heldOut.has(target))).toEqual([]);
    const shown = createTask(name, 1).shown.map(({ target }) => target);
    const seen = new Set(targets(1, 'seen', 20_000));
    expect(shown.length).toBeGreaterThan(2);
    expect(shown.filter((target) => seen.has(target))).toEqual([]);
  });

  it('is another with another seed', () => {
    const seen = new Set(targets(2, 'seen', 20_000));
    expect(targets(1, 'heldOut', 3000).some((target) => seen.has(target))).toBe(true);
  });

  it('has no character that is not known', () => {
    const task = createTask(name, 1);
    const vocabulary = createVocabulary(task.sourceTokens);
    const uniform = seededRandom(5);
    for (let i = 0; i < 5000; i++) expect(() => vocabulary.idsOf(task.heldOut(uniform).source)).not.toThrow();
  });
});

describe('vocabulary and batches', () => {
  it('gives tokens ids behind the reserved ones, and back up to the end', () => {
    const vocabulary = createVocabulary('cabba');
    expect(vocabulary.size).toBe(6);
    expect(vocabulary.idsOf('abc')).toEqual([3, 4, 5]);
    expect(vocabulary.tokensOf([5, start, 3, padding, end, 4])).toEqual(['c', 'a']);
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
});

/** Logits are sums of a few hundred products, one behind the other in each step: what float32 makes of another order of them. */
const rounding = 1e-4;

describe.each([true, false])('the model, attends: %s', (attends) => {
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

describe('a short training', () => {
  const asked = { label: 'test', rate: 0.005, settings: {}, goOn: 'again' };

  it('learns dates of two locales that it has not seen', { timeout: 240_000 }, async () => {
    const batches = createBatches(createDates(1, ['hu', 'ja']), 1, 48);
    const model = createTranslator(batches.vocabularies, { attends: true, seed: 1 });
    const file = path.join(folder, 'learns.safetensors');
    const { losses } = await trainModel(model, batches.training, { ...asked, steps: 170, file, resume: false });
    expect(mean(losses.slice(0, 5))).toBeGreaterThan(2);
    expect(mean(losses.slice(-20))).toBeLessThan(0.2);
    // By chance the day alone is right once in thirty.
    expect(exactMatch(batches.write(model, batches.heldOut(300))).share).toBeGreaterThan(0.6);
  });

  it('goes on after Ctrl-C as if there had been none', { timeout: 120_000 }, async () => {
    const made = () => {
      const batches = createBatches(createNumbers(1, ['Japanese', 'Korean']), 1, 4);
      return { batches, model: createTranslator(batches.vocabularies, { attends: true, seed: 1 }) };
    };
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
});

const mean = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

it('draws what each character looked at: letters with their marks, without padding and end', () => {
  // The first letter has two characters.
  const looks = [Float32Array.of(0.25, 0.5, 0.25, 0), Float32Array.of(0, 0, 1, 0), Float32Array.of(0.5, 0.5, 0, 0)];
  const svg = parsed(drawAlignment({ source: 'हीम', written: '12', kind: 'hi', looks }));
  expect(named(svg, 'title').map(({ text }) => text)).toEqual(['12, from hi', '1 → म: 0.25', '1 → ही: 0.75', '2 → म: 1']);
});

describe('the program', { timeout: 240_000 }, () => {
  it('trains both models, says what they make of dates that they have not seen, and writes pictures and figures', () => {
    const [checkpoints, pictures] = [path.join(folder, 'kept'), path.join(folder, 'pictures')];
    const markdown = path.join(folder, 'README.md');
    writeFileSync(markdown, readFileSync(path.join(examples, 'translation/README.md')));
    const given = ['--task', 'numbers', '--steps', '2', '--checkpoints', checkpoints, '--pictures', pictures, '--markdown', markdown];
    const { status, stdout, stderr } = launch([...given, '--json']);
    expect([status, stderr.match(stackTrace)]).toEqual([0, null]);
    const { models, examined, shown, pictures: files, holds } = JSON.parse(stdout);
    expect(models.map(({ name }: { name: string }) => name)).toEqual(['with attention', 'without attention']);
    for (const { match, trained, loss, weights } of models) {
      expect([match.count, trained]).toEqual([examined, 2]);
      expect([loss > 1 && loss < 4, weights > 100_000]).toEqual([true, true]);
    }
    // Two steps are no full training.
    expect(holds).toBeUndefined();
    expect(shown.map(({ kind }: { kind: string }) => kind)).toEqual(['English', 'German', 'Korean']);
    expect(files).toHaveLength(4);
    for (const file of files) expect(readFileSync(file, 'utf8')).toMatch(/^<svg /);
    expect(readdirSync(checkpoints).sort()).toEqual(['translation-numbers-attention.safetensors', 'translation-numbers-plain.safetensors']);
    const figures = readFileSync(markdown, 'utf8').split('<!-- numbers: ')[1]?.split('<!-- /numbers -->')[0];
    expect(figures).toMatch(/2 steps of 128 pairs\.(?:.|\n)*\| right of 2000 +\| \d/);

    const again = JSON.parse(launch(['--task', 'numbers', '--steps', '2', '--checkpoints', checkpoints, '--resume', '--json']).stdout);
    expect(again.models.map(({ trained }: { trained: number }) => trained)).toEqual([0, 0]);
    expect(again.shown).toEqual(shown);
    const others = launch(['--task', 'numbers', '--steps', '3', '--checkpoints', checkpoints, '--resume']);
    expect([others.status, others.stderr]).toEqual([1, expect.stringMatching(/cannot go on from .*: it is of a training with/)]);
  });

  it('explains its options', () => {
    const { status, stdout } = launch(['--help']);
    expect(status).toBe(0);
    for (const option of ['--task', '--steps', '--seed', '--resume', '--checkpoints', '--pictures', '--markdown', '--json'])
      expect(stdout).toContain(option);
  });

  it.each([
    { name: 'an unknown option', given: ['--step', '3'], status: 2, says: /Unknown option '--step'/ },
    { name: 'a text', given: ['hello'], status: 2, says: /Unexpected argument 'hello'/ },
    { name: 'another task', given: ['--task', 'poems'], status: 2, says: /--task is poems, expected dates or numbers/ },
    { name: 'no steps', given: ['--steps', '0'], status: 2, says: /--steps is 0, expected a whole number from 1 to 100000/ },
    {
      name: 'to go on from nothing',
      given: ['--resume', '--checkpoints', 'none'],
      status: 1,
      says: /cannot read the checkpoint .*none.*: it does not exist/,
    },
    { name: 'a file that is not there', given: ['--markdown', 'no.md'], status: 1, says: /cannot read .*no\.md: it does not exist/ },
  ])('refuses $name in one sentence, with nothing on stdout', ({ given, status, says }) => {
    const result = launch(given);
    expect(result.stderr).toMatch(says);
    expect(result.stderr).not.toMatch(stackTrace);
    expect([result.status, result.stdout]).toEqual([status, '']);
  });

  /** Runs the program in the test's folder. */
  function launch(given: string[]) {
    const { FOVEA_BACKEND: _, FOVEA_TARGET: __, INIT_CWD: ___, FORCE_COLOR: ____, ...inherited } = process.env;
    return spawnSync(process.execPath, [path.join(examples, 'translation/main.mjs'), ...given], {
      cwd: folder,
      encoding: 'utf8',
      env: inherited,
    });
  }
});

it('has the pictures that its README shows', () => {
  const readme = readFileSync(path.join(examples, 'translation/README.md'), 'utf8');
  const shown = [...readme.matchAll(/\((pictures\/[^)]+\.svg)\)|src="(pictures\/[^"]+\.svg)"/g)].map(([, a, b]) => a ?? b ?? '');
  expect(shown.length).toBeGreaterThan(4);
  for (const picture of shown) {
    const file = path.join(examples, 'translation', picture);
    expect([picture, existsSync(file)]).toEqual([picture, true]);
    const svg = readFileSync(file, 'utf8');
    expect(svg.length).toBeLessThan(60_000);
    expect(named(parsed(svg), 'title')[0]?.text).toMatch(/.../);
  }
});
