/**
 * Runs other programs: collects what they print, and puts its end into the error when they fail.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { constants as system } from 'node:os';
import { delimiter, join } from 'node:path';

/**
 * Runs a program to its end.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions & { show?: boolean }} [options] `show`: let it write to our stderr, too
 * @returns {Promise<string>} what it wrote to stdout
 * @throws {Error} when it cannot be started or exits with anything but 0; the message ends with its last lines
 */
export async function run(program, args, { show = false, ...options } = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  /** @type {Buffer[]} */
  const stdout = [];
  /** @type {Buffer[]} */
  const all = [];
  child.stdout?.on('data', (chunk) => {
    stdout.push(chunk);
    all.push(chunk);
    if (show) process.stderr.write(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    all.push(chunk);
    if (show) process.stderr.write(chunk);
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => resolve(status ?? signal));
  });
  if (code === 0) return Buffer.concat(stdout).toString();
  const tail = Buffer.concat(all).toString().trimEnd().split('\n').slice(-40).join('\n');
  throw new Error(`${[program, ...args].join(' ')}\nexited with ${code}:\n${tail}`);
}

/**
 * Runs a program with our own standard streams. Ctrl-C is its matter: it may have something to bring to an end, which is waited for.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>} its exit status; as shells say it when a signal ended it
 */
export async function handOver(program, args, options = {}) {
  const child = spawn(program, args, { stdio: 'inherit', ...options });
  const pass = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal);
  for (const signal of passed) process.on(signal, pass);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, signal) => resolve(status ?? (signal ? 128 + system.signals[signal] : 1)));
    });
  } finally {
    for (const signal of passed) process.off(signal, pass);
  }
}

/** What would end this process before the one that it waits for. */
const passed = /** @type {const} */ (['SIGINT', 'SIGTERM']);

/** The first of these names that is a program on PATH, as a full path; undefined when none is. @param {...string} names */
export function onPath(...names) {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      for (const ending of endings) {
        const path = join(folder, name + ending);
        if (isProgram(path)) return path;
      }
    }
  }
  return undefined;
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
