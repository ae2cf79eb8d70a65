// @ts-check
/**
 * A process that measures a contender, one row after another, each told by one message and answered by one. Processes of their own
 * because some runtimes keep threads spinning, and so that a crash is one row and not the end.
 */
import { bytesOf } from './counting.mjs';
import { copyOf, inputsOf } from './inputs.mjs';
import { measure, measureInTurns, timed } from './measure.mjs';
import { check, oracleOf } from './oracle.mjs';
import { wasmBytes } from './wasm-memory.mjs';

/** @import { Assignment, Case, Contender, Inputs, Job, Session, Verdict } from './types.js' */

/** A call that takes its bytes more slowly than this (a byte a nanosecond) is not waiting for memory: one copy of its inputs will do. */
const waitingBytesPerMs = 1e6;

/** @type {{ readonly name: string, readonly inputs: Inputs, readonly oracle: ReturnType<typeof oracleOf> } | undefined} the last case's, for the rows that follow */
let known;

/** @param {Case} item @param {number} checkWork */
function questionOf(item, checkWork) {
  if (known?.name !== item.name) {
    known = undefined; // it is not needed any more, and large
    const inputs = inputsOf(item);
    known = { name: item.name, inputs, oracle: oracleOf(item, inputs, checkWork) };
  }
  return known;
}

/** A reason is a cell of the table. */
const longestReason = 300;

/** @param {unknown} error */
const messageOf = (error) => {
  const [first = ''] = (error instanceof Error ? error.message : String(error)).trim().split('\n');
  return first.length > longestReason ? `${first.slice(0, longestReason)}…` : first;
};

/** @param {Assignment} assignment @returns {Promise<Verdict>} */
async function judge({ contender, beside, variant, threads, item, pace }) {
  /** @type {Session[]} */
  const sessions = [];
  for (const url of beside === undefined ? [contender] : [contender, beside]) {
    /** @type {{ default: Contender }} */
    const { default: side } = await import(url);
    try {
      sessions.push(await side.open(variant, threads));
    } catch (error) {
      return { kind: 'unavailable', reason: messageOf(error) };
    }
  }
  /** @type {Job[][]} */
  const sides = sessions.map(() => []);
  const [here, there] = sides;
  try {
    const { inputs, oracle } = questionOf(item, pace.checkWork);
    let maxError = 0;
    const wrongResult = () => {
      for (const job of sides.flat()) {
        const checked = check(job.output(), oracle);
        maxError = Math.max(maxError, checked.maxError);
        if (checked.wrong) return checked.wrong;
      }
      return undefined;
    };
    let longestMs = 0;
    for (const [side, session] of sessions.entries()) {
      const jobs = sides[side];
      const first = await session.prepare(item, inputs);
      jobs.push(first);
      let callMs = await timed(first);
      const wrongAtFirst = wrongResult();
      if (wrongAtFirst) return { kind: 'failed', reason: `wrong result: ${wrongAtFirst}`, maxError };
      if (callMs < 3 * pace.budgetMs) callMs = await timed(first); // without what only a first call does
      if (item.bound === 'memory' && callMs < bytesOf(item) / waitingBytesPerMs)
        await addCopies(jobs, session, item, inputs, pace.coldBytes);
      longestMs = Math.max(longestMs, callMs);
    }
    const times = there ? await measureInTurns(here, there, pace, longestMs, item.loop) : await measure(here, pace, longestMs, item.loop);
    const wrongAfterwards = wrongResult(); // of the very calls that were timed
    if (wrongAfterwards) return { kind: 'failed', reason: `wrong result after ${times.runs} runs: ${wrongAfterwards}`, maxError };
    const bytes = item.alone ? wasmBytes() : undefined;
    const outside = here[0].outside?.();
    const direct = there ? undefined : await shareOfDirect(here[0], oracle, pace);
    const more = { ...(bytes && { wasmBytes: bytes }), ...(outside !== undefined && { outside }), ...(direct !== undefined && { direct }) };
    return { kind: 'measured', version: sessions[0].version, maxError, ...more, ...times };
  } catch (error) {
    return { kind: 'failed', reason: messageOf(error) };
  } finally {
    for (const job of sides.flat().reverse()) await job.dispose?.();
  }
}

/**
 * The speed of a job over that of the same work done directly, where it has that, turn by turn: of two processes, one after the other, the machine's pace
 * would be compared as well.
 * @param {Job} job
 * @param {ReturnType<typeof oracleOf>} oracle
 * @param {Assignment['pace']} pace
 * @throws where the other way's result is wrong
 */
async function shareOfDirect(job, oracle, pace) {
  const { direct } = job;
  if (!direct) return undefined;
  const callMs = await timed(direct);
  const { wrong } = check(direct.output(), oracle);
  if (wrong) throw new Error(`wrong result of our kernels called directly: ${wrong}`);
  const { ratio } = await measureInTurns([job], [direct], pace, callMs);
  return 1 / ratio;
}

/**
 * More jobs of the same, on as many copies of the inputs as calls need to find nothing in a cache; all of them have run.
 * @param {Job[]} jobs
 * @param {Session} session
 * @param {Case} item
 * @param {Inputs} inputs
 * @param {number} coldBytes
 */
async function addCopies(jobs, session, item, inputs, coldBytes) {
  while (jobs.length < 2 || jobs.length * bytesOf(item) < coldBytes) {
    const copy = await session.prepare(item, copyOf(inputs));
    jobs.push(copy);
    await timed(copy);
  }
}

// Ctrl-C reaches the whole group of processes; it is the parent that decides what becomes of this one.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
process.on('message', async (message) => {
  const verdict = await judge(/** @type {Assignment} */ (message)).catch((error) => ({ kind: 'failed', reason: messageOf(error) }));
  globalThis.gc?.(); // the next row shall not pay for this one's garbage
  process.send?.(verdict);
});
