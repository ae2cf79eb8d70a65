// @ts-check
/** The report as text for a terminal. */
import Table from 'cli-table3';
import picocolors from 'picocolors';

/** On a terminal only: picocolors itself also colours what a CI server collects. */
const colors = picocolors.createColors(picocolors.isColorSupported && process.stdout.isTTY === true);

/** @import { Report, Result } from './types.js' */

/** @param {Report} report */
export function textOf(report) {
  return [...environmentLines(report), '', ...countingLines, '', tableOf(report.results), ...notRunLines(report)].join('\n');
}

const countingLines = [
  'Attention counts 2·(d + dv) flops for each pair of a query and a key, 4·b·h·sq·skv·d in all: half of that when causal, the',
  'visible pairs in a window; a matmul 2·m·n·k. Bytes: inputs read once, output written once, from copies that no cache holds.',
  'A share is of the multiply-add peak of that instruction set, or of the read bandwidth where GB/s are given: the best round of',
  'the probe right before and after the row. Times are the median of all runs. Max error: the largest distance from float64.',
];

/** @param {Report} report */
function environmentLines({ environment, peak }) {
  const { date, cpu, cores, isa, node, os, commit, versions, probes } = environment;
  return [
    `${cpu}, ${cores} cores, ${isa.join(' ') || 'instruction sets not asked for'} · ${os} · Node ${node} · ${date}${commit ? ` · commit ${commit}` : ''}`,
    `Contenders: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
    `Probes: ${probes}`,
    'Peaks of this run, best round and median:',
    ...Object.entries(peak).map(
      ([name, { unit, best, median }]) => `  ${name.padEnd(26)} ${best.toFixed(0).padStart(4)} ${median.toFixed(0).padStart(4)} ${unit}`,
    ),
  ];
}

/** @param {Report} report */
function notRunLines({ environment: { notRun } }) {
  return notRun.length === 0 ? [] : ['', 'Not run:', ...notRun.map((line) => `  ${line}`)];
}

/** Blanks between columns, and nothing else. */
const plain = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};

/** @param {readonly Result[]} results */
function tableOf(results) {
  const table = new Table({
    head: ['case', 'contender', 'ms', 'p10', 'runs', 'GFLOP/s', 'GB/s', 'of peak', 'max error'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
    chars: plain,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  let last = '';
  for (const row of results) {
    const best = Math.min(
      ...results.filter((other) => other.case === row.case).map(({ medianMs }) => medianMs ?? Number.POSITIVE_INFINITY),
    );
    table.push(cellsOf(row, row.case === last ? '' : row.case, row.medianMs === best));
    last = row.case;
  }
  return table.toString().replace(/ +$/gm, '');
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
    row.gflops === null ? '' : digits(row.gflops),
    row.gbs === null ? '' : digits(row.gbs),
    row.shareOfPeak === null ? '' : `${(100 * row.shareOfPeak).toFixed(0)} %`,
    row.maxError === null ? '' : row.maxError.toExponential(1),
  ];
  return [name, ...cells.map((cell) => (isBest ? colors.bold(cell) : cell))];
}

/** Three digits that count. @param {number | null} value */
function digits(value) {
  if (value === null) return '';
  if (value >= 100) return value.toFixed(0);
  return value >= 0.001 ? value.toPrecision(3) : value.toFixed(6);
}
