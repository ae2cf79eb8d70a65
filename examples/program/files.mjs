/** Files that the user names: read and written, with what kept one from it as a sentence. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
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
  const place = file === undefined ? path.join(mkdtempSync(path.join(tmpdir(), 'fovea-')), `${name}.svg`) : path.resolve(fromCaller(file));
  try {
    writeFileSync(place, svg);
    return place;
  } catch (error) {
    throw new InputError(`cannot write ${place}: ${reason(error)}`, { cause: error });
  }
}

/** Why the system did not do it. @param {unknown} error */
export function reason(error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  /** @type {Record<string, string>} */
  const words = { ENOENT: 'it does not exist', EACCES: 'permission denied', EISDIR: 'it is a folder', ENOTDIR: 'it is not a folder' };
  return words[code] ?? String(error);
}
