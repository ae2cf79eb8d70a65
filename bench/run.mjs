// @ts-check
/**
 * Runs a comparison: one case after another, one contender after another, in processes of their own, the probes asked right
 * before and after. The contenders of a case follow each other closely, because the machine changes its pace within minutes.
 */
import { bytesOf, flopsOf } from './counting.mjs';
import { environmentNow } from './environment.mjs';
import { openJudges } from './judge.mjs';
import { peakKeeper } from './peaks.mjs';
import { rowsOf } from './rows.mjs';

/** @import { Probes } from './probes.mjs' */
/** @import { Row, Selection } from './rows.mjs' */
/** @import { Entry, Pace, Peak, Report, Result, Verdict } from './types.js' */

/**
 * @typedef {Omit<Selection, 'isa'> & Course} Plan
 * @typedef {object} Course
 * @property {Pace} pace
 * @property {AbortSignal} signal ends the comparison; what was measured is kept
 * @property {(done: number, total: number, name: string) => void} onRow
 */

/** @param {Plan} plan @param {Probes} probes @returns {Promise<Report>} */
export async function compare(plan, probes) {
  const { pace, signal, onRow } = plan;
  const environment = await environmentNow();
  const peaks = peakKeeper(probes);
  await peaks.introduce(environment.cores);

  const { rows, leftOut } = rowsOf({ ...plan, isa: probes.isa });
  const notes = noteKeeper(leftOut);
  /** @type {Map<string, string>} contenders on so many threads that cannot be had, and why */
  const unavailable = new Map();
  /** @type {Record<string, string>} */
  const versions = {};
  /** @type {Result[]} */
  const results = [];

  const judges = openJudges();
  for (const [done, row] of rows.entries()) {
    if (signal.aborted) break;
    const { item, entry, threads } = row;
    const known = unavailable.get(keyOf(row));
    if (known !== undefined) {
      if (entry.contender.peer) results.push(resultOf(row, { kind: 'failed', reason: known }));
      continue;
    }
    onRow(done, rows.length, `${item.name} · ${entry.name}${threads === 1 ? '' : `, ${threads} threads`}`);
    const before = await peaks.roofOf(item, entry, threads);
    const assignment = { contender: entry.url, variant: entry.variant.name, threads, item, pace };
    const verdict = signal.aborted ? undefined : await judges.judge(assignment, signal);
    if (signal.aborted || !verdict) break;
    const roof = before && (await roofAround(before, verdict, row, peaks));
    if (verdict.kind !== 'unavailable') {
      if (verdict.kind === 'measured') versions[entry.contender.name] = verdict.version;
      results.push(resultOf(row, verdict, roof));
    } else {
      unavailable.set(keyOf(row), verdict.reason);
      // A peer that is not there is seen in every row it should have had; a target that this machine lacks is one line.
      if (entry.contender.peer) results.push(resultOf(row, { kind: 'failed', reason: verdict.reason }));
      else notes.add(`${nameOf(entry, threads)}: ${verdict.reason}`);
    }
  }
  judges.close();
  if (signal.aborted) notes.add(interrupted);
  return {
    environment: { ...environment, isa: probes.isa, versions, probes: probes.made, notRun: notes.lines() },
    peak: peaks.all(),
    ours: [...new Set(plan.entries.filter(({ contender }) => contender.ours).map(({ contender }) => contender.name))],
    results,
  };
}

/** What an interrupted comparison has not run; what was measured before is kept. */
export const interrupted = 'what came after an interruption';

/** How often a probe is asked again after a row that was faster than its roof: something else was running beside the probe. */
const mostDoubts = 3;

/**
 * The best that the probe did right before and right after a row.
 * @param {Peak} before
 * @param {Verdict} verdict
 * @param {Row} row
 * @param {ReturnType<typeof peakKeeper>} peaks
 */
async function roofAround(before, verdict, row, peaks) {
  let roof = before.best;
  for (let doubts = 0; doubts <= mostDoubts; doubts++) {
    peaks.moveOn();
    const after = await peaks.roofOf(row.item, row.entry, row.threads);
    roof = Math.max(roof, after?.best ?? 0);
    if (verdict.kind !== 'measured' || (resultOf(row, verdict, roof).shareOfPeak ?? 0) <= 1) break;
  }
  return roof;
}

/** What was not measured, each reason once with all the cases that it concerns. @param {ReadonlyMap<string, readonly string[]>} first */
function noteKeeper(first) {
  const notes = new Map([...first].map(([reason, names]) => [reason, [...names]]));
  return {
    /** @param {string} reason @param {string[]} names */
    add(reason, ...names) {
      notes.set(reason, [...(notes.get(reason) ?? []), ...names]);
    },
    lines: () => [...notes].map(([reason, names]) => (names.length === 0 ? reason : `${reason} (${names.join(' · ')})`)),
  };
}

/** @param {Row} row */
const keyOf = ({ entry, threads }) => `${entry.name}\0${threads}`;

/** @param {Entry} entry @param {number} threads */
const nameOf = ({ name }, threads) => (threads === 1 ? name : `${name}, ${threads} threads`);

/**
 * @param {Row} row
 * @param {Extract<Verdict, { kind: 'measured' | 'failed' }>} verdict
 * @param {number | undefined} [roof]
 * @returns {Result}
 */
function resultOf({ item, entry: { contender, variant }, threads }, verdict, roof) {
  const row = { case: item.name, contender: contender.name, variant: variant.name, threads };
  if (verdict.kind === 'failed') {
    const none = { medianMs: null, p10Ms: null, runs: 0, gflops: null, gbs: null, shareOfPeak: null };
    return { ...row, ...none, maxError: verdict.maxError ?? null, failed: verdict.reason };
  }
  const { medianMs, p10Ms, runs, maxError, wasmBytes, outside, direct } = verdict;
  const flops = item.bound === 'call' ? 0 : flopsOf(item);
  const gflops = flops > 0 ? flops / medianMs / 1e6 : null;
  const gbs = item.bound === 'memory' ? bytesOf(item) / medianMs / 1e6 : null;
  const rate = item.bound === 'memory' ? gbs : gflops;
  return {
    ...row,
    medianMs,
    p10Ms,
    runs,
    gflops,
    gbs,
    shareOfPeak: roof && rate !== null ? rate / roof : null,
    maxError,
    ...(wasmBytes && { wasmBytes }),
    ...(outside !== undefined && { outside }),
    ...(direct !== undefined && { direct }),
  };
}
