// @ts-check
/** Times calls: warmed up, several samples, the median and the tenth percentile. */

/** @import { Job, Times } from './types.js' */

/** A sample of a short call is several calls, or the clock's own steps would show. */
const shortestSampleMs = 0.2;

/** Once; awaits only what is a promise, so that a synchronous call pays nothing for the others. @param {Job} job */
async function once(job) {
  const pending = job.run();
  if (pending) await pending;
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
    const pending = jobs[(first + call) % jobs.length].run();
    if (pending) await pending;
  }
  return (performance.now() - begin) / calls;
}

/**
 * Runs the jobs, which do the same on copies of the same inputs, in turn. More than one where caches must not hold what a case
 * says is read from memory.
 * @param {readonly Job[]} jobs
 * @param {number} budgetMs
 * @param {number} leastRuns
 * @returns {Promise<Times>}
 */
export async function measure(jobs, budgetMs, leastRuns) {
  const warmUpEnd = performance.now() + budgetMs / 3;
  let lastMs = 0;
  do {
    for (const job of jobs) {
      const begin = performance.now();
      await once(job);
      lastMs = performance.now() - begin;
    }
  } while (performance.now() < warmUpEnd);

  const calls = Math.max(1, Math.ceil(shortestSampleMs / Math.max(lastMs, 1e-4)));
  /** @type {number[]} */
  const samples = [];
  const end = performance.now() + budgetMs;
  // Slow calls get fewer runs than they should have rather than the whole evening; the report says how many.
  const latest = performance.now() + 10 * budgetMs;
  for (let first = 0; performance.now() < end || (samples.length < leastRuns && performance.now() < latest); first += calls) {
    samples.push(await sample(jobs, calls, first));
  }
  samples.sort((a, b) => a - b);
  const percentile = (/** @type {number} */ share) => samples[Math.floor(share * (samples.length - 1))];
  return { medianMs: percentile(0.5), p10Ms: percentile(0.1), runs: samples.length * calls };
}
