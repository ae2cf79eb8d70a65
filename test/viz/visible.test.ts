/** Text of others: how it is cut, wrapped and counted. */
import { describe, expect, it } from 'vitest';
import { counted, figure, sentence, shortened, visible, width, wrapped } from '../../src/viz/visible.js';

describe('shortened', () => {
  it.each([
    ['fits', 'abcde', 5, 'abcde'],
    ['does not fit', 'abcdef', 5, 'abcd…'],
    ['wide characters take two columns', '日本語です', 6, '日本…'],
    ['wide characters that fit', '日本語', 6, '日本語'],
    ['a character is cut nowhere', 'ab👍👍', 5, 'ab👍…'],
    ['a mark takes no column', 'e\u0301e\u0301e\u0301', 3, 'e\u0301e\u0301e\u0301'],
    ['marks on marks do', `e${'\u0301'.repeat(9)}`, 4, `e${'\u0301'.repeat(3)}…`],
    ['nothing', '', 5, ''],
  ])('%s', (_, text, columns, expected) => {
    expect(shortened(text, columns)).toBe(expected);
    expect(width(shortened(text, columns))).toBeLessThanOrEqual(columns);
  });
});

describe('visible', () => {
  it.each([
    ['\u200d\u200c', '‹U+200D›‹U+200C›'],
    ['\ufe0f', '‹U+FE0F›'],
    ['می‌خواهم', 'می‌خواهم'],
    ['❤️', '❤️'],
    ['a\u00adb\u3164c', 'a‹U+00AD›b‹U+3164›c'],
    ['x\u2028y\u3000z\u00a0', 'x‹U+2028›y‹U+3000›z⍽'],
    ['\u{1ffff}\u{e0041}', '‹U+1FFFF›‹U+E0041›'],
  ])('%o', (token, expected) => expect(visible(token)).toBe(expected));
});

describe('words', () => {
  it('a sentence is one line without controls', () => expect(sentence('a\n  b\u0007\u202ec')).toBe('a b‹U+0007›‹U+202E›c'));
  it('are wrapped at spaces, and cut where there is none', () =>
    expect(wrapped('one two three-and-four', 8)).toEqual(['one two', 'three-a…']));
  it('figures have three digits', () => {
    expect([0, 1, 0.12345, 12345.6, 1e-7, -0.5, 123456].map(figure)).toEqual(['0', '1', '0.123', '12300', '1.0e-7', '-0.5', '1.2e+5']);
  });
  it('counts agree with their nouns', () =>
    expect([1, 10_000].map((n) => counted(n, 'query', 'queries'))).toEqual(['1 query', '10,000 queries']));
});
