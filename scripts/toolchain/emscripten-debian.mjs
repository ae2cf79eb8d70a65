/**
 * Emscripten from Debian's own packages, without root and without touching the system: the packages are unpacked into a cache folder.
 *
 * Debian 12's emscripten is too old, so it comes from Debian 13 ("next") with the libc that its Binaryen was linked for; clang 19 comes
 * from the system's own suite ("own"), where it fits the system's libc. The mirror is the one this machine uses already.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { onPath, run } from '../run/command.mjs';
import { alone } from '../run/lock.mjs';
import { root } from '../run/root.mjs';
import { step } from '../run/terminal.mjs';
import { mirrors } from './debian-mirrors.mjs';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const platforms = {
  x64: { multiarch: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { multiarch: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
};
const fromNext = ['emscripten', 'binaryen', 'libc6', 'libstdc++6', 'libgcc-s1'];
const fromOwn = [
  ...['clang-19', 'lld-19', 'llvm-19', 'libclang-cpp19', 'libllvm19', 'libclang-common-19-dev', 'libclang1-19'],
  ...['llvm-19-linker-tools', 'libz3-4'],
];
/** Libraries that clang needs and that nearly every system has: fetched where this one lacks them. */
const usuallyThere = { 'libedit.so.2': 'libedit2', 'libxml2.so.2': 'libxml2', 'libbsd.so.0': 'libbsd0', 'libmd.so.0': 'libmd0' };

/** The emcc that an earlier run put into the cache; undefined when there is none. */
export function cachedEmcc() {
  return [homeCache(), localCache()].map((folder) => join(folder, 'bin/emcc')).find((path) => existsSync(join(path, '../../ready')));
}

/** Why the packages cannot be used on this system; undefined when they can. */
export function debianReason() {
  const { id } = release();
  if (id !== 'debian') return `this system is not Debian but ${id}`;
  if (platforms[process.arch] === undefined) return `no recipe for ${process.arch}`;
  for (const program of ['apt-get', 'dpkg', 'python3']) {
    if (onPath(program) === undefined) return `${program} is not on PATH`;
  }
  if (!existsSync(keyring)) return `${keyring} is not there`;
  return mirrors() === undefined ? "the machine's apt sources name no Debian mirror" : undefined;
}

/**
 * Downloads and unpacks the packages (about 250 MB, 2 GB unpacked).
 * @returns {Promise<string>} path of emcc
 */
export async function installFromDebian() {
  const prefix = writableCache();
  return alone(`${prefix}.lock`, async () => cachedEmcc() ?? (await installInto(prefix)));
}

async function installInto(prefix) {
  const fresh = `${prefix}.new`;
  for (const folder of [prefix, fresh]) rmSync(folder, { recursive: true, force: true });
  await step('Emscripten: fetching it from Debian into the cache (250 MB, 2 GB unpacked; the first time only)', () => fetchInto(fresh));
  renameSync(fresh, prefix);
  writeWrappers(prefix);
  const emcc = join(prefix, 'bin/emcc');
  await run(emcc, ['--version']);
  writeFileSync(join(prefix, 'ready'), '');
  return emcc;
}

async function fetchInto(folder) {
  const { codename } = release();
  const { debian, security } = mirrors();
  const own = [`${debian} ${codename}`, ...(security ? [`${security} ${codename}-security`] : [])];
  const lacking = await lackingLibraries();
  await download(join(folder, 'next'), [`${debian} trixie`], fromNext, join(folder, 'root'));
  await download(join(folder, 'own'), own, [...fromOwn, ...lacking], join(folder, 'llvm'));
}

/** Downloads packages with an apt state of its own, and unpacks them. */
async function download(state, sources, packages, target) {
  for (const folder of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(state, folder), { recursive: true });
  mkdirSync(target, { recursive: true });
  writeFileSync(join(state, 'sources.list'), sources.map((source) => `deb [signed-by=${keyring}] ${source} main\n`).join(''));
  const options = [
    `Dir::Etc::SourceList=${state}/sources.list`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State::Lists=${state}/lists`,
    `Dir::Cache=${state}/cache`,
    `Dir::Cache::Archives=${state}/cache/archives`,
    'APT::Sandbox::User=',
    'Debug::NoLocking=1',
    'Acquire::Languages=none',
  ].flatMap((option) => ['-o', option]);
  await run('apt-get', [...options, '-q', 'update']);
  await run('apt-get', [...options, '-q', 'download', ...packages], { cwd: state });
  const archives = readdirSync(state).filter((name) => name.endsWith('.deb'));
  for (const archive of archives) await run('dpkg', ['-x', join(state, archive), target]);
  rmSync(state, { recursive: true });
}

async function lackingLibraries() {
  const known = await run(onPath('ldconfig') ?? '/sbin/ldconfig', ['-p']).catch(() => '');
  const lacking = Object.entries(usuallyThere).filter(([library]) => !known.includes(library));
  const icu = { bookworm: 'libicu72', trixie: 'libicu76' }[release().codename];
  return [...lacking.map(([, name]) => name), ...(icu && !known.includes('libicuuc.so') ? [icu] : [])];
}

/** Scripts that run each tool with the libraries and the configuration it was made for. */
function writeWrappers(prefix) {
  const { multiarch, loader } = platforms[process.arch];
  const libraries = `${prefix}/root/usr/lib/${multiarch}`;
  mkdirSync(join(prefix, 'binaryen/bin'), { recursive: true });
  mkdirSync(join(prefix, 'bin'), { recursive: true });
  for (const tool of readdirSync(join(prefix, 'root/usr/bin')).filter((name) => name.startsWith('wasm'))) {
    const command = `exec "${libraries}/${loader}" --library-path "${libraries}" "${prefix}/root/usr/bin/${tool}" "$@"`;
    writeProgram(join(prefix, 'binaryen/bin', tool), command);
  }
  const settings = {
    EMSCRIPTEN_ROOT: `${prefix}/root/usr/share/emscripten`,
    LLVM_ROOT: `${prefix}/llvm/usr/bin`, // not lib/llvm-19/bin: the names there lack the -19
    BINARYEN_ROOT: `${prefix}/binaryen`,
    LLVM_ADD_VERSION: '19',
    CLANG_ADD_VERSION: '19',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
  const node = `NODE_JS = '${process.execPath}' if os.path.exists('${process.execPath}') else 'node'\n`; // the cache outlives a Node
  writeFileSync(join(prefix, 'config.py'), `import os\n${lines.join('')}${node}FROZEN_CACHE = True\n`);
  const llvm = `${prefix}/llvm/usr/lib`;
  writeProgram(
    join(prefix, 'bin/emcc'),
    `export LD_LIBRARY_PATH="${llvm}/${multiarch}:${llvm}/llvm-19/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export EM_CONFIG="${prefix}/config.py"
exec "${prefix}/root/usr/share/emscripten/emcc" "$@"`,
  );
}

function writeProgram(path, body) {
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

function release() {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const field = (name) => new RegExp(`^${name}="?([^"\n]*)`, 'm').exec(text)?.[1];
  return { id: field('ID') ?? process.platform, codename: field('VERSION_CODENAME') ?? 'stable' };
}

/** Shared by all clones, where there is a home to write to; inside the clone otherwise. */
function writableCache() {
  const folder = homeCache();
  try {
    mkdirSync(join(folder, '..'), { recursive: true });
    return folder;
  } catch {
    mkdirSync(join(localCache(), '..'), { recursive: true });
    return localCache();
  }
}

function homeCache() {
  return join(process.env.FOVEA_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'fovea'), 'emscripten');
}

function localCache() {
  return join(root, '.cache/emscripten');
}
