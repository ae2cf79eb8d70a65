/**
 * Tokens and sentences of others as text that can be seen whole: hostile text must not hide, reorder its surroundings or break XML.
 * @module
 */

/** Whitespace, controls, lone surrogates, what reorders text and what has no shape; but joiners within a script, and selectors of emoji, stay. */
const hidden = /(?!\u200c|\u200d|[\ufe00-\ufe0f])[\p{White_Space}\p{Cc}\p{Cf}\p{Cs}\p{DI}\p{Noncharacter_Code_Point}]/gu;
const shapeless = /^[\p{DI}\p{M}]*$/u;
const signs = new Map([
  [' ', '␣'],
  ['\t', '⇥'],
  ['\n', '↵'],
  ['\r', '␍'],
  ['\u00a0', '⍽'],
]);

/** A token with its whitespace and controls shown as signs. */
export function visible(token: string): string {
  if (token === '') return '(empty)';
  if (shapeless.test(token)) return Array.from(token, codeOf).join('');
  return token.replaceAll(hidden, (character) => signs.get(character) ?? codeOf(character));
}

/** Columns of a token in a tooltip, at most. */
const nameColumns = 120;

/** What stands at each row or column: its token, or its number where there are none. */
export function namesOf(tokens: readonly string[] | undefined): (index: number) => string {
  return tokens === undefined ? String : (index) => shortened(visible(tokens[index] ?? ''), nameColumns);
}

/** A title or description: whitespace becomes a space, other controls are shown. */
export function sentence(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').replaceAll(hidden, (character) => (character === ' ' ? ' ' : codeOf(character)));
}

function codeOf(character: string): string {
  return `‹U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}›`;
}

const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]/u;
const mark = /[\p{M}\u200c\u200d]/u;

/**
 * How many columns of a fixed-width font a character takes: an estimate, since whoever draws has other fonts. A mark takes none, but one that stands
 * on another mark does, so that heaps of them stay small.
 */
function columnsOf(character: string, before: string | undefined): number {
  if (mark.test(character)) return before !== undefined && mark.test(before) ? 1 : 0;
  return wide.test(character) ? 2 : 1;
}

export function width(text: string): number {
  return Array.from(text).reduce((columns, character, i, all) => columns + columnsOf(character, all[i - 1]), 0);
}

/** The beginning of a text, with … where something is missing. */
export function shortened(text: string, columns: number): string {
  let taken = 0;
  let end = 0;
  let before: string | undefined;
  let fitting = 0; // what leaves a column for …
  for (const character of text) {
    taken += columnsOf(character, before);
    if (taken > columns) return `${text.slice(0, fitting)}…`;
    end += character.length;
    if (taken < columns) fitting = end;
    before = character;
  }
  return text;
}

/** Lines of at most so many columns, broken at spaces. */
export function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && width(line) + 1 + width(word) > columns) {
      lines.push(line);
      line = '';
    }
    line += `${line === '' ? '' : ' '}${shortened(word, columns)}`;
  }
  return line === '' ? lines : [...lines, line];
}

/** `0.0312`, `12.5`, `3e-7`: three digits. */
export function figure(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

/** `1 key`, `3 keys`, `10,000 keys`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : plural}`;
}

/** `10,000`. */
export function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
