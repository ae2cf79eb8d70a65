/**
 * One process at a time: two terminals, or two test files, may want the same part built in the same folder.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs the work when no living process holds the file.
 * @template T
 * @param {string} path of the lock
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function alone(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  while (!taken(path)) await sleep(300);
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function taken(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!isAlive(holder(path))) rmSync(path, { force: true }); // left by a process that was killed
    return false;
  }
}

function holder(path) {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return process.pid; // given back just now
  }
}

function isAlive(pid) {
  try {
    return pid === 0 || process.kill(pid, 0); // 0: made, but not yet written to
  } catch (error) {
    return error.code === 'EPERM';
  }
}
