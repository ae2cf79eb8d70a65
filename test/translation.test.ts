/**
 * examples/translation: no text means two dates, nothing that is held out is trained on; a short training learns, attention more than none; and the program that
 * `npm run translation` runs, as a user would start it (on the built library; `npm test` builds that first). What it shares with examples/captioning is in
 * seq2seq-training.test.ts.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../examples/program/random.mjs';
import { trainModel } from '../examples/seq2seq-training/course.mjs';
import { exactMatch } from '../examples/seq2seq-training/exact.mjs';
import { createVocabulary } from '../examples/seq2seq-training/vocabulary.mjs';
import { createBatches } from '../examples/translation/batches.mjs';
import { createDates, formats, isoOf, locales, written } from '../examples/translation/dates.mjs';
import { createTranslator } from '../examples/translation/model.mjs';
import { alwaysSeen, createNumbers, inWords, languages } from '../examples/translation/numbers.mjs';
import { drawAlignment } from '../examples/translation/picture.mjs';
import { formatFigures } from '../examples/translation/report.mjs';
import { createTask } from '../examples/translation/task.mjs';
import '../src/tfjs/node.js';
import { startExample } from './start-example.js';
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
  it('are 30 locales or more in 6 formats, and no text of four years means two days', () => {
    expect(locales.length).toBeGreaterThanOrEqual(30);
    expect(formats).toHaveLength(6);
    const days = [1953, 1988, 2011, 2040].flatMap((year) => Array.from({ length: 366 }, (_, i) => new Date(year, 0, 1 + i, 12)));
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

it('a short training learns dates of two locales that it has not seen, and much less of them without attention', {
  timeout: 240_000,
}, async () => {
  const batches = createBatches(createDates(1, ['hu', 'ja']), 1, 48);
  const heldOut = batches.heldOut(300);
  const train = async (attends: boolean) => {
    const model = createTranslator(batches.vocabularies, { attends, seed: 1 });
    const file = path.join(folder, `learns-${attends}.safetensors`);
    const asked = { label: 'test', rate: 0.005, settings: {}, goOn: 'again', steps: 170, file, resume: false };
    const { losses } = await trainModel(model, batches.training, asked);
    return { losses, share: exactMatch(batches.write(model, heldOut)).share };
  };
  const [attending, plain] = [await train(true), await train(false)];
  for (const { losses } of [attending, plain]) expect(mean(losses.slice(0, 5))).toBeGreaterThan(2);
  expect(mean(attending.losses.slice(-20))).toBeLessThan(0.2);
  expect(mean(plain.losses.slice(-20))).toBeGreaterThan(3 * mean(attending.losses.slice(-20)));
  // By chance the day alone is right once in thirty.
  expect(attending.share).toBeGreaterThan(0.6);
  expect(plain.share).toBeLessThan(attending.share / 2);
});

const mean = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

it('draws what each character looked at: letters with their marks, without padding and end', () => {
  // The first letter has two characters.
  const looks = [Float32Array.of(0.25, 0.5, 0.25, 0), Float32Array.of(0, 0, 1, 0), Float32Array.of(0.5, 0.5, 0, 0)];
  const svg = parsed(drawAlignment({ source: 'हीम', written: '12', kind: 'hi', looks }));
  expect(named(svg, 'title').map(({ text }) => text)).toEqual(['12, from hi', '1 → म: 0.25', '1 → ही: 0.75', '2 → म: 1']);
});

it('lists the kinds that are least right, with their counts, and none that is right in all', () => {
  const match = (right: number, count: number) => ({ right, count, share: right / count });
  const model = { name: 'with attention', steps: 1, weights: 1, loss: 1, seconds: 1, trained: 1 };
  const figures = (kinds: Record<string, ReturnType<typeof match>>) =>
    formatFigures({
      ...{ task: 'dates', says: 'Days', batch: 1, shown: [], pictures: [], bar: 1, holds: undefined, seconds: 1 },
      models: [{ ...model, match: { ...match(9, 10), kinds, wrong: [] } }],
    });
  expect(figures({ de: match(3, 3), cs: match(3, 4), fr: match(1, 3) })).toMatch(
    /Least right with attention: fr 33\.3 % \(1 of 3\), cs 75\.0 % \(3 of 4\)\.$/,
  );
  expect(figures({ de: match(3, 3) })).toMatch(/With attention all is right\.$/);
});

it('tells other data by their fingerprint', () => {
  const fingerprint = (locale: string) => createBatches(createDates(1, ['hu', locale]), 1).fingerprint;
  expect(fingerprint('ja')).toBe(fingerprint('ja'));
  expect(fingerprint('ja')).not.toBe(fingerprint('ko'));
});

describe('the program', { timeout: 240_000 }, () => {
  it('trains the models, says what they make of dates that they have not seen, and writes pictures and figures', () => {
    const [checkpoints, pictures] = [path.join(folder, 'kept'), path.join(folder, 'pictures')];
    const markdown = path.join(folder, 'README.md');
    writeFileSync(markdown, readFileSync(path.join(examples, 'translation/README.md')));
    const given = ['--task', 'numbers', '--steps', '2', '--checkpoints', checkpoints, '--pictures', pictures, '--markdown', markdown];
    const { status, stdout, stderr } = launch([...given, '--json']);
    expect([status, stderr.match(stackTrace)]).toEqual([0, null]);
    const { models, shown, pictures: files, holds } = JSON.parse(stdout);
    expect(models.map(({ name, steps }: { name: string; steps: number }) => [name, steps])).toEqual([
      ['with attention', 2],
      ['without attention', 2],
      ['without, 1.8 × the steps', 4],
    ]);
    for (const { match, steps, trained, loss, weights } of models) {
      expect([match.count, trained]).toEqual([2000, steps]);
      expect([loss > 1 && loss < 4, weights > 100_000]).toEqual([true, true]);
    }
    // Two steps are no full training.
    expect(holds).toBeUndefined();
    expect(shown.map(({ kind }: { kind: string }) => kind)).toEqual(['English', 'German', 'Korean']);
    expect(files).toHaveLength(4);
    for (const file of files) expect(readFileSync(file, 'utf8')).toMatch(/^<svg /);
    expect(readdirSync(checkpoints).sort()).toEqual(
      ['attention', 'plain-longer', 'plain'].map((kind) => `translation-numbers-${kind}.safetensors`),
    );
    const figures = readFileSync(markdown, 'utf8').split('<!-- numbers: ')[1]?.split('<!-- /numbers -->')[0];
    expect(figures).toMatch(/128 pairs a step\.(?:.|\n)*\| right of 2000 +\| \d(?:.|\n)*\| steps +\| 2 +\| 2 +\| 4 /);

    const again = JSON.parse(launch(['--task', 'numbers', '--steps', '2', '--checkpoints', checkpoints, '--resume', '--json']).stdout);
    expect(again.models.map(({ trained }: { trained: number }) => trained)).toEqual([0, 0, 0]);
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
    return startExample('translation', folder, given);
  }
});
