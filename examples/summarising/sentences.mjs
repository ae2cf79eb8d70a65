/** The sentences of a text, in its order: what is ranked. */
import path from 'node:path';
import { InputError } from '../program/errors.mjs';
import { readText } from '../program/files.mjs';
import { paragraphsOfMarkdown } from '../program/markdown.mjs';
import { corpusOfText } from '../sentence-search/corpus.mjs';

/** A sentence with fewer words is a caption or a cry. */
const fewestWords = 5;

/** Sentences of a text that are ranked; n of them have n² weights. */
export const mostSentences = 2000;

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/** Ends a segment, but no sentence: Unicode's rules (UAX #29, which the segmenter follows) know no abbreviations. */
const abbreviation = /(?:^|[\s(])(?:e\.g|i\.e|cf|vs|approx|resp)\.$/i;

/**
 * @param {string} file Markdown by its ending, else paragraphs parted by blank lines
 * @returns {string[]} at least one
 * @throws {InputError}
 */
export function readSentences(file) {
  const sentences = paragraphsOf(file).flatMap(sentencesOf);
  if (sentences.length === 0) throw new InputError(`${file} has no sentence of ${fewestWords} words or more`);
  if (sentences.length > mostSentences)
    throw new InputError(
      `${file} has ${sentences.length} sentences, expected at most ${mostSentences}: each is weighed against every other`,
    );
  return sentences;
}

/** @param {string} file */
function paragraphsOf(file) {
  if (/^\.(md|markdown)$/i.test(path.extname(file))) return paragraphsOfMarkdown(readText(file));
  return corpusOfText(file, Number.POSITIVE_INFINITY).paragraphs.map(({ text }) => text);
}

/**
 * The sentences of a paragraph; those that only introduce what stands below them (an example, a list) are left out, and short ones.
 * @param {string} paragraph
 */
export function sentencesOf(paragraph) {
  /** @type {string[]} */
  const sentences = [];
  for (const { segment } of segmenter.segment(paragraph)) {
    const last = sentences.at(-1);
    if (last !== undefined && abbreviation.test(last.trimEnd())) sentences[sentences.length - 1] = last + segment;
    else sentences.push(segment);
  }
  return sentences.map((text) => text.trim()).filter((text) => text.split(/\s+/).length >= fewestWords && !text.endsWith(':'));
}
