// @ts-check
/** The packages that fovea is compared with: loaded by name when they are run, so that one that is missing is a row and not the end. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('node_modules/', import.meta.url);

/** @param {string} name of a package */
export const isInstalled = (name) => existsSync(fileURLToPath(new URL(`${name}/package.json`, folder)));

/** @param {string} name */
function manifestOf(name) {
  if (!isInstalled(name)) throw new Error(`${name} is not installed (npm --prefix bench ci)`);
  return JSON.parse(readFileSync(new URL(`${name}/package.json`, folder), 'utf8'));
}

/** @param {string} name @returns {string} @throws where it is not installed */
export const versionOf = (name) => manifestOf(name).version;

/**
 * @param {string} name of a package, or of a file in one
 * @returns {Promise<unknown>} its module; checked where it is used, because its types are there only when it is installed
 */
export async function importPeer(name) {
  manifestOf(name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : /** @type {string} */ (name.split('/')[0]));
  const module = await import(name);
  return module.default ?? module; // CommonJS, mostly
}
