// @ts-check
/** The report as text for a terminal: every row, ours beside the best of the others, and the bars. */
import Table from 'cli-table3';
import picocolors from 'picocolors';
import { digits, percent, rateOf, threadsWord, times } from './figures.mjs';
import { isCeiling, judged } from './judged.mjs';
import { comparison, summaryOf } from './summary.mjs';
import { countingLines, environmentLines, outsideLines, outsideTitle } from './words.mjs';

/** On a terminal only: picocolors itself also colours what a CI server collects. */
const colors = picocolors.createColors(picocolors.isColorSupported && process.stdout.isTTY === true);

/** @import { Judged } from './judged.mjs' */
/** @import { Report, Result } from './types.js' */

/** @param {Report} report */
export function textOf(report) {
  return [
    ...environmentLines(report),
    ...['', ...countingLines, ''],
    tableOf(report.results),
    ...notRunLines(report.environment.notRun),
    ...outsideSection(report),
    ...summaryLines(report),
    ...barLines(report),
  ].join('\n');
}

/** @param {Report} report */
function outsideSection(report) {
  const lines = outsideLines(report);
  return lines.length === 0 ? [] : ['', outsideTitle, ...lines.map((line) => `  ${line}`)];
}

/** @param {readonly string[]} notRun */
export function notRunLines(notRun) {
  return notRun.length === 0 ? [] : ['', 'Not run:', ...notRun.map((line) => `  ${line}`)];
}

/** Blanks between columns, and nothing else. @param {string[]} head @param {('left' | 'right')[]} colAligns */
export function plainTable(head, colAligns) {
  return new Table({
    head,
    colAligns,
    chars: {
      ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
      ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
    },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
}

/** @param {{ toString(): string }} table */
export const textOfTable = (table) => table.toString().replace(/ +$/gm, '');

/** @param {readonly Result[]} results */
function tableOf(results) {
  const table = plainTable(
    ['case', 'contender', 'ms', 'p10', 'runs', 'GFLOP/s', 'GB/s', 'of peak', 'max error'],
    ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
  );
  let last = '';
  for (const row of results) {
    const title = row.threads === 1 ? row.case : `${row.case}, ${threadsWord(row.threads)}`;
    const same = results.filter((other) => other.case === row.case && other.threads === row.threads);
    const best = Math.min(...same.map(({ medianMs }) => medianMs ?? Number.POSITIVE_INFINITY));
    table.push(cellsOf(row, title === last ? '' : title, row.medianMs === best));
    last = title;
  }
  return textOfTable(table);
}

/** @param {Result} row @param {string} name @param {boolean} isBest */
function cellsOf(row, name, isBest) {
  const who = `${row.contender}/${row.variant}`;
  if (row.failed !== undefined)
    return [name, who, { content: colors.red(`failed: ${row.failed}`), colSpan: 7, hAlign: /** @type {const} */ ('left') }];
  const cells = [
    who,
    digits(row.medianMs),
    digits(row.p10Ms),
    String(row.runs),
    digits(row.gflops),
    digits(row.gbs),
    row.shareOfPeak === null ? '' : percent(row.shareOfPeak),
    row.maxError === null ? '' : row.maxError.toExponential(1),
  ];
  return [name, ...cells.map((cell) => (isBest ? colors.bold(cell) : cell))];
}

/** @param {Report} report */
function summaryLines(report) {
  const lines = summaryOf(report);
  if (lines.length === 0) return [];
  const table = plainTable(['case', 'ours', '', 'best of the others', '', 'ours is'], ['left', 'left', 'right', 'left', 'right', 'right']);
  for (const { case: name, ours, peer, ratio } of lines) {
    const figures = [`${ours.contender}/${ours.variant}`, rateOf(ours), `${peer.contender}/${peer.variant}`, rateOf(peer)];
    table.push([name, ...figures, ratio < 1 ? colors.red(times(ratio)) : times(ratio)]);
  }
  return ['', comparison, '', textOfTable(table)];
}

/** @param {Report} report */
function barLines(report) {
  const all = judged(report);
  const measured = all.filter((each) => each.measured !== undefined);
  if (measured.length === 0) return [];
  const table = plainTable(
    ['case', 'build', 'measured', 'against', 'at least', 'aim', ''],
    ['left', 'left', 'right', 'left', 'right', 'right', 'left'],
  );
  for (const each of measured) {
    const { bar, name, against, reached } = each;
    const title = bar.threads ? `${bar.case}, ${threadsWord(bar.threads)}` : bar.case;
    const [least, aim] = [bar.least, bar.aim].map((value) => (value === undefined ? '' : `${limit(bar)}${figure(each, value)}`));
    table.push([title, name, figure(each, each.measured ?? 0), against, least, aim, reached ? 'ok' : colors.red('below')]);
  }
  const missed = measured.filter(({ reached }) => !reached).length;
  const absent = all.length - measured.length;
  const words = [
    `${measured.length - missed} reached`,
    `${missed} below`,
    ...(absent > 0 ? [`${absent} without rows in this report`] : []),
  ];
  return ['', `What fovea means to reach (bench/bars.mjs): ${words.join(', ')}`, '', textOfTable(table)];
}

/** @param {Judged['bar']} bar */
const limit = ({ measure }) => (isCeiling(measure) ? '≤ ' : '');

/** @param {Judged} judged @param {number} value */
function figure({ bar: { measure } }, value) {
  if (measure === 'micros') return `${digits(value)} µs`;
  if (measure === 'memory') return `${digits(value)} MB`;
  return ['share', 'shares', 'scaling', 'direct'].includes(measure) ? percent(value) : times(value);
}
