// @ts-check
/**
 * Runs a comparison: one case after another, one contender after another, each in a process of its own, the probes asked right
 * before and after. The contenders of a case follow each other closely, because the machine changes its pace within minutes.
 */
import { bytesOf, flopsOf, workOf } from './counting.mjs';
import { environmentNow } from './environment.mjs';
import { judge } from './judge.mjs';
import { peakKeeper } from './peaks.mjs';

/** @import { Probes } from './probes.mjs' */
/** @import { Case, Entry, Report, Result, Verdict } from './types.js' */

/**
 * @typedef {object} Plan
 * @property {readonly Case[]} cases
 * @property {readonly Entry[]} entries
 * @property {number} threads
 * @property {number} budgetMs
 * @property {number} leastRuns
 * @property {number} patience share of a contender's `most` that there is time for
 * @property {AbortSignal} signal ends the comparison; what was measured is kept
 * @property {(done: number, total: number, name: string) => void} onRow
 */

/** @param {Plan} plan @param {Probes} probes @returns {Promise<Report>} */
export async function compare({ cases, entries, threads, budgetMs, leastRuns, patience, signal, onRow }, probes) {
  const environment = await environmentNow();
  const peaks = peakKeeper(probes);
  await peaks.introduce(environment.cores);

  const pairs = cases.flatMap((item) => entries.map((entry) => ({ item, entry })));
  const affordable = pairs.filter(({ item, entry }) => workOf(item) <= patience * (entry.contender.most ?? Number.POSITIVE_INFINITY));
  const notRun = tooMuch(pairs.filter((pair) => !affordable.includes(pair)));
  /** @type {Set<Entry>} */
  const unavailable = new Set();
  /** @type {Record<string, string>} */
  const versions = {};
  /** @type {Result[]} */
  const results = [];

  for (const [done, { item, entry }] of affordable.entries()) {
    if (signal.aborted) break;
    if (unavailable.has(entry)) continue;
    onRow(done, affordable.length, `${item.name} · ${entry.name}`);
    const before = await peaks.roofOf(item, entry, threads);
    const verdict = await judge({ contender: entry.url, variant: entry.variant.name, threads, item, budgetMs, leastRuns }, signal);
    if (signal.aborted) break;
    const after = await peaks.roofOf(item, entry, threads);
    if (verdict.kind === 'unavailable') {
      unavailable.add(entry);
      notRun.push(`${entry.name}: ${verdict.reason}`);
      continue;
    }
    if (verdict.kind === 'measured') versions[entry.contender.name] = verdict.version;
    results.push(resultOf(item, entry, threads, verdict, before && after && Math.max(before.best, after.best)));
  }
  if (signal.aborted) notRun.push('what came after an interruption');
  return { environment: { ...environment, isa: probes.isa, versions, probes: probes.made, notRun }, peak: peaks.all(), results };
}

/** One sentence a contender about the cases that were too much for it. @param {readonly { item: Case, entry: Entry }[]} pairs */
function tooMuch(pairs) {
  /** @type {Map<string, string[]>} */
  const byEntry = new Map();
  for (const { item, entry } of pairs) byEntry.set(entry.name, [...(byEntry.get(entry.name) ?? []), item.name]);
  return [...byEntry].map(([name, items]) => `${name}: too slow for ${items.join(' · ')}`);
}

/**
 * @param {Case} item
 * @param {Entry} entry
 * @param {number} threads
 * @param {Exclude<Verdict, { kind: 'unavailable' }>} verdict
 * @param {number | undefined} roof
 * @returns {Result}
 */
function resultOf(item, { contender, variant }, threads, verdict, roof) {
  const row = { case: item.name, contender: contender.name, variant: variant.name, threads };
  if (verdict.kind === 'failed') {
    const none = { medianMs: null, p10Ms: null, runs: 0, gflops: null, gbs: null, shareOfPeak: null };
    return { ...row, ...none, maxError: verdict.maxError ?? null, failed: verdict.reason };
  }
  const { medianMs, p10Ms, runs, maxError } = verdict;
  const flops = item.bound === 'call' ? 0 : flopsOf(item);
  const gflops = flops > 0 ? flops / medianMs / 1e6 : null;
  const gbs = item.bound === 'memory' ? bytesOf(item) / medianMs / 1e6 : null;
  const rate = item.bound === 'memory' ? gbs : gflops;
  return { ...row, medianMs, p10Ms, runs, gflops, gbs, shareOfPeak: roof && rate !== null ? rate / roof : null, maxError };
}
