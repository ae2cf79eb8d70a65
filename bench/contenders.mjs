// @ts-check
/** Who is compared: every file in contenders/, and others that the command line names. */
import { readdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** @import { Contender, Entry } from './types.js' */

const folder = new URL('contenders/', import.meta.url);

/** Native, WebAssembly, plain JavaScript, and fovea first in each: the table is read from above. */
const order = [
  'fovea-native',
  'fovea-tfjs',
  'onnxruntime-node',
  'fovea-wasm',
  'onnxruntime-web',
  'tfjs-wasm',
  'jax-js',
  'fovea-reference',
  'tfjs-cpu',
];

/** @param {readonly string[]} [others] paths of more contenders' files @returns {Promise<readonly Entry[]>} */
export async function entriesOf(others = []) {
  const files = readdirSync(fileURLToPath(folder)).filter((file) => file.endsWith('.mjs'));
  files.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  const urls = [...files.map((file) => new URL(file, folder).href), ...others.map((path) => pathToFileURL(path).href)];
  const entries = [];
  for (const url of urls) {
    /** @type {{ default: Contender }} */
    const { default: contender } = await import(url);
    entries.push(...contender.variants.map((variant) => ({ name: `${contender.name}/${variant.name}`, url, contender, variant })));
  }
  return entries;
}

/** @param {string} file */
function rank(file) {
  const index = order.indexOf(file.replace('.mjs', ''));
  return index < 0 ? order.length : index;
}
