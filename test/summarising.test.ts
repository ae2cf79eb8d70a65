/**
 * examples/summarising: its ranking against the stationary state of the walk, solved in float64; what it chooses and how it measures that, by hand;
 * and the program that `npm run summarise` runs, on a short text, as a user would start it (on the built library; `npm test` builds that first).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { choose, cosinesOf } from '../examples/summarising/choose.mjs';
import { measure, measureByChance } from '../examples/summarising/compare.mjs';
import { attentionAmong, centrality, damping, settled, sharpness } from '../examples/summarising/rank.mjs';
import { sentencesOf } from '../examples/summarising/sentences.mjs';
import type { Tensor } from '../src/node.js';
import { random } from './random.js';
import { startExample } from './start-example.js';
import { gamma, kernelArithmetic } from './tolerance.js';
import { named, parsed } from './viz/parsed.js';

const examples = fileURLToPath(new URL('../examples', import.meta.url));
const stackTrace = /\n\s+at /;
/** Five about bread, one about trains: whoever ranks by meaning takes one of the five first. */
const text = `Bread is baked from flour and water. The baker bakes bread from fresh dough every morning.

Our express train leaves the station at noon. Bakers knead the dough before they bake the bread. A good loaf of bread needs flour, water and time.

Bread dough has to rest before it is baked.`;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fovea-summary-'));
  writeFileSync(path.join(folder, 'bread.txt'), text);
  writeFileSync(path.join(folder, 'code.md'), '# Title\n\n```js\nno prose, only some lines of code here\n```\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Rows of length 1: some about the same, some apart. */
function embeddings(n: number, width: number): Tensor {
  const { normal } = random(`sentences ${n} ${width}`);
  const topics = Array.from({ length: 3 }, () => Array.from({ length: width }, normal));
  const rows = Array.from({ length: n }, (_, i) => {
    const row = Array.from({ length: width }, (_, j) => (topics[i % 3]?.[j] ?? 0) + normal() * (0.3 + (i % 4) / 4));
    const length = Math.hypot(...row);
    return row.map((x) => x / length);
  });
  return { data: Float32Array.from(rows.flat()), shape: [n, width] };
}

const rowsOf = ({ data, shape: [rows = 0, columns = 0] }: Tensor): number[][] =>
  Array.from({ length: rows }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? Number.NaN), 0);
const cosine = (a: readonly number[], b: readonly number[]): number => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
const mean = (rows: readonly (readonly number[])[]): number[] =>
  (rows[0] ?? []).map((_, j) => rows.reduce((sum, row) => sum + (row[j] ?? Number.NaN), 0) / rows.length);

/** The p of p = (1 − d)/n + d · p · W, by elimination: (I − d·Wᵀ) p = (1 − d)/n. Its diagonal dominates, so no row has to be exchanged. */
function stationary(weights: readonly (readonly number[])[]): number[] {
  const n = weights.length;
  const system = weights.map((_, i) => [...weights.map((row, j) => (i === j ? 1 : 0) - damping * (row[i] ?? 0)), (1 - damping) / n]);
  for (const [i, pivot] of system.entries())
    for (const [k, row] of system.entries()) {
      if (k === i) continue;
      const factor = (row[i] ?? 0) / (pivot[i] ?? 0);
      for (let j = i; j <= n; j++) row[j] = (row[j] ?? 0) - factor * (pivot[j] ?? 0);
    }
  return system.map((row, i) => (row[n] ?? 0) / (row[i] ?? 0));
}

