// @ts-check
/** Installs what fovea is compared with, into bench/node_modules, where it is missing. */
import { readFileSync } from 'node:fs';
import { installed } from '../scripts/setup.mjs';

/** Whether bench/package.json names the package. @param {string} name @returns {boolean} */
export const isListed = (name) => name in JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')).dependencies;

/**
 * No script of a package runs: onnxruntime-node's would fetch libraries for GPUs from outside the registry.
 * @returns {Promise<string | undefined>} why it could not be had; the comparison goes on without
 */
export async function installPeers() {
  try {
    await installed('bench', 'npm packages: installing what fovea is compared with (about 500 MB)', {
      why: 'fovea is compared without them, and their rows say so',
      args: ['--ignore-scripts'],
    });
    return undefined;
  } catch (error) {
    return /** @type {Error} */ (error).message;
  }
}
