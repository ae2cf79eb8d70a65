/**
 * Finds an emcc that is new enough for relaxed SIMD: on PATH, then in EMSDK, then in our cache; on Debian it fetches one into the cache.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { onPath, run } from '../run/command.mjs';
import { Missing } from '../run/missing.mjs';
import { cachedEmcc, debianReason, installFromDebian } from './emscripten-debian.mjs';

/** clang 16 and the Binaryen that goes with it: the first that know relaxed SIMD as V8 does. */
const oldest = [3, 1, 60];

/**
 * @returns {Promise<string>} path of emcc
 * @throws {Missing} where none can be had
 */
export async function emcc() {
  const tooOld = [];
  for (const path of [onPath('emcc'), fromEmsdk()]) {
    if (path === undefined) continue;
    const version = await versionOf(path);
    if (isNewEnough(version)) return path;
    tooOld.push(`${path} is ${version}`);
  }
  const cached = cachedEmcc();
  if (cached !== undefined) return cached;

  const reason = debianReason();
  if (reason !== undefined) throw missing([...tooOld, reason]);
  try {
    return await installFromDebian();
  } catch (error) {
    throw missing([...tooOld, `fetching Debian's packages failed: ${error.message}`], error);
  }
}

function fromEmsdk() {
  const { EMSDK } = process.env;
  const path = EMSDK && join(EMSDK, 'upstream/emscripten/emcc');
  return path && existsSync(path) ? path : undefined;
}

async function versionOf(path) {
  const found = /\d+\.\d+\.\d+/.exec(await run(path, ['--version']).catch((error) => error.message));
  return found?.[0] ?? 'of unknown version';
}

function isNewEnough(version) {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && (minor > oldest[1] || (minor === oldest[1] && patch >= oldest[2])));
}

function missing(reasons, cause) {
  return new Missing({
    what: `emcc ${oldest.join('.')} or newer (${['none on PATH or in EMSDK', ...reasons].join('; ')})`,
    why: 'without it the WebAssembly backend cannot be built: browsers, and machines for which there is no addon, are left with the slow reference',
    how: 'install emsdk (https://emscripten.org/docs/getting_started/downloads.html) and put emcc on PATH, or set EMSDK to its folder',
    cause,
  });
}
