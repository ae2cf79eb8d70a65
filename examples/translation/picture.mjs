/** Which characters each written one was made of. */
import { alignment } from 'fovea/viz';

/**
 * What was read stands there as a reader sees it: a letter with its marks is one token, which has the weights of all its characters.
 * @param {{ source: string, written: string, kind: string, looks: readonly Float32Array[] }} result
 * @returns {string} an SVG
 */
export function drawAlignment({ source, written, kind, looks }) {
  const [read, target] = [lettersOf(source), [...written]];
  const data = new Float32Array(target.length * read.length);
  for (const row of target.keys()) {
    let at = 0;
    // Behind the source there is padding, which has no weight; behind what was written there is the end, which is no character.
    for (const [column, letter] of read.entries()) for (const _ of letter) data[row * read.length + column] += looks[row][at++];
  }
  return alignment(
    { data, shape: [target.length, read.length] },
    {
      source: read,
      target,
      threshold: 0.1,
      title: `${written}, from ${kind}`,
      description: `What each character of ${written} looked at in ${source}`,
    },
  );
}

/** @param {string} text */
const lettersOf = (text) => Array.from(new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(text), ({ segment }) => segment);
