/** What is searched: the paragraphs of README files below a folder, or those of one text file. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../program/errors.mjs';
import { readText, reason } from '../program/files.mjs';
import { paragraphsOfMarkdown } from '../program/markdown.mjs';

/**
 * @typedef {{ text: string, source: string }} Paragraph
 * @typedef {{ paragraphs: Paragraph[], files: number, found: number }} Corpus found: paragraphs before the limit
 */

/** A paragraph with fewer words is a caption, not an answer. */
const fewestWords = 5;

/**
 * Paragraphs of every README below `folder`: the first of each file, then the second of each, … so that a limit leaves something of every file.
 * @param {string} folder
 * @param {number} limit
 * @returns {Corpus}
 */
export function corpusOfReadmes(folder, limit) {
  const files = listReadmes(folder);
  if (files.length === 0) throw new InputError(`no README file below ${folder}`);
  const pages = files.map((file) => {
    const source = path.relative(folder, file).replaceAll(path.sep, '/');
    const texts = paragraphsOfMarkdown(readText(file)).filter((text) => text.split(' ').length >= fewestWords);
    return texts.map((text) => ({ text, source }));
  });
  const paragraphs = distinct(inTurns(pages));
  if (paragraphs.length === 0)
    throw new InputError(`the ${files.length} README files below ${folder} have no paragraph of ${fewestWords} words or more`);
  return { paragraphs: paragraphs.slice(0, limit), files: files.length, found: paragraphs.length };
}

/**
 * Paragraphs of a text file, parted by blank lines.
 * @param {string} file
 * @param {number} limit
 * @returns {Corpus}
 */
export function corpusOfText(file, limit) {
  const text = readText(file);
  if (text.includes('\0')) throw new InputError(`${file} is not a text file`);
  /** @type {Paragraph[]} */
  const paragraphs = [];
  let line = 1;
  for (const block of text.split(/((?:\r?\n[^\S\n]*){2,})/)) {
    if (block.trim() !== '') paragraphs.push({ text: oneLine(block), source: `${path.basename(file)}:${line + leadingLines(block)}` });
    line += block.split('\n').length - 1;
  }
  if (paragraphs.length === 0) throw new InputError(`${file} is empty: there is nothing to index`);
  return { paragraphs: paragraphs.slice(0, limit), files: 1, found: paragraphs.length };
}

/** @param {string} folder @returns {string[]} in the order of their paths; hidden folders and links are left out */
function listReadmes(folder) {
  const entries = readFolder(folder).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith('.') ? [] : listReadmes(full);
    return entry.isFile() && /^readme(\.md|\.markdown)?$/i.test(entry.name) ? [full] : [];
  });
}

/** @param {string} folder */
function readFolder(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw new InputError(`cannot read the folder ${folder}: ${reason(error)}`, { cause: error });
  }
}

/** One of each list, then the next of each, … @template T @param {readonly (readonly T[])[]} lists @returns {T[]} */
function inTurns(lists) {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, turn) => lists.flatMap((list) => list.slice(turn, turn + 1))).flat();
}

/** The first of every text: platform packages repeat one README. @param {readonly Paragraph[]} paragraphs */
function distinct(paragraphs) {
  const seen = new Map(paragraphs.toReversed().map((paragraph) => [paragraph.text, paragraph]));
  return paragraphs.filter((paragraph) => seen.get(paragraph.text) === paragraph);
}

/** @param {string} text */
const oneLine = (text) => text.trim().replaceAll(/\s+/g, ' ');

/** Blank lines before the first word. @param {string} block */
const leadingLines = (block) => block.slice(0, block.length - block.trimStart().length).split('\n').length - 1;
