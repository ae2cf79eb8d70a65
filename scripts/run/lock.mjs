/**
 * One process at a time: two terminals, or two test files, may want the same part built in the same folder.
 */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './terminal.mjs';

/** A lock is written to right after it is made: one that is still empty after this was left by a process that was killed in between. */
const longestEmptyMs = 5000;

/**
 * Runs the work when no living process holds the file; says once whom it waits for.
 * @template T
 * @param {string} path of the lock
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function alone(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  for (let waits = false; !taken(path); await sleep(300)) {
    const pid = holder(path);
    if (!waits && pid > 0 && pid !== process.pid && isAlive(pid)) {
      say(`… waiting for process ${pid}, which is at the same work (${path})`);
      waits = true;
    }
  }
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
    if (!isHeld(path)) rmSync(path, { force: true }); // left by a process that was killed
    return false;
  }
}

function isHeld(path) {
  const pid = holder(path);
  return pid === 0 ? isFresh(path) : pid === undefined || isAlive(pid);
}

/** 0: made, but not yet written to; undefined: given back just now. */
function holder(path) {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function isFresh(path) {
  const made = statSync(path, { throwIfNoEntry: false });
  return made === undefined || Date.now() - made.mtimeMs < longestEmptyMs;
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
