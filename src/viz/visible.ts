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
const narrow = /[\p{M}\u200c\u200d]/u;

/** How many columns of a fixed-width font a character takes: an estimate, since whoever draws has other fonts. */
function columnsOf(character: string): number {
  if (narrow.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

export function width(text: string): number {
  return Array.from(text).reduce((columns, character) => columns + columnsOf(character), 0);
}

/** The beginning of a text, with … where something is missing. */
export function shortened(text: string, columns: number): string {
  let left = columns;
  let marks = 2 * columns; // they take no column, and would grow into the neighbours
  let at = 0;
  for (const character of text) {
    const taken = columnsOf(character);
    marks -= taken === 0 ? 1 : 0;
    left -= taken;
    if (left < 0 || marks < 0) return `${fitting(text.slice(0, at), columns - 1)}…`;
    at += character.length;
  }
  return text;
}

function fitting(text: string, columns: number): string {
  const characters = Array.from(text);
  let taken = characters.reduce((sum, character) => sum + columnsOf(character), 0);
  while (taken > columns) taken -= columnsOf(characters.pop() ?? '');
  return characters.join('');
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
