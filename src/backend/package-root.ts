/**
 * Where fovea lies on disk, in Node: the folder with dist/ and prebuilds/, found from the running file, whether that is a source or in dist/.
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @throws {Error} when the code was bundled away from its package */
export function packageRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; ; folder = dirname(folder)) {
    if (isFovea(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) break;
  }
  throw new Error(`fovea's own folder is not above ${here}: it was bundled. Mark fovea as external, or hand its wasm to init({ wasm })`);
}

function isFovea(manifest: string): boolean {
  return existsSync(manifest) && /"name":\s*"fovea"/.test(readFileSync(manifest, 'utf8'));
}