describe('ranks', () => {
  const width = 24;

  it.each([2, 5, 17, 40])('%i sentences as the walk on softmaxed cosines is there, solved in float64', (n) => {
    const given = embeddings(n, width);
    const rows = rowsOf(given);
    const exact = rows.map((row, i) => {
      const powers = rows.map((other, j) => (i === j ? 0 : Math.exp(sharpness * cosine(row, other))));
      return powers.map((power) => power / powers.reduce((a, b) => a + b));
    });
    const { ranks } = centrality(attentionAmong(given));
    const expected = stationary(exact);

    // A score is off by sharpness · γ (Σ|aᵢbᵢ| ≤ 1 at length 1; 4 for lengths and division), and with it each weight, relatively, by twice that
    // and the roundings of exp, sum and quotient; so is where a step of the walk arrives, and by its own sum of n products. What all steps
    // together are off by is d/(1 − d) times one of them, the last one's distance from rest (at most `settled` of the mean 1/n, for each) among it.
    const { exp, u } = kernelArithmetic;
    const weight = 2 * sharpness * gamma(width + 4, kernelArithmetic) + 2 * exp + gamma(n + 3, kernelArithmetic);
    const step = weight + gamma(n + 3, kernelArithmetic) + settled + u;
    const bound = (damping / (1 - damping)) * step + settled;
    const moved = expected.reduce((sum, rank, i) => sum + Math.abs(rank - (ranks[i] ?? Number.NaN)), 0);
    expect(moved).toBeLessThanOrEqual(bound);
    // What the bound is small against: ranks that differ.
    if (n > 2) expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(4 * bound);
  });

  it('lets no sentence vote for itself', () => {
    const weights = rowsOf(attentionAmong(embeddings(9, width)));
    expect(weights.map((row, i) => row[i])).toEqual(Array(9).fill(0));
  });

  it('sentences that nothing tells apart alike', () => {
    const { ranks } = centrality(attentionAmong({ data: new Float32Array(4 * 8).fill(8 ** -0.5), shape: [4, 8] }));
    expect([...ranks].every((rank) => Math.abs(rank - 1 / 4) <= settled)).toBe(true);
  });
});

describe('chooses', () => {
  const twins = { data: Float32Array.of(1, 0, 1, 0, 0, 1), shape: [3, 2] };

  it('the most central sentences in the order of the text, but not one twice', () => {
    expect(choose(Float32Array.of(0.2, 0.4, 0.4), cosinesOf(twins), 1)).toEqual([1]);
    expect(choose(Float32Array.of(0.4, 0.4, 0.2), cosinesOf(twins), 2)).toEqual([0, 2]);
  });

  it('as many as it is asked for', () => {
    const given = embeddings(17, 24);
    const { ranks } = centrality(attentionAmong(given));
    for (const count of [1, 5, 17]) expect(choose(ranks, cosinesOf(given), count)).toHaveLength(count);
    expect(choose(ranks, cosinesOf(given), 1)).toEqual([ranks.indexOf(Math.max(...ranks))]);
  });
});

describe('measures', () => {
  const given = embeddings(12, 24);
  const rows = rowsOf(given);
  const cosines = cosinesOf(given);
  /** Of cosines in float32, and of embeddings whose length float32 makes 1 up to 2u: sums and quotients of them keep that relative to Σ|…|, 12 times a mean. */
  const bound = 12 * gamma(24 + 8, kernelArithmetic);

  it.each([{ chosen: [3] }, { chosen: [0, 1, 2] }, { chosen: [2, 5, 11] }])(
    'closeness and coverage of $chosen by their definitions',
    ({ chosen }) => {
      const found = measure(chosen, cosines);
      const taken = chosen.map((i) => rows[i] ?? []);
      expect(Math.abs(found.closeness - cosine(mean(taken), mean(rows)))).toBeLessThanOrEqual(bound);
      const coverage = rows.reduce((sum, row) => sum + Math.max(...taken.map((other) => cosine(row, other))), 0) / rows.length;
      expect(Math.abs(found.coverage - coverage)).toBeLessThanOrEqual(bound);
    },
  );

  it('all sentences as the whole text', () => {
    const all = rows.map((_, i) => i);
    for (const found of [measure(all, cosines), measureByChance(12, cosines)])
      expect([Math.abs(found.closeness - 1) <= bound, Math.abs(found.coverage - 1) <= bound]).toEqual([true, true]);
  });

  it('chance the same way each time, below the best choice', () => {
    const chance = measureByChance(1, cosines);
    expect(measureByChance(1, cosines)).toEqual(chance);
    const each = rows.map((_, i) => measure([i], cosines).coverage);
    expect(chance.coverage).toBeLessThan(Math.max(...each));
    expect(chance.coverage).toBeGreaterThan(Math.min(...each));
  });
});

describe('reads', () => {
  it('sentences, not ending them at abbreviations', () => {
    expect(sentencesOf('It reads many formats, e.g. Zlib and GZIP data. Does it read all of them? It does not!')).toEqual([
      'It reads many formats, e.g. Zlib and GZIP data.',
      'Does it read all of them?',
    ]);
  });

  it('none that only introduces what stands below it', () => {
    expect(sentencesOf('This one is a whole sentence. If you want to use streams instead:')).toEqual(['This one is a whole sentence.']);
  });
});

