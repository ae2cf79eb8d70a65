// @ts-check
/** Runs child.mjs for one row: its answer, or what became of it. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { wasmFlags } from '../scripts/toolchain/wasm-flags.mjs';

/** @import { Assignment, Verdict } from './types.js' */

/** How long one row may take altogether before it is given up. */
const rowLimitMs = 180_000;

/** Found out once: it may take a process to ask. */
const execArgv = wasmFlags();

/**
 * What a process of its own says to a row.
 * @param {Assignment} assignment
 * @param {AbortSignal} signal
 * @returns {Promise<Verdict>}
 */
export function judge(assignment, signal) {
  const { FOVEA_BACKEND, FOVEA_TARGET, ...env } = process.env; // a forced choice would keep the other contenders out
  const child = fork(fileURLToPath(new URL('child.mjs', import.meta.url)), {
    execArgv,
    env,
    serialization: 'advanced', // JSON has no NaN, and a wrong result may be one
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let lastWords = '';
  child.stderr?.on('data', (chunk) => {
    lastWords = (lastWords + chunk).slice(-1000);
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, rowLimitMs);
  const abort = () => child.kill('SIGKILL');
  signal.addEventListener('abort', abort);
  return new Promise((resolve) => {
    /** @type {Verdict | undefined} */
    let verdict;
    child.once('message', (message) => {
      verdict = /** @type {Verdict} */ (message);
    });
    child.once('error', (error) => {
      verdict = { kind: 'failed', reason: error.message };
    });
    child.once('close', (status, killedBy) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      const end = late ? `no result within ${rowLimitMs / 1000} s` : `the process ended with ${killedBy ?? `status ${status}`}`;
      resolve(verdict ?? { kind: 'failed', reason: [end, lastWords.trim().split('\n').at(-1)].filter(Boolean).join(': ') });
    });
    child.send(assignment);
  });
}
