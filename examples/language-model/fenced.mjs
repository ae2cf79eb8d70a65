/** Text of any characters, as Markdown that shows them: nothing in it ends the fence, or the place between two comments that it stands in. */

/** @param {string} text @returns {string[]} lines */
export function fenced(text) {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  // A comment would be one of the README's; the sign before it is a small one of the same look.
  const lines = text.replaceAll('<!--', '‹!--').trimEnd().split('\n');
  return [`${fence}text`, ...lines.map((line) => line.trimEnd()), fence];
}
