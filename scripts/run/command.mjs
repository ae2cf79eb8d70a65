/**
 * Runs other programs: collects what they print, and puts its end into the error when they fail.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
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
  const stdout = [];
  const all = [];
  child.stdout.on('data', (chunk) => {
    stdout.push(chunk);
    all.push(chunk);
    if (show) process.stderr.write(chunk);
  });
  child.stderr.on('data', (chunk) => {
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
 * Runs a program with our own standard streams.
 * @returns {Promise<number>} its exit status; 1 when a signal ended it
 */
export async function handOver(program, args, options = {}) {
  const child = spawn(program, args, { stdio: 'inherit', ...options });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
}

/** The first of these names that is a program on PATH, as a full path; undefined when none is. */
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

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
