/**
 * How long a call takes, in little time: the median of the runs that fit into a tenth of a second, after others that warm it up.
 * @module
 */

export interface Measured {
  readonly medianMs: number;
  readonly runs: number;
}

/** Long enough for the workers of the wasm to start, and for its code to be compiled a second time, for speed. */
const warmUpMs = 60;
const budgetMs = 100;
const fewestRuns = 5;
/** A call that takes longer is run once. */
const longMs = 200;

export function measure(run: () => void): Measured {
  const first = timed(run);
  if (first > longMs) return { medianMs: first, runs: 1 };
  for (let spent = first; spent < warmUpMs; ) spent += timed(run);
  const times: number[] = [];
  for (let spent = 0; spent < budgetMs || times.length < fewestRuns; ) {
    const time = timed(run);
    times.push(time);
    spent += time;
  }
  return { medianMs: median(times), runs: times.length };
}

function timed(run: () => void): number {
  const begin = performance.now();
  run();
  return performance.now() - begin;
}

function median(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  const [low = 0, high = low] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}
