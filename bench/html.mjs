// @ts-check
/** The report as one page that needs nothing else: where it ran, the chart, ours against the best of the others, every row. */
import { digits, percent, rateOf, time, times } from './figures.mjs';
import { isOurs } from './kinds.mjs';
import { summaryOf } from './summary.mjs';
import { escaped, svgOf } from './svg.mjs';
import { countingLines, environmentLines, outsideLines, outsideTitle } from './words.mjs';

/** @import { Report } from './types.js' */

const style = `
  :root { color-scheme: light dark; --line: #ddd; --soft: #666; --mark: #eef4fd }
  @media (prefers-color-scheme: dark) { :root { --line: #3a3f47; --soft: #999; --mark: #1d2a3f } }
  body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1100px; padding: 0 1rem }
  pre { white-space: pre-wrap; color: var(--soft) } svg { max-width: 100%; height: auto } .wide { overflow-x: auto }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums } td, th { padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top }
  td:first-child, th:first-child, td:nth-child(2), th:nth-child(2) { text-align: left } .ours { background: var(--mark) } .best { font-weight: 600 } .failed { text-align: left; color: #b3261e }`;

/** @param {Report} report */
export function htmlOf(report) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>fovea: the comparison of ${escaped(report.environment.date.slice(0, 10))}</title>
<style>${style}</style>
<h1>Attention and matmul in JavaScript</h1>
<pre>${escaped([...environmentLines(report), '', ...countingLines].join('\n'))}</pre>
<h2>Ours beside the best of the others, one thread</h2>
<div class="wide">${summaryTable(report)}</div>
<h2>Chart</h2>
<div class="wide">${svgOf(report)}</div>
<h2>Every row</h2>
<div class="wide">${rowsTable(report)}</div>
${list(outsideTitle, outsideLines(report))}${list('Not run', report.environment.notRun)}</html>
`;
}

/** @param {readonly string[]} head @param {readonly string[]} rows */
const table = (head, rows) =>
  `<table>\n<thead><tr>${head.map((cell) => `<th>${escaped(cell)}</th>`).join('')}</tr></thead>\n<tbody>\n${rows.join('\n')}\n</tbody></table>`;

/** @param {readonly string[]} cells @param {string} [kind] */
const line = (cells, kind = '') => `<tr class="${kind}">${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`;

/** @param {Report} report */
function summaryTable(report) {
  const rows = summaryOf(report).map((each) =>
    line([
      each.case,
      each.kind,
      `${each.ours.variant} · ${rateOf(each.ours)}`,
      `${each.peer.contender}/${each.peer.variant} · ${rateOf(each.peer)}`,
      times(each.ratio),
    ]),
  );
  return table(['case', '', 'ours', 'best of the others', 'ours is'], rows);
}

/** @param {Report} report */
function rowsTable(report) {
  const rows = report.results.map((row) => {
    const who = `${row.contender}/${row.variant}`;
    const kind = isOurs(report, row) ? 'ours' : '';
    if (row.medianMs === null || row.p10Ms === null) {
      const reason = `<td class="failed" colspan="7">${escaped(row.failed ?? 'not measured')}</td>`;
      return `<tr class="${kind}"><td>${escaped(row.case)}</td><td>${escaped(who)}</td><td>${row.threads}</td>${reason}</tr>`;
    }
    const same = report.results.filter((other) => other.case === row.case && other.threads === row.threads && other.medianMs !== null);
    const isBest = same.every(({ medianMs }) => (medianMs ?? 0) >= /** @type {number} */ (row.medianMs));
    const cells = [row.case, who, String(row.threads), time(row.medianMs), time(row.p10Ms), String(row.runs)];
    const share = row.shareOfPeak === null ? '' : percent(row.shareOfPeak);
    const error = row.maxError === null ? '' : row.maxError.toExponential(1);
    return line([...cells, digits(row.gflops), digits(row.gbs), share, error], isBest ? `${kind} best` : kind);
  });
  return table(['case', 'contender', 'threads', 'median', 'p10', 'runs', 'GFLOP/s', 'GB/s', 'of peak', 'max error'], rows);
}

/** @param {string} title @param {readonly string[]} lines */
function list(title, lines) {
  if (lines.length === 0) return '';
  return `<h2>${escaped(title)}</h2>\n<ul>\n${lines.map((each) => `<li>${escaped(each)}</li>`).join('\n')}\n</ul>\n`;
}
