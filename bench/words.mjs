// @ts-check
/** What stands above the figures, in the terminal and on the page: where it ran, what was counted. */

import { percent, time } from './figures.mjs';
import { isOurs } from './kinds.mjs';

/** @import { Report } from './types.js' */

export const countingLines = [
  'Attention counts 2·(d + dv) flops for each pair of a query and a key, 4·b·h·sq·skv·d in all: half of that when causal, the',
  'visible pairs in a window, none of the padding; a backward pass 2.5 times as many (five products where the forward pass has two), an',
  'additive score both projections and 4 for each unit of a pair instead of its 2·d; a matmul 2·m·n·k; a training step (loss, gradients, Adam)',
  'three times the products of its model. Bytes: inputs read once, output written once, from copies that no cache holds. A share is of the',
  'multiply-add peak of that instruction set on as many threads, or of the read bandwidth where GB/s are given: the best round of the probe',
  'right before and after the row. Times are the median of all runs. Max error: the largest distance from float64. fovea and onnxruntime take',
  'arrays and give arrays; TensorFlow.js, on fovea too, and jax-js keep their own tensors, which is not timed but in rows "from arrays". fovea',
  'writes into memory that it is given but in rows "without out" and "allocating"; onnxruntime’s bindings return every result in memory of',
  'their own, and what it had before is collected between samples, so that it can be used again.',
];

export const outsideTitle = 'Share of a call outside of all kernels, in TensorFlow.js’ own bookkeeping (ops, layers, tape, optimizer):';

/** Of ours, on one thread: a line each. @param {Report} report @returns {readonly string[]} */
export const outsideLines = (report) =>
  report.results.flatMap((row) => {
    const { outside, medianMs, threads, contender, variant } = row;
    if (outside === undefined || medianMs === null || threads > 1 || !isOurs(report, row)) return [];
    return [`${percent(outside)}, about ${time(outside * medianMs)}: ${row.case}, ${contender}/${variant}`];
  });

/** One line that says where. @param {{ readonly environment: Omit<Report['environment'], 'versions' | 'probes' | 'notRun'> }} report */
export function placeLine({ environment }) {
  const { date, cpu, cores, isa, node, os, commit } = environment;
  return `${cpu}, ${cores} cores, ${isa.join(' ') || 'instruction sets not asked for'} · ${os} · Node ${node} · ${date}${commit ? ` · commit ${commit}` : ''}`;
}

/** @param {Report} report */
export const versionsLine = ({ environment: { versions } }) =>
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');

/** @param {Report} report */
export function environmentLines(report) {
  return [
    placeLine(report),
    `Contenders: ${versionsLine(report)}`,
    `Probes: ${report.environment.probes}`,
    'Peaks of this run, best round and median:',
    ...Object.entries(report.peak).map(
      ([name, { unit, best, median }]) => `  ${name.padEnd(28)} ${best.toFixed(0).padStart(4)} ${median.toFixed(0).padStart(4)} ${unit}`,
    ),
  ];
}
