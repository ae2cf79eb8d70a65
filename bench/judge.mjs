// @ts-check
/** Has rows measured by child.mjs, in processes of their own: its answers, or what became of them. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { wasmFlags } from '../scripts/toolchain/wasm-flags.mjs';

/** @import { ChildProcess } from 'node:child_process' */
/** @import { Assignment, Verdict } from './types.js' */

/** A process that measures one row after another, and what it wrote to stderr last. */
class Judge {
  served = 0;
  /** Whether it was ended because a row took too long. */
  late = false;
  #child;
  #lastWords = '';

  /** @param {readonly string[]} execArgv */
  constructor(execArgv) {
    const { FOVEA_BACKEND, FOVEA_TARGET, FOVEA_THREADS, ...env } = process.env; // a forced choice would keep the other contenders out
    this.#child = fork(fileURLToPath(new URL('child.mjs', import.meta.url)), {
      execArgv: [...execArgv],
      env,
      serialization: 'advanced', // JSON has no NaN, and a wrong result may be one
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.#lastWords = (this.#lastWords + chunk).slice(-1000);
    });
    this.#child.on('error', () => {}); // it cannot be told anything: its end says so below
  }

  /** @param {Assignment} assignment @param {AbortSignal} signal @returns {Promise<Verdict>} */
  async verdict(assignment, signal) {
    this.served++;
    this.#lastWords = '';
    const child = this.#child;
    const rowLimitMs = assignment.pace.rowLimitMs * (assignment.item.patience ?? 1);
    const timer = setTimeout(() => {
      this.late = true;
      child.kill('SIGKILL');
    }, rowLimitMs);
    const abort = () => child.kill('SIGKILL');
    signal.addEventListener('abort', abort);
    try {
      const answer = answerOf(child);
      child.send(assignment);
      const { verdict, end } = await answer;
      if (verdict) return verdict;
      const reason = this.late ? `no result within ${rowLimitMs / 1000} s` : `the process ended with ${end}`;
      return { kind: 'failed', reason: [reason, this.#lastWords.trim().split('\n').at(-1)].filter(Boolean).join(': ') };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }

  /** It ends by itself once nobody is there to ask. */
  close() {
    if (this.#child.connected) this.#child.disconnect();
  }
}

/** @param {ChildProcess} child @returns {Promise<{ verdict?: Verdict, end?: string }>} whichever comes first: what it says, or its end */
function answerOf(child) {
  return new Promise((resolve) => {
    const answered = (/** @type {unknown} */ message) => {
      child.off('close', ended);
      resolve({ verdict: /** @type {Verdict} */ (message) });
    };
    const ended = (/** @type {number | null} */ status, /** @type {string | null} */ killedBy) => {
      child.off('message', answered);
      resolve({ end: String(killedBy ?? `status ${status}`) });
    };
    child.once('message', answered);
    child.once('close', ended);
  });
}

/**
 * One process for each contender and number of threads. On one thread it sleeps while others are measured; on more it ends when
 * another's turn comes, because some runtimes keep their threads spinning between calls.
 */
export function openJudges() {
  const execArgv = [...wasmFlags(), '--expose-gc'];
  /** @type {Map<string, Judge>} */
  const kept = new Map();
  /** @param {string} key */
  const end = (key) => {
    kept.get(key)?.close();
    kept.delete(key);
  };
  return {
    /**
     * What a process says to a row. One that fails may be a victim of the rows before it, so that a fresh process has the last word; not
     * on one that takes too long.
     * @param {Assignment} assignment
     * @param {AbortSignal} signal
     * @returns {Promise<Verdict>}
     */
    async judge(assignment, signal) {
      const { contender, threads, item } = assignment;
      const key = `${threads}\0${contender}`;
      for (const other of kept.keys()) if (other !== key && !other.startsWith('1\0')) end(other);
      if (item.alone) end(key);
      const judge = kept.get(key) ?? new Judge(execArgv);
      kept.set(key, judge);
      const verdict = await judge.verdict(assignment, signal);
      if (verdict.kind !== 'failed' || signal.aborted) return verdict;
      end(key);
      return judge.served > 1 && !judge.late ? await this.judge(assignment, signal) : verdict;
    },
    close() {
      for (const key of kept.keys()) end(key);
    },
  };
}
