// @ts-check
/** The report as the tables of a README, written between two comments there. */
import { digits, percent, rateOf, threadsWord, time, times } from './figures.mjs';
import { fastest } from './kinds.mjs';
import { cell, placeOf, table } from './place.mjs';
import { comparison, summaryOf } from './summary.mjs';
import { outsideLines, outsideTitle, placeLine, versionsLine } from './words.mjs';

/** @import { Report, Result } from './types.js' */

/** Where the figures are written. */
export const place = placeOf('compare', 'npm run compare -- --from FILE --markdown FILE');

/** @param {Report} report */
export function markdownOf(report) {
  return [
    `> ${cell(placeLine(report))} · ${cell(versionsLine(report))}`,
    ...section(comparison, summaryTable(report)),
    ...section(
      outsideTitle,
      outsideLines(report).map((line) => `- ${cell(line)}`),
    ),
    ...section('More threads:', threadsTable(report)),
    ...section('Every contender on one thread, the fastest of a case in bold:', oneThreadTable(report)),
  ].join('\n');
}

/** @param {string} title @param {readonly string[]} lines */
const section = (title, lines) => (lines.length === 0 ? [] : ['', ...(title ? [title, ''] : []), ...lines]);

/** A column for each target of ours and each other contender (its fastest way), the fastest of a case in bold. @param {Report} report */
function oneThreadTable({ results }) {
  const rows = results.filter(({ threads }) => threads === 1);
  const columns = [...new Set(rows.map(columnOf))];
  const lines = [...new Set(rows.map((row) => row.case))].map((name) => {
    const here = rows.filter((row) => row.case === name);
    const best = fastest(here)?.medianMs;
    return [
      name,
      ...columns.map((column) =>
        figures(
          here.filter((row) => columnOf(row) === column),
          best,
        ),
      ),
    ];
  });
  return table([['case', ...columns], ...lines]);
}

/** @param {Result} row */
const columnOf = ({ contender, variant }) => (contender.startsWith('fovea-') ? `${contender} ${variant.split(' ')[0]}` : contender);

/** @param {readonly Result[]} rows of one case and column @param {number | undefined} best */
function figures(rows, best) {
  const row = fastest(rows);
  if (!row) return rows.length > 0 ? 'failed' : '–';
  const words = row.shareOfPeak === null ? rateOf(row) : `${rateOf(row).replace(' GFLOP/s', '')} · ${percent(row.shareOfPeak)}`;
  return row.medianMs === best ? `**${words}**` : words;
}

/** @param {Report} report */
function summaryTable(report) {
  const lines = summaryOf(report).map(({ case: name, ours, peer, ratio }) => [
    name,
    whoAndTime(ours),
    whoAndTime(peer),
    ratio < 1 ? `${times(ratio)}, behind` : times(ratio),
  ]);
  return table([['case', 'ours', 'best of the others', 'ours is'], ...lines]);
}

/** @param {import('./summary.mjs').Line['ours']} row */
const whoAndTime = ({ contender, variant, medianMs, runs }) =>
  `${contender}/${variant}: ${time(medianMs)}${runs === 1 ? ', one call' : ''}`;

/** @param {Report} report */
function threadsTable({ results }) {
  const lines = results
    .filter(({ threads, medianMs }) => threads > 1 && medianMs !== null)
    .map((row) => {
      const alone = results.find((other) => isSameWay(row, other) && other.threads === 1);
      const scaling = alone?.medianMs && row.medianMs ? times(alone.medianMs / row.medianMs) : '';
      const share = row.shareOfPeak === null ? '' : percent(row.shareOfPeak);
      return [
        row.case,
        `${row.contender}/${row.variant}`,
        threadsWord(row.threads),
        `${digits(row.medianMs)} ms`,
        rateOf(row),
        share,
        scaling,
      ];
    });
  return table([['case', 'contender', 'threads', 'median', 'rate', 'of peak', 'of one thread'], ...lines]);
}

/** @param {Result} a @param {Result} b */
const isSameWay = (a, b) => a.case === b.case && a.contender === b.contender && a.variant === b.variant;
