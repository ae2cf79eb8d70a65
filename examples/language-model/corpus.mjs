/**
 * The text: the prose of the READMEs of the packages that package-lock.json names, which are the same wherever it was installed. Of every twelfth package
 * that is large enough nothing is learned: these are what the model is measured by.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../program/errors.mjs';
import { readText, reason } from '../program/files.mjs';
import { paragraphsOfMarkdown } from '../program/markdown.mjs';

/**
 * @typedef {{ name: string, license: string, text: string }} Page of one package: a paragraph a line
 * @typedef {{ training: Page[], heldOut: Page[] }} Corpus
 */

/** Characters of a page that is held out, at least: a README of one line says nothing about how well it is foretold. */
const leastHeldOut = 1000;
/** Of so many pages that are large enough one is held out. */
const heldOutOneIn = 12;
/** Characters of a paragraph at least: shorter ones are captions. */
const shortest = 40;

/** @param {string} root the folder with package-lock.json and node_modules @returns {Corpus} */
export function readCorpus(root) {
  const seen = new Set();
  const pages = packagesOf(root).flatMap(({ name, license, place }) => {
    const paragraphs = readmesIn(path.join(root, place)).flatMap((file) => paragraphsOfMarkdown(readText(file)));
    // What stands in several READMEs is read once, so that nothing that is held out has been learned elsewhere.
    const fresh = paragraphs.map(plain).filter((text) => text.length >= shortest && !seen.has(text) && seen.add(text));
    return fresh.length === 0 ? [] : [{ name, license, text: `${fresh.join('\n')}\n` }];
  });
  const large = pages.filter(({ text }) => text.length >= leastHeldOut);
  const heldOut = new Set(large.filter((_, i) => i % heldOutOneIn === heldOutOneIn - 1));
  if (heldOut.size === 0) throw new InputError(`the READMEs below ${root} are too few to learn from: npm install brings them`);
  return { training: pages.filter((page) => !heldOut.has(page)), heldOut: [...heldOut] };
}

/** Pages one after another, a blank line between them. @param {readonly Page[]} pages */
export const joined = (pages) => pages.map(({ text }) => text).join('\n');

/**
 * One version of each, by name; those that only some systems get are left out.
 * @param {string} root
 * @returns {{ name: string, license: string, place: string }[]}
 */
function packagesOf(root) {
  /** @type {Record<string, { optional?: boolean, devOptional?: boolean, license?: string }>} */
  const entries = JSON.parse(readText(path.join(root, 'package-lock.json'))).packages;
  const shallow = Object.entries(entries).filter(([place, { optional, devOptional }]) => place !== '' && !optional && !devOptional);
  const byName = new Map(
    shallow
      .toSorted(([a], [b]) => b.length - a.length) // the last one stays: the version at the top
      .map(([place, { license = 'no licence named' }]) => [place.slice(place.lastIndexOf('node_modules/') + 13), { license, place }]),
  );
  return [...byName].map(([name, own]) => ({ name, ...own })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @param {string} folder */
function readmesIn(folder) {
  try {
    const names = readdirSync(folder).filter((name) => /^readme(\.md|\.markdown)?$/i.test(name));
    return names.sort().map((name) => path.join(folder, name));
  } catch (error) {
    throw new InputError(`cannot read the package ${folder}: ${reason(error)}; npm install brings it`, { cause: error });
  }
}

/** Signs that word processors make become those of a keyboard, accents go. @param {string} text */
function plain(text) {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .replaceAll(/[‘’‚′]/g, "'")
    .replaceAll(/[“”„″]/g, '"')
    .replaceAll(/[‐-―−]/g, '-')
    .trim();
}
