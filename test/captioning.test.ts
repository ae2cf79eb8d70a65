/**
 * examples/captioning: digits that are held out are in no image of the training; images are what their words say; steps of the decoder give what the pass that is
 * trained gives; a short training learns to read, which none does without attention, and looks where it reads; and the program that `npm run captioning` runs, as a user would start it (on the
 * built library; `npm test` builds that first). What it shares with examples/translation is in seq2seq-training.test.ts.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBatches } from '../examples/captioning/batches.mjs';
import { type Digits, readDigits, side } from '../examples/captioning/digits.mjs';
import { compose, height, width, words } from '../examples/captioning/images.mjs';
import { createCaptioner, map } from '../examples/captioning/model.mjs';
import { drawLooks } from '../examples/captioning/picture.mjs';
import { seededRandom } from '../examples/program/random.mjs';
import { trainModel } from '../examples/seq2seq-training/course.mjs';
import { exactMatch } from '../examples/seq2seq-training/exact.mjs';
import '../src/tfjs/node.js';
import { startExample } from './start-example.js';
import { named, parsed } from './viz/parsed.js';

const examples = fileURLToPath(new URL('../examples', import.meta.url));
const stackTrace = /\n\s+at /;
let folder: string;
let digits: ReturnType<typeof readDigits>;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'fovea-captioning-'));
  digits = readDigits();
  await tf.setBackend('fovea');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('digits', () => {
  it('are 10,000 or nearly so, a tenth of each held out, in none of the others', () => {
    const [seen, heldOut] = [digits.seen, digits.heldOut].map((all) => all.map((images) => images.map(String)));
    if (!seen || !heldOut) throw new Error('there are no digits');
    for (let digit = 0; digit < 10; digit++) {
      const [many, few] = [seen[digit] ?? [], heldOut[digit] ?? []];
      expect(many.length).toBeGreaterThan(700);
      expect(few.length / (many.length + few.length)).toBeCloseTo(0.1, 2);
    }
    const known = new Set(seen.flat());
    expect(heldOut.flat().filter((image) => known.has(image))).toEqual([]);
  });

  it('are pixels from paper to ink', () => {
    for (const image of [...digits.seen, ...digits.heldOut].map(([first]) => first ?? new Float32Array()))
      expect([image.length, Math.min(...image), Math.max(...image) > 0.9]).toEqual([side * side, 0, true]);
  });
});

/** One image of each digit, which is all of one number, so that an image says what it is made of. */
const plain: Digits = Array.from({ length: 10 }, (_, digit) => [new Float32Array(side * side).fill((digit + 1) / 10)]);

it('makes images of two to four digits that are, from left to right, what their words say', () => {
  const uniform = seededRandom(1);
  const counts = new Set<number>();
  for (let i = 0; i < 300; i++) {
    const image = compose(plain, uniform);
    counts.add(image.words.length);
    expect(image.pixels).toHaveLength(height * width);
    const row = [...image.pixels.subarray(0, width)];
    // What comes first and last in the row is whole; in between the darker one hides a few columns of the other.
    const inks = row.filter((ink, x) => ink > 0 && ink !== row[x - 1]).map((ink) => words[Math.round(ink * 10) - 1]);
    const merged = image.words.filter((word, at) => word !== image.words[at - 1]);
    expect(inks).toEqual(merged);
  }
  expect([...counts].sort()).toEqual([2, 3, 4]);
});

/** Logits are sums of a few hundred products, one behind the other in each step: what float32 makes of another order of them. */
const rounding = 1e-4;

describe.each([true, false])('the model, attends: %s', (attends) => {
  it('gives step by step what the trained pass gives', () => {
    const batches = createBatches(digits, 1, 3);
    const model = createCaptioner(batches.vocabulary, { attends, seed: 1 });
    const { source, taught } = batches.training(0);
    const whole = model.teach(source, taught.given);
    let states = model.begin(source);
    const steps = tf.unstack(taught.given, 1).map((ids) => {
      const { logits, states: behind } = model.step(ids, states);
      states = behind;
      return logits;
    });
    const difference = (other: tf.Tensor) => Number(tf.max(tf.abs(tf.sub(whole, other))).dataSync()[0] ?? Number.NaN);
    expect(difference(tf.stack(steps, 1))).toBeLessThan(rounding);
    expect(difference(model.teach(tf.reverse(source, 2), taught.given))).toBeGreaterThan(100 * rounding);
  });
});

