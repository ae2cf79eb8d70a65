/**
 * Incremental steps: work is done again only when the content of its inputs, its settings or this Node changed, or an output is gone.
 * The memory of the last time lies in .cache/stamps/.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alone } from './lock.mjs';
import { root } from './root.mjs';

/**
 * Does the work unless it was done before on the same inputs.
 * @param {string} name of the stamp
 * @param {{ inputs: readonly string[], outputs: readonly string[], settings?: unknown }} what files and folders, relative to the root
 * @param {() => Promise<void>} work
 */
export async function incremental(name, { inputs, outputs, settings }, work) {
  const stamp = join(root, '.cache/stamps', name);
  const isDone = () => outputs.every((path) => existsSync(join(root, path))) && readIfThere(stamp) === digest(inputs, settings);
  if (isDone()) return;
  await alone(`${stamp}.lock`, async () => {
    if (isDone()) return; // by the process that we waited for
    const before = digest(inputs, settings);
    rmSync(stamp, { force: true });
    await work();
    writeFileSync(stamp, before); // not the digest of now: what was edited meanwhile is yet to be built
  });
}

/** One hash over settings and the names and contents of all files in these folders. */
function digest(inputs, settings) {
  const hash = createHash('sha256').update(JSON.stringify([process.version, process.arch, settings]));
  for (const path of inputs.flatMap(filesIn).sort()) {
    hash.update(`\0${path}\0`).update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
}

/** The files under a path, relative to the root; a path that is not there has none. */
export function filesIn(path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [path];
  return readdirSync(full, { withFileTypes: true }).flatMap((entry) => filesIn(join(path, entry.name)));
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
