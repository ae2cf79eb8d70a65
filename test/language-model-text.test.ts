/**
 * examples/language-model, what stands around its transformer: characters are what they were; n-grams are probabilities; the text is the same everywhere,
 * and nothing held out is learned; and its README has the figures of this text, in a place that no text can break.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { marked } from 'marked';
import { describe, expect, it } from 'vitest';
import { hasPlace, placeOf } from '../bench/place.mjs';
import { joined, readCorpus } from '../examples/language-model/corpus.mjs';
import { fenced } from '../examples/language-model/fenced.mjs';
import { fitNgram } from '../examples/language-model/ngram.mjs';
import { withoutSeen } from '../examples/language-model/unseen.mjs';
import { idsOf, textOf, vocabulary } from '../examples/language-model/vocabulary.mjs';
import { seededRandom } from '../examples/program/random.mjs';
import { named, parsed } from './viz/parsed.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const { training, heldOut } = readCorpus(root);

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

  it('of a lower order is what it would be, had nothing longer been counted', () => {
    const uniform = seededRandom(2);
    const [ids, others] = [500, 100].map((length) => Int32Array.from({ length }, () => Math.floor(uniform() ** 2 * 6))) as [
      Int32Array,
      Int32Array,
    ];
    const bits = fitNgram(ids, 4, 7);
    expect([1, 2, 3, 4].map((order) => bits(others, order))).toEqual([1, 2, 3, 4].map((order) => fitNgram(ids, order, 7)(others)));
    expect(bits(others)).toBe(bits(others, 4));
  });

  it.each([1, 2, 3, 6])('of order %i gives shares that sum to 1 behind any context', (order) => {
    const uniform = seededRandom(1);
    const ids = Int32Array.from({ length: 500 }, () => Math.floor(uniform() ** 2 * 6));
    const bits = fitNgram(ids, order, 7);
    for (const context of [
      [0, 0, 0, 0, 0],
      [1, 0, 2, 1, 0],
      [5, 5, 5, 5, 5],
      [6, 6, 6, 6, 6],
      [1, 0, 6, 0, 1],
    ]) {
      const before = bits(Int32Array.from(context)) * (context.length - 1);
      const shares = Array.from({ length: 7 }, (_, next) => 2 ** (before - bits(Int32Array.of(...context, next)) * context.length));
      expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 10);
      for (const share of shares) expect(share).toBeGreaterThan(0);
    }
  });
});

describe('the text', () => {
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

  it('has no passage of 40 characters on both sides', () => {
    const passages = (pages: typeof training) =>
      pages
        .flatMap(({ text }) => text.split('\n'))
        .flatMap((paragraph) => Array.from({ length: Math.max(0, paragraph.length - 39) }, (_, at) => paragraph.slice(at, at + 40)));
    const learned = new Set(passages(training));
    expect(learned.size).toBeGreaterThan(200_000);
    expect(passages(heldOut).filter((own) => learned.has(own))).toEqual([]);
  });

  it('loses of its held-out pages what others have, in whole paragraphs, and pages of nothing else', () => {
    const page = (name: string, ...paragraphs: string[]) => ({ name, license: 'MIT', text: `${paragraphs.join('\n')}\n` });
    const shared = 'To be, or not to be, that is the questio'; // of 40
    const others = [page('a', 'nothing of it', `He said: ${shared}n.`)];
    const kept = ['nothing of it', `So ${shared.slice(1)} of it`];
    expect(withoutSeen([page('b', ...kept, `Or ${shared}`), page('c', shared)], others)).toEqual([page('b', ...kept)]);
  });
});

describe('what it writes', () => {
  it.each([
    ['a fence', '```js\na\n```\nb'],
    ['a longer one', 'a ````` b\n`````'],
    ['the end of its place', 'a\n<!-- /language-model -->\nb'],
    ['nothing of the kind', 'a `b` c'],
  ])('stands whole in the README: %s', (_name, text) => {
    const lines = fenced(text);
    const [block, ...more] = marked.lexer(lines.join('\n'));
    expect(block).toMatchObject({ type: 'code', lang: 'text', text: text.replace('<!--', '‹!--') });
    expect(more).toEqual([]);
    const place = placeOf('language-model', 'it');
    expect(hasPlace([place[0], ...lines].join('\n'), place)).toBe(false);
  });
});

describe('the README', () => {
  const readme = readFileSync(path.join(root, 'examples/language-model/README.md'), 'utf8');
  const command = 'npm run language-model -- --svg examples/language-model/picture.svg --markdown examples/language-model/README.md';
  const [begin, end] = placeOf('language-model', command);
  const figures = readme.slice(readme.indexOf(begin), readme.indexOf(end));

  it('has a picture and measured figures', () => {
    const svg = readFileSync(path.join(root, 'examples/language-model/picture.svg'), 'utf8');
    expect(named(parsed(svg), 'desc')[0]?.text).toMatch(/On held-out text the transformer needs \d\.\d\d, a 3-gram \d\.\d\d/);
    expect(figures).toMatch(/\n> .* cores · .* Node v.* · the whole run \d+ s\n/);
    const of = (name: string) => Number(new RegExp(`\\| ${name}.*\\| (\\d\\.\\d{3}) +\\|`).exec(figures)?.[1]);
    expect(of('the transformer')).toBeLessThan(0.8 * of('3-gram'));
  });

  it('is of this text', () => {
    const number = (words: RegExp) => Number(words.exec(figures)?.[1]?.replaceAll(',', ''));
    expect(number(/The text: ([\d,]+) characters/)).toBe(idsOf(joined(training)).length);
    expect(number(/of the READMEs of (\d+) packages/)).toBe(training.length);
    const [, characters, names] = /Held out:\s+([\d,]+) characters of (`.*`)\./.exec(figures) ?? [];
    expect(characters).toBe(idsOf(joined(heldOut)).length.toLocaleString('en'));
    expect(names?.split(', ')).toEqual(heldOut.map(({ name }) => `\`${name}\``));
  });
});
