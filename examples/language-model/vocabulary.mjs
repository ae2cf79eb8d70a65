/** Characters as numbers: the line's end, what ASCII prints, and one for all others. */

const first = 0x20;
const printable = 0x7f - first;
const [lineEnd, other] = [printable, printable + 1];

/** Characters that there are. */
export const vocabulary = printable + 2;

/** @param {string} text @returns {Int32Array} a number a character */
export function idsOf(text) {
  return Int32Array.from(text, (character) => {
    if (character === '\n') return lineEnd;
    const code = (character.codePointAt(0) ?? 0) - first;
    return code >= 0 && code < printable ? code : other;
  });
}

/** @param {Iterable<number>} ids */
export function textOf(ids) {
  return Array.from(ids, (id) => {
    if (id === lineEnd) return '\n';
    return id === other ? '\ufffd' : String.fromCharCode(id + first);
  }).join('');
}
