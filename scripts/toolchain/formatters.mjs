/**
 * The formatters' programs and the C++ files that one of them is for.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from '../run/command.mjs';
import { Missing } from '../run/missing.mjs';
import { root } from '../run/root.mjs';
import { filesIn } from '../run/stamp.mjs';

/** To be run by Node. */
export const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');

/** npm's clang-format carries a binary for the usual platforms; elsewhere the system's is used. @throws {Missing} */
export function clangFormat() {
  const folder = { linux: `linux_${process.arch}`, darwin: 'darwin_x64', win32: 'win32' }[process.platform] ?? '';
  const packaged = join(root, 'node_modules/clang-format/bin', folder, process.platform === 'win32' ? 'clang-format.exe' : 'clang-format');
  const path = existsSync(packaged) ? packaged : onPath('clang-format');
  if (path !== undefined) return path;
  throw new Missing({
    what: `clang-format for ${process.platform}-${process.arch}`,
    why: 'the form of the C++ sources is not checked without it',
    how: 'on Debian: apt-get install clang-format',
  });
}

/** Relative to the root. */
export function cppFiles() {
  return ['native', 'wasm', 'test', 'bench']
    .flatMap(filesIn)
    .filter((path) => /\.(h|cc|inl)$/.test(path) && !path.includes('node_modules'));
}