// The reference takes its time.
describe('the program', { timeout: 240_000 }, () => {
  it('gives a summary in the order of the text, its measures and its picture', () => {
    const picture = path.join(folder, 'picture.svg');
    const { status, stdout } = summarise(['--file', 'bread.txt', '--sentences', '2', '--svg', picture, '--json']);
    expect(status).toBe(0);
    const { sentences, summary, comparison, picture: place } = JSON.parse(stdout);
    expect(sentences).toBe(6);
    expect(summary).toHaveLength(2);
    expect(summary[0].sentence).toBeLessThan(summary[1].sentence);
    for (const { sentence, text: said } of summary) expect([sentence === 3, text.includes(said)]).toEqual([false, true]);
    for (const who of ['summary', 'lead', 'chance'])
      for (const what of ['closeness', 'coverage']) expect(Math.abs(comparison[who][what])).toBeLessThanOrEqual(1 + 1e-6);
    expect(place).toBe(picture);
    const svg = readFileSync(picture, 'utf8');
    expect(svg).toMatch(/^<svg /);
    expect(named(parsed(svg), 'title')[0]?.text).toMatch(/^Attention among the sentences of bread\.txt/);
  });

  it('says what it did in words', () => {
    const { status, stdout } = summarise(['--file', 'bread.txt', '--sentences', '1'], { CI: 'true' });
    expect(status).toBe(0);
    expect(stdout).toMatch(/bread\.txt: 1 of 6 sentences/);
    expect(stdout).toMatch(/this summary +closeness 0\.\d{3} {2}coverage 0\.\d{3}\n +the first sentence +closeness/);
    expect(stdout).toMatch(/6 × 6 weights and \d+ steps/);
    expect(stdout).not.toContain('\u001b');
  });

  it('chooses the same sentences on every backend', () => {
    const chosen = ['native', 'wasm', 'reference'].map((name) => {
      const { stdout, stderr } = summarise(['--file', 'bread.txt', '--sentences', '3', '--json'], { FOVEA_BACKEND: name });
      return stdout === '' ? stderr : JSON.parse(stdout).summary.map(({ sentence }: { sentence: number }) => sentence);
    });
    expect(chosen[0]).toEqual(chosen[2]);
    expect(chosen[1]).toEqual(chosen[2]);
  });

  it('explains its options', () => {
    const { status, stdout } = summarise(['--help']);
    expect(status).toBe(0);
    for (const option of ['--file', '--sentences', '--svg', '--json', 'FOVEA_BACKEND']) expect(stdout).toContain(option);
  });

  it.each([
    { name: 'an unknown option', given: ['--sentence', '3'], status: 2, says: /Unknown option '--sentence'/ },
    { name: 'a text that is no option', given: ['notes.md'], status: 2, says: /notes\.md is not an option; .*--file notes\.md/ },
    { name: 'no sentences', given: ['--sentences', '0'], status: 2, says: /--sentences is 0, expected a whole number from 1/ },
    {
      name: 'a picture of another kind',
      given: ['--svg', 'a.png'],
      status: 2,
      says: /--svg is a\.png, expected a file whose name ends in \.svg/,
    },
    { name: 'a missing file', given: ['--file', 'no.md'], status: 1, says: /cannot read .*no\.md: it does not exist/ },
    { name: 'a text without prose', given: ['--file', 'code.md'], status: 1, says: /code\.md has no sentence of 5 words or more/ },
    {
      name: 'a summary as long as the text',
      given: ['--file', 'bread.txt', '--sentences', '6'],
      status: 1,
      says: /bread\.txt has 6 sentences/,
    },
    {
      name: 'a picture where no folder is',
      given: ['--file', 'bread.txt', '--sentences', '2', '--svg', 'no/folder.svg'],
      status: 1,
      says: /cannot write .*folder\.svg: it does not exist/,
    },
  ])('refuses $name in one sentence, with nothing on stdout', ({ given, status, says }) => {
    const result = summarise(given);
    expect(result.stderr).toMatch(says);
    expect(result.stderr).not.toMatch(stackTrace);
    expect([result.status, result.stdout]).toEqual([status, '']);
  });
});

it('has a picture beside its README', () => {
  const svg = readFileSync(path.join(examples, 'summarising/picture.svg'), 'utf8');
  expect(svg).toMatch(/^<svg /);
  expect(svg.length).toBeLessThan(60_000);
  expect(named(parsed(svg), 'title')[0]?.text).toMatch(/^Attention among the sentences of the README of fflate/);
});

/** Runs the program in the test's folder. */
function summarise(given: string[], environment: NodeJS.ProcessEnv = {}) {
  return startExample('summarising', folder, given, environment);
}
