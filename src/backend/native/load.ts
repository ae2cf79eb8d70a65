/**
 * Finds the addon for this platform, in the places and under the names that node-gyp and prebuildify use, and offers its targets.
 * @module
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import type { Backend, Candidate } from '../backend.js';
import { packageRoot } from '../package-root.js';
import { usePool } from '../threads.js';
import { type Addon, asAddon } from './addon.js';
import { readElf } from './elf.js';
import { nativeBackend } from './native.js';

let loaded: Addon | undefined;
const backends = new Map<string, Backend>();

/** One candidate a target that is compiled in, best first. @throws {Error} why there is no addon here */
export function nativeCandidates(): readonly Candidate[] {
  if (loaded === undefined) {
    loaded = findAddon();
    usePool(loaded.setThreads);
  }
  const addon = loaded;
  return addon.targets().map(({ name, supported, missing }) => ({
    name: 'native',
    target: name,
    load() {
      if (!supported) throw new Error(`this CPU lacks ${missing}`);
      const backend = backends.get(name) ?? nativeBackend(addon.target(name), addon);
      backends.set(name, backend);
      return backend;
    },
  }));
}

/** The first file that exists and loads; otherwise an error that tells what became of each. */
function findAddon(): Addon {
  const failures: { path: string; error: unknown }[] = [];
  for (const path of addonPaths()) {
    if (!existsSync(path)) continue;
    try {
      return loadAddon(path);
    } catch (error) {
      failures.push({ path, error });
    }
  }
  if (failures.length === 0)
    throw new Error(`no addon for ${platform()}: none of ${addonPaths().join(', ')} exists (npm run build:native makes one in a checkout)`);
  const told = failures.map(({ path, error }) => `${path}: ${error instanceof Error ? error.message : String(error)}`);
  throw new Error(`no addon loads on ${platform()}: ${told.join('; ')}`, { cause: failures[0]?.error });
}

/**
 * Where an addon may lie: a checkout's own build first, so that an old prebuild never hides it. FOVEA_ADDON, for debugging,
 * names the one file to try instead.
 */
function addonPaths(): readonly string[] {
  const forced = process.env.FOVEA_ADDON;
  if (forced) return [resolve(forced)];
  const root = packageRoot();
  const prebuilds = join(root, 'prebuilds', `${process.platform}-${process.arch}`);
  const names = process.platform === 'linux' ? [`fovea.${libc()}.node`, 'fovea.node'] : ['fovea.node'];
  return [join(root, 'build', 'Release', 'fovea.node'), ...names.map((name) => join(prebuilds, name))];
}

function loadAddon(path: string): Addon {
  if (process.platform === 'linux') {
    const { arch, bytes, bytesNeeded } = readElf(path);
    if (arch !== process.arch) throw new Error(`it is for ${arch}, this is ${process.arch}`);
    if (bytes < bytesNeeded) throw new Error(`it is truncated: ${bytes} bytes of ${bytesNeeded}`);
  }
  return asAddon(createRequire(path)(path));
}

/** The libc that this very process runs on: what its own binary asks for. prebuildify's tag. */
function libc(): 'glibc' | 'musl' {
  try {
    return readElf(process.execPath).interpreter.includes('ld-musl') ? 'musl' : 'glibc';
  } catch {
    return 'glibc'; // no readable ELF of 64 bits: Linux as the prebuilds know it, and the loader has the last word
  }
}

function platform(): string {
  return process.platform === 'linux' ? `${process.platform}-${process.arch} (${libc()})` : `${process.platform}-${process.arch}`;
}
