// @ts-check
/** What the probes said during a comparison: the roof of each row, and all of it together for the report. */

import { median } from './percentile.mjs';

/** @import { Probes } from './probes.mjs' */
/** @import { Case, Entry, Peak, Report, Roof } from './types.js' */

/** Asks the probes, and remembers every answer for the report. @param {Probes} probes */
export function peakKeeper(probes) {
  /** @type {Map<string, Peak[]>} */
  const answers = new Map();
  /** @param {string} name @param {Peak | undefined} peak */
  const keep = (name, peak) => {
    if (peak) answers.set(name, [...(answers.get(name) ?? []), peak]);
    return peak;
  };
  /** @type {{ name: string, peak: Peak | undefined } | undefined} the answer that nothing has run since */
  let latest;
  /** @param {string} name @param {() => Promise<Peak | undefined>} ask */
  const fresh = async (name, ask) => {
    if (latest?.name !== name) latest = { name, peak: keep(name, await ask()) };
    return latest.peak;
  };
  const threadsWord = (/** @type {number} */ threads) => (threads === 1 ? '1 thread' : `${threads} threads`);
  return {
    /** Every roof of this machine once, also those of which no row speaks. @param {number} cores */
    async introduce(cores) {
      for (const threads of cores > 1 ? [1, 2] : [1]) {
        for (const isa of probes.isa) {
          keep(`${isa}, ${threadsWord(threads)}`, await probes.multiplyAdd(/** @type {Roof} */ (isa), threads));
        }
        for (const roof of /** @type {const} */ (['wasm simd', 'wasm relaxed-simd']))
          keep(`${roof}, ${threadsWord(threads)}`, await probes.multiplyAdd(roof, threads));
        keep(`memory read, ${threadsWord(threads)}`, await probes.read(threads));
      }
    },
    /** The roof of a row, now: what was asked after the row before serves as this one's "before". @param {Case} item @param {Entry} entry @param {number} threads */
    async roofOf(item, { variant }, threads) {
      if (item.bound === 'memory') return fresh(`memory read, ${threadsWord(threads)}`, () => probes.read(threads));
      if (item.bound === 'call' || !variant.roof) return undefined;
      const { roof } = variant;
      return fresh(`${roof}, ${threadsWord(threads)}`, () => probes.multiplyAdd(roof, threads));
    },
    /** A row was measured: what was asked before it is old. */
    moveOn() {
      latest = undefined;
    },
    /** @returns {Report['peak']} */
    all() {
      return Object.fromEntries(
        [...answers].map(([name, peaks]) => {
          const [first] = peaks;
          return [
            name,
            {
              unit: first.unit,
              best: Math.max(...peaks.map(({ best }) => best)),
              median: median(peaks.map((peak) => peak.median)),
            },
          ];
        }),
      );
    },
  };
}
