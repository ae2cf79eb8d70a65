// @ts-check
/** Times calls: warmed up, several samples, the median and the tenth percentile. */

import { median, percentile } from './percentile.mjs';

/** @import { Job, Pace, Times } from './types.js' */

/** A sample of a short call is several calls, or the clock's own steps would show. */
const shortestSampleMs = 0.2;

/**
 * An engine compiles JavaScript anew after thousands of calls, and where a call takes microseconds that is what one would time: so
 * calls this short are warmed up by their number.
 */
const short = { callMs: 0.1, calls: 20_000, longestMs: 500 };

/**
 * Where a call returns new memory, garbage is collected after so many milliseconds of calls, which is not timed: the results before are
 * there to be used again, as in a process that has been running for long. Otherwise it would be the system's fresh pages that are timed.
 */
const collectAfterMs = 30;

/** A call that takes longer is not asked for twice: what only a first call does is little of it, and its row says that it is one call. */
const longMs = 20_000;

/**
 * A turn of a loop of much JavaScript is compiled anew over its first calls, and goes back to what it was when garbage is collected at the caller's
 * command: what was compiled for shapes that nobody holds is thrown away with it. A training step was seen to take twice its time.
 */
const loop = { calls: 10, longestMs: 3000 };

/** Once; awaits only what is a promise, so that a synchronous call pays nothing for the others. @param {Job} job @returns {Promise<number>} its milliseconds */
export async function timed(job) {
  const begin = performance.now();
  const pending = job.run();
  if (pending) await pending;
  return performance.now() - begin;
}

/**
 * The mean time of some calls, going round the jobs.
 * @param {readonly Job[]} jobs
 * @param {number} calls
 * @param {number} first
 */
async function sample(jobs, calls, first) {
  const begin = performance.now();
  for (let call = 0; call < calls; call++) {
    const pending = jobs[(first + call) % jobs.length]?.run();
    if (pending) await pending;
  }
  return (performance.now() - begin) / calls;
}

/** @param {boolean} loops @returns {(spentMs: number) => void} told what calls took, collects when it is time to */
function collector(loops) {
  let sinceMs = 0;
  if (loops) return () => {};
  return (spentMs) => {
    sinceMs += spentMs;
    if (sinceMs < collectAfterMs) return;
    sinceMs = 0;
    globalThis.gc?.(); // a process that measures has it
  };
}

/** By the very code that measures afterwards. @param {readonly Job[]} jobs @param {number} leastMs @param {boolean} loops @returns {Promise<number>} milliseconds of the shortest call: any other may have been interrupted */
async function warmUp(jobs, leastMs, loops) {
  const begin = performance.now();
  const collect = collector(loops);
  let shortestMs = shortestSampleMs;
  let spentMs = 0;
  let done = 0;
  do {
    const calls = callsOf(shortestMs);
    const callMs = await sample(jobs, calls, done);
    collect(calls * callMs);
    shortestMs = Math.min(shortestMs, callMs);
    done += calls;
    spentMs = performance.now() - begin;
  } while (
    spentMs < leastMs ||
    (shortestMs < short.callMs && done < short.calls && spentMs < short.longestMs) ||
    (loops && done < loop.calls && spentMs < loop.longestMs)
  );
  return shortestMs;
}

/** How many calls make a sample. @param {number} callMs */
const callsOf = (callMs) => Math.max(1, Math.ceil(shortestSampleMs / Math.max(callMs, 1e-4)));

/**
 * Runs the jobs, which do the same on copies of the same inputs, in turn. More than one where caches must not hold what a case
 * says is read from memory.
 * @param {readonly Job[]} jobs
 * @param {Pace} pace
 * @param {number} ranMs what a call took already, which is warm-up enough if it was long
 * @param {boolean} [loops] whether a call is a turn of a loop
 * @returns {Promise<Times>}
 */
export async function measure(jobs, pace, ranMs, loops = false) {
  if (ranMs > longMs) return { medianMs: ranMs, p10Ms: ranMs, runs: 1 };
  const { samples, runs } = await sampled([jobs], pace, ranMs, loops);
  const [times = []] = samples;
  return { ...timesOf(times), runs };
}

/**
 * Two sides in turns, each first every other time: what the machine does meanwhile meets both alike.
 * @param {readonly Job[]} here
 * @param {readonly Job[]} there
 * @param {Pace} pace
 * @param {number} ranMs what the longer of their calls took already
 * @param {boolean} [loops] whether a call is a turn of a loop
 * @returns {Promise<Times & { besideMs: number, ratio: number }>} times of `here`; the median of `there`, and of here over there, turn by turn
 */
export async function measureInTurns(here, there, pace, ranMs, loops = false) {
  const { samples, runs } = await sampled([here, there], pace, ranMs, loops);
  const [ours = [], others = []] = samples;
  const ratios = ours.map((callMs, turn) => callMs / (others[turn] ?? Number.NaN));
  return { ...timesOf(ours), runs, besideMs: median(others), ratio: median(ratios) };
}

/** @param {readonly number[]} samples */
const timesOf = (samples) => ({ medianMs: median(samples), p10Ms: percentile(samples, 0.1) });

/**
 * @param {readonly (readonly Job[])[]} sides
 * @param {Pace} pace
 * @param {number} ranMs
 * @param {boolean} loops
 * @returns {Promise<{ samples: readonly (readonly number[])[], runs: number }>} milliseconds of a call, of each side as many; how many calls that were
 */
async function sampled(sides, { budgetMs, leastRuns }, ranMs, loops) {
  let shortestMs = ranMs;
  if (ranMs <= (loops ? Math.max(budgetMs, loop.longestMs / 2) : budgetMs))
    for (const jobs of sides) shortestMs = Math.min(shortestMs, await warmUp(jobs, budgetMs / 3, loops));
  const calls = callsOf(shortestMs);
  /** @type {number[][]} */
  const samples = sides.map(() => []);
  const collect = collector(loops);
  const end = performance.now() + budgetMs * sides.length;
  // Slow calls get fewer runs than they should have rather than the whole evening; the report says how many.
  const latest = performance.now() + 8 * budgetMs * sides.length;
  let turn = 0;
  for (; performance.now() < end || (turn < leastRuns && performance.now() < latest); turn++) {
    for (let place = 0; place < sides.length; place++) {
      const side = (turn + place) % sides.length;
      const callMs = await sample(sides[side] ?? [], calls, turn * calls);
      samples[side]?.push(callMs);
      collect(calls * callMs);
    }
  }
  return { samples, runs: turn * calls };
}