describe('a short training', { timeout: 240_000 }, () => {
  /** To read zeros and ones. */
  const train = async (attends: boolean) => {
    const few = { seen: digits.seen.slice(0, 2), heldOut: digits.heldOut.slice(0, 2) };
    const batches = createBatches(few, 1, 16);
    const model = createCaptioner(batches.vocabulary, { attends, seed: 1 });
    const file = path.join(folder, `${attends}.safetensors`);
    const asked = { label: 'test', steps: 260, rate: 0.003, settings: {}, file, resume: false, goOn: 'again' };
    const { losses } = await trainModel(model, batches.training, asked);
    expect(mean(losses.slice(0, 3))).toBeGreaterThan(1.5);
    return { end: mean(losses.slice(-10)), results: batches.write(model, batches.heldOut(100), { looks: true }) };
  };

  it('learns to read zeros and ones that it has not seen, and looks from left to right', async () => {
    const { end, results } = await train(true);
    expect(end).toBeLessThan(0.2);
    // By chance it would be less than 15 of 100.
    expect(exactMatch(results).share).toBeGreaterThan(0.7);
    const right = results.filter(({ written, expected }) => written === expected);
    const moves = right.flatMap(({ looks, image }) => {
      const places = looks.slice(0, image.words.length).map(columnOf);
      return places.slice(1).map((place, i) => place > (places[i] ?? 0));
    });
    expect(moves.filter(Boolean).length / moves.length).toBeGreaterThan(0.9);
  });

  it('does not learn in what order they stand, without attention', async () => {
    const { end, results } = await train(false);
    // Who knows which digits there are, but not in what order, is right in 3 of 4 images of two, 4 of 8 of three, 5 of 16 of four at most, with 0.21 nats a word.
    expect(end).toBeGreaterThan(0.2);
    expect(exactMatch(results).share).toBeLessThan(0.6);
    expect(results.every(({ looks }) => looks.length === 0)).toBe(true);
  });
});

const mean = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** Mean column of the map. */
const columnOf = (weights: Float32Array) => weights.reduce((sum, weight, i) => sum + weight * (i % (map[1] ?? 1)), 0);

it('draws the image once a word, with what it looked at', () => {
  const image = compose(plain, seededRandom(2));
  const looks = image.words.map((_, i) => {
    const weights = new Float32Array((map[0] ?? 0) * (map[1] ?? 0));
    weights[i] = 0.5;
    return weights;
  });
  const svg = parsed(drawLooks({ image, written: image.words.join(' '), looks: [...looks, new Float32Array(looks[0]?.length ?? 0)] }));
  expect(named(svg, 'title')[0]?.text).toBe(`Where it looked: ${image.words.join(' ')}`);
  const count = image.words.length;
  expect(named(svg, 'image').map(({ attributes }) => [attributes.width, attributes.height])).toEqual(
    Array(2).fill([`${3 * width}`, `${3 * (count * height + (count - 1) * 4)}`]),
  );
});

describe('the program', { timeout: 240_000 }, () => {
  it('trains, says what it reads, and writes pictures and figures', () => {
    const pictures = path.join(folder, 'pictures');
    const checkpoints = path.join(folder, 'kept');
    const markdown = path.join(folder, 'README.md');
    writeFileSync(markdown, readFileSync(path.join(examples, 'captioning/README.md')));
    const given = ['--steps', '2', '--checkpoints', checkpoints];
    const { status, stdout, stderr } = launch([...given, '--pictures', pictures, '--markdown', markdown, '--json']);
    expect([status, stderr.match(stackTrace)]).toEqual([0, null]);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      batch: 32,
      models: ['with attention', 'without attention'].map((name) => ({ name, steps: 2, trained: 2, match: { count: 2000 } })),
    });
    for (const { match } of report.models) expect(Object.keys(match.kinds).sort()).toEqual(['2 digits', '3 digits', '4 digits']);
    // Two steps are no full training.
    expect(report.holds).toBeUndefined();
    expect(report.pictures).toHaveLength(4);
    for (const file of report.pictures) expect(readFileSync(file, 'utf8')).toMatch(/^<svg /);
    const figures = readFileSync(markdown, 'utf8').split('<!-- captioning: ')[1]?.split('<!-- /captioning -->')[0];
    expect(figures).toMatch(/32 images a step, of \d+ digits(?:.|\n)*\| right of 2000 +\| \d+\.\d % +\| \d/);
    expect(figures).toMatch(/\n> .* · the whole run \d+ s\n/);
    const again = JSON.parse(launch([...given, '--resume', '--json']).stdout);
    const before = { seconds: expect.any(Number), trained: 0 };
    expect(again.models).toEqual(report.models.map((model: object) => ({ ...model, ...before })));
    expect(again.shown).toEqual(report.shown);
  });

  it('explains its options', () => {
    const { status, stdout } = launch(['--help']);
    expect(status).toBe(0);
    for (const option of ['--steps', '--seed', '--resume', '--checkpoints', '--pictures', '--markdown', '--json'])
      expect(stdout).toContain(option);
  });

  it.each([
    { name: 'an unknown option', given: ['--step', '3'], status: 2, says: /Unknown option '--step'/ },
    { name: 'a text', given: ['hello'], status: 2, says: /Unexpected argument 'hello'/ },
    { name: 'no steps', given: ['--steps', 'x'], status: 2, says: /--steps is x, expected a whole number from 1 to 100000/ },
    {
      name: 'to go on from nothing',
      given: ['--resume', '--checkpoints', 'none'],
      status: 1,
      says: /cannot read the checkpoint .*none.*: it does not exist/,
    },
  ])('refuses $name in one sentence, with nothing on stdout', ({ given, status, says }) => {
    const result = launch(given);
    expect(result.stderr).toMatch(says);
    expect(result.stderr).not.toMatch(stackTrace);
    expect([result.status, result.stdout]).toEqual([status, '']);
  });

  /** Runs the program in the test's folder. */
  function launch(given: string[]) {
    return startExample('captioning', folder, given);
  }
});
