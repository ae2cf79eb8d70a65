/**
 * Compiles the addon to build/Release/fovea.node. Run it after a change under native/ (`npm run build:native`); `npm start` and `npm test` do.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from './run/command.mjs';
import { isMain, root } from './run/root.mjs';
import { incremental } from './run/stamp.mjs';
import { asProgram, step } from './run/terminal.mjs';
import { headerOptions, missingNative, requireNativeTools } from './toolchain/native.mjs';

const inputs = ['binding.gyp', 'native', 'node_modules/node-addon-api/package.json'];
/** Built files, relative to the root. */
export const addonFiles = ['build/Release/fovea.node'];

/** @throws {import('./run/missing.mjs').Missing} without a compiler; Error when the compiler refuses the sources */
export async function buildNative() {
  const settings = { CXX: process.env.CXX, CXXFLAGS: process.env.CXXFLAGS };
  await incremental('native', { inputs, outputs: addonFiles, settings }, async () => {
    requireNativeTools();
    await step('addon: compiling native/', compile);
  });
}

async function compile() {
  const gyp = join(root, 'node_modules/node-gyp/bin/node-gyp.js');
  const call = (args) => run(process.execPath, [gyp, ...args, ...headerOptions()], { cwd: root });
  try {
    await call(['configure']);
  } catch (error) {
    // No headers beside Node and none to be downloaded, a Python that is too old, …: node-gyp's own words say which.
    throw missingNative(`what node-gyp needs to compile for this Node. It says: ${error.message}`, error);
  }
  await call(['build', '--jobs', String(availableParallelism())]);
  if (!existsSync(join(root, addonFiles[0]))) throw new Error(`node-gyp ended well, but there is no ${addonFiles[0]}`);
}

if (isMain(import.meta)) await asProgram(buildNative);
