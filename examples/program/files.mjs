/** Files that the user names: read and written, with what kept one from it as a sentence. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InputError } from './errors.mjs';

/** npm runs scripts in the package's folder and says in INIT_CWD where the user stood. @param {string} file */
export const fromCaller = (file) => (process.env.INIT_CWD ? path.resolve(process.env.INIT_CWD, file) : file);

/** @param {string} file */
export function readText(file) {
  try {
    return readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    throw new InputError(`cannot read ${file}: ${reason(error)}`, { cause: error });
  }
}

/**
 * Writes a picture.
 * @param {string} svg
 * @param {string | undefined} file undefined: one in a new temporary folder
 * @param {string} name of the file then, without its ending
 * @returns {string} the file's whole path
 */
export function writePicture(svg, file, name) {
  return written(file === undefined ? path.join(temporaryFolder(), `${name}.svg`) : path.resolve(fromCaller(file)), svg);
}

/**
 * Writes several pictures into a folder, which is made.
 * @param {Readonly<Record<string, string>>} pictures SVGs by the name of their file
 * @param {string | undefined} folder undefined: a new temporary one
 * @returns {string[]} whole paths
 */
export function writePictures(pictures, folder) {
  const place = folder === undefined ? temporaryFolder() : path.resolve(fromCaller(folder));
  try {
    mkdirSync(place, { recursive: true });
  } catch (error) {
    throw new InputError(`cannot make the folder ${place}: ${reason(error)}`, { cause: error });
  }
  return Object.entries(pictures).map(([name, svg]) => written(path.join(place, name), svg));
}

/** Why the system did not do it. @param {unknown} error */
export function reason(error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  /** @type {Record<string, string>} */
  const words = { ENOENT: 'it does not exist', EACCES: 'permission denied', EISDIR: 'it is a folder', ENOTDIR: 'it is not a folder' };
  return words[code] ?? String(error);
}

const temporaryFolder = () => mkdtempSync(path.join(tmpdir(), 'fovea-'));

/** @param {string} file @param {string} text */
function written(file, text) {
  try {
    writeFileSync(file, text);
    return file;
  } catch (error) {
    throw new InputError(`cannot write ${file}: ${reason(error)}`, { cause: error });
  }
}
