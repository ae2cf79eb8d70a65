// @ts-check
/**
 * This checkout and another one, each row of ours in turns in one process: what the machine does meanwhile meets both alike, so that
 * their ratio shows what two reports, an hour apart, hide in their noise.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { tallyOf, wholeOf } from './against.mjs';
import { environmentNow } from './environment.mjs';
import { digits, threadsWord, times } from './figures.mjs';
import { openJudges } from './judge.mjs';
import { UsageError } from './options.mjs';
import { rowsOf } from './rows.mjs';
import { interrupted } from './run.mjs';
import { notRunLines, plainTable, textOfTable } from './table.mjs';
import { placeLine } from './words.mjs';

/** @import { Selection } from './rows.mjs' */
/** @import { Course } from './run.mjs' */
/** @import { Pair, Verdict } from './types.js' */

/** Where the other checkout has a contender's file. @param {string} folder @param {string} url of this one's */
const besideOf = (folder, url) => join(folder, 'bench/contenders', basename(fileURLToPath(url)));

/** @param {string} given what the caller wrote @param {string} folder the same, in full */
export function checkBeside(given, folder) {
  for (const part of ['bench/contenders', 'dist'])
    if (!existsSync(join(folder, part)))
      throw new UsageError(`--beside is ${given}, which has no ${part}: expected another checkout of fovea, and built`);
}

/**
 * The rows that both checkouts have.
 * @param {Omit<Selection, 'isa'> & Course & { readonly folder: string }} plan
 * @returns {Promise<{ pairs: readonly Pair[], notRun: readonly string[] }>}
 */
export async function measureBeside(plan) {
  const { folder, pace, signal, onRow } = plan;
  /** @type {typeof import('./cases.mjs')} */
  const there = await import(pathToFileURL(join(folder, 'bench/cases.mjs')).href);
  const cases = plan.cases.filter(({ name }) => there.cases.some((item) => item.name === name));
  const entries = plan.entries.filter(({ contender, url }) => contender.ours && existsSync(besideOf(folder, url)));
  const { rows } = rowsOf({ ...plan, cases, entries, isa: [] });
  /** @type {Pair[]} */
  const pairs = [];
  /** @type {Map<string, string>} */
  const lacking = new Map();
  const judges = openJudges();
  for (const [done, { item, entry, threads }] of rows.entries()) {
    const name = threads === 1 ? entry.name : `${entry.name}, ${threadsWord(threads)}`;
    if (lacking.has(name)) continue;
    onRow(done, rows.length, `${item.name} · ${name}`);
    const beside = pathToFileURL(besideOf(folder, entry.url)).href;
    const verdict = await judges.judge({ contender: entry.url, beside, variant: entry.variant.name, threads, item, pace }, signal);
    if (signal.aborted) break;
    if (verdict.kind === 'unavailable') lacking.set(name, `${name}: ${verdict.reason}`);
    else pairs.push(pairOf(item.name, name, verdict));
  }
  judges.close();
  return { pairs, notRun: [...lacking.values(), ...(signal.aborted ? [interrupted] : [])] };
}

/** @param {string} item @param {string} name @param {Exclude<Verdict, { kind: 'unavailable' }>} verdict @returns {Pair} */
function pairOf(item, name, verdict) {
  if (verdict.kind !== 'measured') return { case: item, name, failed: verdict.reason };
  const { medianMs, besideMs = Number.NaN, ratio = Number.NaN } = verdict;
  return { case: item, name, medianMs, besideMs, ratio };
}

/** @param {Awaited<ReturnType<typeof measureBeside>>} measured @param {string} folder as the caller wrote it */
export async function textOfPairs({ pairs, notRun }, folder) {
  const table = plainTable(['case', 'contender', 'ms', 'beside', 'of its time'], ['left', 'left', 'right', 'right', 'right']);
  const left = /** @type {const} */ ('left');
  for (const pair of pairs) {
    const { case: item, name } = pair;
    if ('failed' in pair) table.push([item, name, { content: `failed: ${pair.failed}`, colSpan: 3, hAlign: left }]);
    else table.push([item, name, digits(pair.medianMs), digits(pair.besideMs), times(pair.ratio)]);
  }
  const ratios = pairs.flatMap((pair) => ('failed' in pair ? [] : [pair.ratio]));
  return [
    placeLine({ environment: { ...(await environmentNow()), isa: [] } }),
    `Beside ${folder}, in turns within one process; of its time: the median of all turns.`,
    '',
    textOfTable(table),
    ...notRunLines(notRun),
    '',
    `${ratios.length} rows, ${tallyOf(ratios)}`,
    ...(ratios.length > 0 ? [wholeOf(ratios)] : []),
  ].join('\n');
}
