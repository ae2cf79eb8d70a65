/**
 * Lays the addon out as an installed package finds it: prebuilds/<platform>-<arch>/…, by prebuildify. `npm pack` runs it.
 *
 * prebuildify would call node-gyp rebuild and move the result away from build/. The addon is built already, so it works in a copy, with a
 * node-gyp that has nothing to do, and is left what it is here for: names, tags and stripping.
 *
 * A Linux addon needs the glibc of the machine that linked it, or a newer one: which, is said at the end.
 */
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { addonFiles, buildNative } from './build-native.mjs';
import { run } from './run/command.mjs';
import { isMain, root } from './run/root.mjs';
import { incremental } from './run/stamp.mjs';
import { asProgram, say } from './run/terminal.mjs';

const folder = `prebuilds/${process.platform}-${process.arch}`;
const nothingToDo = process.platform === 'win32' ? 'rem' : 'true';

export async function prebuild() {
  await buildNative();
  await incremental('prebuild', { inputs: addonFiles, outputs: [folder] }, async () => {
    const copy = join(root, '.cache/prebuild');
    rmSync(copy, { recursive: true, force: true });
    rmSync(join(root, folder), { recursive: true, force: true });
    mkdirSync(join(copy, 'build/Release'), { recursive: true });
    copyFileSync(join(root, addonFiles[0]), join(copy, addonFiles[0]));
    const prebuildify = promisify(createRequire(import.meta.url)('prebuildify'));
    await prebuildify({
      name: 'fovea',
      cwd: copy,
      out: root,
      napi: true,
      strip: process.platform !== 'win32',
      tagLibc: process.platform === 'linux',
      targets: [process.versions.node],
      nodeGyp: nothingToDo,
      quiet: true,
    });
    if (process.platform === 'linux') say(`prebuild: needs glibc ${await newestGlibc()} or newer`);
  });
}

/** The newest version of glibc among the symbols that the addon takes from it. */
async function newestGlibc() {
  const symbols = await run('objdump', ['-T', join(root, addonFiles[0])]);
  const minors = [...symbols.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
  return `2.${Math.max(...minors)}`;
}

if (isMain(import.meta)) await asProgram(prebuild);
