/** The pictures of an example, in a folder of the user's or a new one. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InputError } from '../program/errors.mjs';
import { fromCaller, reason } from '../program/files.mjs';

/**
 * @param {Readonly<Record<string, string>>} pictures SVGs by the name of their file
 * @param {string | undefined} folder undefined: a new temporary one
 * @returns {string[]} whole paths
 */
export function writePictures(pictures, folder) {
  const place = folder === undefined ? mkdtempSync(path.join(tmpdir(), 'fovea-')) : path.resolve(fromCaller(folder));
  try {
    mkdirSync(place, { recursive: true });
    return Object.entries(pictures).map(([name, svg]) => {
      const file = path.join(place, name);
      writeFileSync(file, svg);
      return file;
    });
  } catch (error) {
    throw new InputError(`cannot write pictures into ${place}: ${reason(error)}`, { cause: error });
  }
}
