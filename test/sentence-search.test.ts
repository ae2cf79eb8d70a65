/**
 * The program that `npm start` runs: its command line, what it reads, and the same answers from every backend. Starts it as a user would, on the
 * built library; `npm test` builds that first.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paragraphsOfMarkdown } from '../examples/program/markdown.mjs';
import { corpusOfReadmes, corpusOfText } from '../examples/sentence-search/corpus.mjs';
import { startExample } from './start-example.js';

const stackTrace = /\n\s+at /;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fovea-search-'));
  write('garden.txt', 'The roses bloom in June.\n\nOur train leaves at noon\nfrom platform nine.\n\n\n  Bread is baked at night.\n');
  write('empty.txt', ' \n\n\t\n');
  write('readmes/b/README.md', '# B\n\nThe second package draws maps of cities.\n\nIt has one more paragraph than the other.\n');
  write(
    'readmes/a/readme.md',
    '[![badge](x.svg)](y)\n\nThe first package *parses* `JSON` [quickly](z).\n\n```js\nthis is code, not a paragraph of prose\n```\n',
  );
  mkdirSync(at('readmes/a/empty'), { recursive: true });
  write('readmes/.hidden/README.md', 'This one is in a hidden folder and not read.\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

// Each run also times the other backends, the slow reference among them.
describe('answers', { timeout: 240_000 }, () => {
  it('are one JSON object on stdout, the best paragraph first', () => {
    const { status, stdout } = search([
      '--json',
      '--text',
      at('garden.txt'),
      '--query',
      'When can I catch the railway?',
      '--query',
      'flowers in summer',
    ]);
    expect(status).toBe(0);
    const { backend, target, results, timing } = JSON.parse(stdout);
    expect([typeof backend, typeof target]).toEqual(['string', 'string']);
    expect(results.map(({ query }: { query: string }) => query)).toEqual(['When can I catch the railway?', 'flowers in summer']);
    expect(results[0].hits[0]).toEqual({
      text: 'Our train leaves at noon from platform nine.',
      score: expect.any(Number),
      source: 'garden.txt:3',
    });
    expect(results[1].hits[0].text).toBe('The roses bloom in June.');
    expect(timing).toMatchObject({ sentences: 3, seconds: expect.any(Number), sentencesPerSecond: expect.any(Number) });
    expect(timing.otherBackends.map((it: { backend: string }) => it.backend)).not.toContain(backend);
    expect(timing.otherBackends).toHaveLength(2);
  });

  it('are the same from every backend', () => {
    const answers = ['native', 'wasm', 'reference'].map((name) => {
      const { stdout, stderr } = search(['--json', '--text', at('garden.txt'), '--query', 'railway'], { FOVEA_BACKEND: name });
      return stdout === '' ? stderr : JSON.parse(stdout).results[0].hits.map(({ text, score }: Hit) => ({ text, score: score.toFixed(4) }));
    });
    expect(answers[0]).toEqual(answers[2]);
    expect(answers[1]).toEqual(answers[2]);
  });

  it('are readable, without colours where nobody looks', () => {
    const { status, stdout } = search(['--query', 'maps', at('readmes')], { CI: 'true' });
    expect(status).toBe(0);
    expect(stdout).toMatch(/3 paragraphs from 2 README files/);
    expect(stdout).toMatch(/maps\n {2}0\.\d{3} +\d+ % {2}The second package draws maps of cities\.\n +b\/README\.md/);
    expect(stdout).toMatch(/reference \(js\) +\d+\.\d s +\d+\.\d sentences\/s/);
    expect(stdout).not.toContain('\u001b');
  });

  it('explain the options', () => {
    const { status, stdout } = search(['--help']);
    expect(status).toBe(0);
    for (const option of ['--text', '--query', '--limit', '--json', 'FOVEA_BACKEND']) expect(stdout).toContain(option);
  });
});

describe('refuses in one sentence, with nothing on stdout', () => {
  it.each([
    { name: 'an unknown option', arguments: ['--frob'], status: 2, says: /Unknown option '--frob'/ },
    { name: 'an empty question', arguments: ['--query', ' '], status: 2, says: /--query is empty/ },
    { name: 'a limit that is no number', arguments: ['--limit', 'ten'], status: 2, says: /--limit is ten, expected a whole number/ },
    { name: 'a file and a folder', arguments: ['--text', 'x.txt', 'y'], status: 2, says: /--text x\.txt or a folder \(y\), not both/ },
    { name: 'two folders', arguments: ['x', 'y'], status: 2, says: /one folder can be indexed, not 2/ },
    {
      name: 'a missing file',
      arguments: ['--text', 'no-such-file.txt'],
      status: 1,
      says: /cannot read .*no-such-file\.txt: it does not exist/,
    },
    { name: 'a file that is a folder', arguments: ['--text', '.'], status: 1, says: /it is a folder/ },
    { name: 'an empty file', arguments: ['--text', 'empty.txt'], status: 1, says: /empty\.txt is empty/ },
    {
      name: 'a missing folder',
      arguments: ['no-such-folder'],
      status: 1,
      says: /cannot read the folder .*no-such-folder: it does not exist/,
    },
    { name: 'a folder without README files', arguments: ['readmes/a/empty'], status: 1, says: /no README file below .*empty/ },
  ])('$name', ({ arguments: given, status, says }) => {
    const result = search(given);
    expect(result.stderr).toMatch(says);
    expect(result.stderr).not.toMatch(stackTrace);
    expect([result.status, result.stdout]).toEqual([status, '']);
  });

  it('a backend that there is not', () => {
    const { status, stdout, stderr } = search(['--text', 'garden.txt'], { FOVEA_BACKEND: 'abacus' });
    expect(stderr).toMatch(/unknown backend 'abacus'/);
    expect(stderr).not.toMatch(stackTrace);
    expect([status, stdout]).toEqual([1, '']);
  });
});

describe('reads', () => {
  it('README files in turns, without badges, code and hidden folders', () => {
    const { paragraphs, files, found } = corpusOfReadmes(at('readmes'), 2);
    expect(paragraphs).toEqual([
      { text: 'The first package parses JSON quickly.', source: 'a/readme.md' },
      { text: 'The second package draws maps of cities.', source: 'b/README.md' },
    ]);
    expect([files, found]).toEqual([2, 3]);
  });

  it('paragraphs of a text with the line they begin on, whatever ends its lines', () => {
    write('dos.txt', '\ufeffone\r\ntwo\r\n\r\n \r\nthree\r\n');
    const { paragraphs } = corpusOfText(at('dos.txt'), 10);
    expect(paragraphs.map(({ text, source }) => [text, source.split(':').at(-1)])).toEqual([
      ['one two', '1'],
      ['three', '5'],
    ]);
  });

  it('list items and quotes of Markdown as paragraphs', () => {
    expect(
      paragraphsOfMarkdown('> A quote.\n\n- one **bold** item\n- two\n  - nested\n\n| a | b |\n|---|---|\n| c | d |\n\n<p>html</p>'),
    ).toEqual(['A quote.', 'one bold item', 'two', 'nested']);
  });
});

interface Hit {
  readonly text: string;
  readonly score: number;
}

/** Runs the program in the test's folder. */
function search(given: string[], environment: NodeJS.ProcessEnv = {}) {
  return startExample('sentence-search', folder, given, environment);
}

function at(name: string): string {
  return path.join(folder, name);
}

function write(name: string, text: string): void {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
}
