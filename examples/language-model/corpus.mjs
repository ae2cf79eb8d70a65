/**
 * The text: the prose of the READMEs of the packages that package-lock.json names, which are the same wherever it was installed. Of one in twelve of those
 * that are large enough nothing is learned: these are what the model is measured by, but for what they have in common with the others (unseen.mjs).
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../program/errors.mjs';
import { readText, reason } from '../program/files.mjs';
import { paragraphsOfMarkdown } from '../program/markdown.mjs';
import { randomFor } from '../training/seed.mjs';
import { withoutSeen } from './unseen.mjs';

/**
 * @typedef {{ name: string, license: string, text: string }} Page of one package: a paragraph a line
 * @typedef {{ training: Page[], heldOut: Page[] }} Corpus
 */

/** Characters of a page that is held out, at least: a README of one line says nothing about how well it is foretold. */
const leastHeldOut = 1000;
/** Of pages that are large enough, this share is held out. */
const heldOutShare = 1 / 12;
/** Characters of a paragraph at least: shorter ones are captions. */
const shortest = 40;

/** @param {string} root the folder with package-lock.json and node_modules @returns {Corpus} */
export function readCorpus(root) {
  const seen = new Set();
  const pages = packagesOf(root).flatMap(({ name, license, place }) => {
    const paragraphs = readmesIn(path.join(root, place)).flatMap((file) => paragraphsOfMarkdown(readText(file)));
    // What stands in several READMEs is read once.
    const fresh = paragraphs.map(plain).filter((text) => text.length >= shortest && !seen.has(text) && seen.add(text));
    return fresh.length === 0 ? [] : [{ name, license, text: `${fresh.join('\n')}\n` }];
  });
  const training = pages.filter((page) => !isHeldOut(page));
  const heldOut = withoutSeen(pages.filter(isHeldOut), training);
  if (training.length === 0 || heldOut.length === 0)
    throw new InputError(`the READMEs below ${root} are too few to learn from: npm install brings them`);
  return { training, heldOut };
}

/** By its name alone, so that a package more or less leaves the others where they are. @param {Page} page */
const isHeldOut = ({ name, text }) => text.length >= leastHeldOut && randomFor(0, name)() < heldOutShare;

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
