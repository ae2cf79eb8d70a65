// @ts-check
/**
 * A process that measures one case with one variant of one contender, told by one message and answering by one. Its own process
 * because some runtimes keep threads spinning, and so that a crash is one row and not the end.
 */
import { bytesOf } from './counting.mjs';
import { copyOf, inputsOf } from './inputs.mjs';
import { measure } from './measure.mjs';
import { check, oracleOf } from './oracle.mjs';
import { Refused } from './refused.mjs';

/** @import { Assignment, Contender, Job, Session, Verdict } from './types.js' */

/** More than caches hold: a memory-bound case goes round copies of its inputs that are this large together. */
const coldBytes = 256 * 2 ** 20;
const mostCopies = 16;

/** A reason is a cell of the table. */
const longestReason = 300;

/** @param {unknown} error */
const messageOf = (error) => {
  const [first = ''] = (error instanceof Error ? error.message : String(error)).trim().split('\n');
  return first.length > longestReason ? `${first.slice(0, longestReason)}…` : first;
};

/** @param {Assignment} assignment @returns {Promise<Verdict>} */
async function judge({ contender: url, variant, threads, item, budgetMs, leastRuns }) {
  /** @type {{ default: Contender }} */
  const { default: contender } = await import(url);
  /** @type {Session} */
  let session;
  try {
    session = await contender.open(variant, threads);
  } catch (error) {
    return { kind: 'unavailable', reason: messageOf(error) };
  }
  try {
    const inputs = inputsOf(item);
    const copies = item.bound === 'memory' ? Math.min(mostCopies, Math.max(2, Math.ceil(coldBytes / bytesOf(item)))) : 1;
    /** @type {Job[]} */
    const jobs = [];
    for (let copy = 0; copy < copies; copy++) jobs.push(await session.prepare(item, copy === 0 ? inputs : copyOf(inputs)));

    const oracle = oracleOf(item, inputs);
    let maxError = 0;
    const wrongResult = async () => {
      for (const job of jobs) {
        await job.run();
        const checked = check(job.output(), oracle);
        maxError = Math.max(maxError, checked.maxError);
        if (checked.wrong) return checked.wrong;
      }
      return undefined;
    };
    const wrongAtFirst = await wrongResult();
    if (wrongAtFirst) return { kind: 'failed', reason: `wrong result: ${wrongAtFirst}`, maxError };
    const times = await measure(jobs, budgetMs, leastRuns);
    const wrongAfterwards = await wrongResult();
    if (wrongAfterwards) return { kind: 'failed', reason: `wrong result after ${times.runs} runs: ${wrongAfterwards}`, maxError };
    return { kind: 'measured', version: session.version, maxError, ...times };
  } catch (error) {
    return { kind: error instanceof Refused ? 'refused' : 'failed', reason: messageOf(error) };
  }
}

// Ctrl-C reaches the whole group of processes; it is the parent that decides what becomes of this one.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
process.once('message', async (message) => {
  const verdict = await judge(/** @type {Assignment} */ (message)).catch((error) => ({ kind: 'failed', reason: messageOf(error) }));
  process.send?.(verdict, () => process.exit());
});
