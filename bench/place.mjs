// @ts-check
/** The place in a Markdown file where a command writes its figures: what stands between two comments there. The comparison writes so, and the examples. */

/** @typedef {readonly [begin: string, end: string]} Place the two comments */

/** @param {string} name @param {string} command that writes there @returns {Place} */
export const placeOf = (name, command) => [`<!-- ${name}: ${command} -->`, `<!-- /${name} -->`];

/** @param {string} text @param {Place} place */
export const hasPlace = (text, [begin, end]) => text.includes(begin) && text.indexOf(end) > text.indexOf(begin);

/** @param {string} text that has the place @param {Place} place @param {string} figures */
export const withFigures = (text, [begin, end], figures) =>
  `${text.slice(0, text.indexOf(begin) + begin.length)}\n\n${figures.trim()}\n\n${text.slice(text.indexOf(end))}`;

/** Nothing in a cell may end it. @param {string} text */
export const cell = (text) => text.replace(/[|<>\\]/g, (character) => `\\${character}`).replaceAll('\n', ' ');

/** In columns of one width, as formatters leave them. @param {readonly (readonly string[])[]} rows the first is the head @returns {string[]} lines */
export function table(rows) {
  const safe = rows.map((row) => row.map(cell));
  const [head = [], ...body] = safe;
  const widths = head.map((_, column) => Math.max(3, ...safe.map((row) => [...(row[column] ?? '')].length)));
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return body.length === 0 ? [] : [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)];
}
