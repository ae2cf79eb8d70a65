// @ts-check
/** Two reports side by side: what got slower. */

import { percent, times } from './figures.mjs';
import { median } from './percentile.mjs';

/** @import { Report, Result } from './types.js' */

/** Differences below this are the machine's. */
const noise = 0.05;

/** @param {Report} now @param {Report} before */
export function differencesOf(now, before) {
  const old = new Map(before.results.map((row) => [nameOf(row), row]));
  /** @type {{ name: string, ratio: number, text: string }[]} */
  const slower = [];
  const broken = [];
  /** @type {Map<string, number[]>} */
  const ratios = new Map();
  let compared = 0;
  for (const row of now.results) {
    const name = nameOf(row);
    const then = old.get(name);
    if (!then || then.medianMs === null) continue;
    compared++;
    if (row.medianMs === null) {
      broken.push(`  ${name}: failed: ${row.failed}`);
      continue;
    }
    const ratio = row.medianMs / then.medianMs;
    ratios.set(row.contender, [...(ratios.get(row.contender) ?? []), ratio]);
    if (ratio > 1 + noise) slower.push({ name, ratio, text: `  ${name}: ${ratio.toFixed(2)} × the time${shares(then, row)}` });
  }
  slower.sort((a, b) => b.ratio - a.ratio);
  return [
    `Against ${before.environment.date} (${before.environment.cpu}): ${compared} rows compared, ${tallyOf([...ratios.values()].flat())}, ${broken.length} failed now`,
    ...[...ratios].map(([contender, of]) => `  ${contender}: ${wholeOf(of)}`),
    ...broken,
    ...slower.map(({ text }) => text),
  ].join('\n');
}

/** @param {readonly number[]} ratios of the time now to that which it is held against */
export function tallyOf(ratios) {
  const slower = ratios.filter((ratio) => ratio > 1 + noise).length;
  const faster = ratios.filter((ratio) => ratio < 1 - noise).length;
  return `${slower} slower by more than ${percent(noise)}, ${faster} faster`;
}

/** What rows came to as a whole; of peers, which did not change, it tells what the machine did. @param {readonly number[]} ratios */
export const wholeOf = (ratios) => `${times(median(ratios))} the time, the median of its ${ratios.length}`;

/** Times move with the machine, shares of its peak less so. @param {Result} then @param {Result} now */
function shares(then, now) {
  if (then.shareOfPeak === null || now.shareOfPeak === null) return '';
  return ` (${(100 * then.shareOfPeak).toFixed(0)} % of the peak then, ${(100 * now.shareOfPeak).toFixed(0)} % now)`;
}

/** @param {Result} row */
const nameOf = (row) => `${row.case} · ${row.contender}/${row.variant}, ${row.threads === 1 ? '1 thread' : `${row.threads} threads`}`;
