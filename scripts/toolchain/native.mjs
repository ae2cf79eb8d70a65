/**
 * What node-gyp needs to compile the addon: a C++ compiler, make, Python, and the headers of this Node.
 */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onPath } from '../run/command.mjs';
import { Missing } from '../run/missing.mjs';

/** @throws {Missing} naming what is not there */
export function requireNativeTools() {
  if (process.platform === 'win32') return; // Visual Studio is not on PATH; node-gyp finds it or says so itself
  const lacking = [
    !process.env.CXX && onPath('c++', 'g++', 'clang++') === undefined && 'a C++ compiler',
    onPath('make', 'gmake') === undefined && 'make',
    onPath('python3', 'python') === undefined && 'Python 3',
  ].filter(Boolean);
  if (lacking.length > 0) throw missingNative(lacking.join(', '));
}

/** The words for an addon that cannot be built. */
export function missingNative(what, cause) {
  return new Missing({
    what,
    why: 'without it the native backend cannot be built, and the same work takes several times as long on WebAssembly',
    how: process.platform === 'darwin' ? 'xcode-select --install' : 'on Debian: apt-get install g++ make python3',
    cause,
  });
}

/**
 * Options that make node-gyp use the headers that this Node was installed with, where it was: no download is needed then.
 * @returns {string[]}
 */
export function headerOptions() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  return existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
}
