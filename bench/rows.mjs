// @ts-check
/** Which rows a comparison has: cases × contenders × threads, less what is too slow, cannot be done or was not asked for. */
import { workOf } from './counting.mjs';

/** @import { Case, Entry } from './types.js' */

/**
 * @typedef {object} Selection
 * @property {readonly Case[]} cases
 * @property {readonly Entry[]} entries
 * @property {readonly number[] | undefined} threads of every case; if not said, one, and two for the cases that ask for it
 * @property {boolean} namedCases whether somebody named the cases, and the entries, which then are all measured
 * @property {boolean} namedEntries
 * @property {boolean} quick
 * @property {number} cores
 * @property {readonly string[]} isa instruction sets of this CPU, as the probes found them
 */

/** @typedef {{ readonly item: Case, readonly entry: Entry, readonly threads: number }} Row */

/** Of what a contender has the patience for in full. */
const quickPatience = 0.03;

/**
 * @param {Selection} selection
 * @returns {{ rows: readonly Row[], leftOut: ReadonlyMap<string, readonly string[]> }} what is left out, by reason, and whom it concerns
 */
export function rowsOf(selection) {
  const { cases, entries, threads, cores } = selection;
  /** @type {Map<string, string[]>} */
  const leftOut = new Map();
  /** @type {Row[]} */
  const rows = [];
  for (const item of cases) {
    for (const each of threads ?? (item.twoThreads && cores > 1 ? [1, 2] : [1])) {
      for (const entry of entries) {
        if (entry.variant.ops && !entry.variant.ops.includes(item.op)) continue;
        if (item.onlyOurs && !entry.contender.ours) continue;
        const row = { item, entry, threads: each };
        const against = reasonAgainst(row, selection);
        if (!against) rows.push(row);
        else if (against.reason) {
          const names = leftOut.get(against.reason) ?? [];
          if (!names.includes(against.name)) leftOut.set(against.reason, [...names, against.name]);
        }
      }
    }
  }
  return { rows, leftOut };
}

/**
 * Why a row is left out, and what is listed under that reason; a reason of '' is not worth a line.
 * @param {Row} row
 * @param {Selection} selection
 * @returns {{ readonly reason: string, readonly name: string } | undefined}
 */
function reasonAgainst({ item, entry: { contender, variant, name }, threads }, { quick, namedCases, namedEntries, threads: asked, isa }) {
  if (quick && item.full && !namedCases) return { reason: 'left out by --quick, cases', name: item.name };
  if (quick && (variant.full || isa.includes(variant.better ?? '')) && !namedEntries)
    return { reason: 'left out by --quick, contenders', name };
  const refusal = contender.refuses?.(item, variant.name);
  if (refusal !== undefined) return { reason: refusal && `${name}: ${refusal}`, name: item.name };
  if (threads > 1 && contender.oneThread) return { reason: asked ? `${contender.name}: runs on one thread` : '', name: item.name };
  const most = (quick ? quickPatience : 1) * (contender.most ?? Number.POSITIVE_INFINITY);
  if (item.patience === undefined && workOf(item) > most) return { reason: `${name}: too slow for`, name: item.name };
  return undefined;
}
