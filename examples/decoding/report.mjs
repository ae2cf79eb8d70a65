/** What the terminal shows: what was decoded, that the steps are what the pass gives, and the caches beside each other. */
import { colors, formatBackend } from '../program/terminal.mjs';

/**
 * @typedef {object} CacheRow
 * @property {import('./model.mjs').CacheDType} dtype
 * @property {number} tokensPerSecond by the median of the steps
 * @property {number} contextSeconds the first call, with all tokens of the context
 * @property {number} bytes of the caches of all layers, at the end
 * @property {number} difference largest one to a logit with the float32 cache
 * @property {number} sameBest share of the steps whose likeliest token is that with the float32 cache
 *
 * @typedef {object} Report
 * @property {string} backend
 * @property {string} target
 * @property {number} threads
 * @property {import('./model.mjs').Sizes} sizes
 * @property {number} parameters
 * @property {number} seed
 * @property {number} context
 * @property {number} tokens
 * @property {{ difference: number, bound: number, largestLogit: number, holds: boolean }} check step by step against one pass
 * @property {CacheRow[]} caches
 * @property {number} passSeconds one pass over all tokens, without a cache
 * @property {number[]} decoded
 * @property {string} picture where it lies
 */

/** Tokens that are printed. */
const idsShown = 16;

/** @param {Report} report @param {import('fovea').BackendInfo} info @returns {string} */
export function formatReport(report, info) {
  const sections = [
    formatBackend(info),
    formatWork(report),
    formatCheck(report),
    formatCaches(report),
    `the last steps: ${report.picture}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

/** @param {Report} report */
function formatWork({ sizes: { layers, width, heads, kvHeads }, parameters, seed, context, tokens, decoded }) {
  const shown = decoded.slice(0, idsShown).join(' ');
  return [
    colors.bold(`${tokens} tokens decoded one by one after ${context}: ${shown}${tokens > idsShown ? ' …' : ''}`),
    `${layers} layers, ${width} wide, ${heads} heads of queries and ${kvHeads} of keys, ${parameters} weights`,
    colors.dim(`The weights are random (seed ${seed}), so the tokens mean nothing; the numbers and the speed do.`),
  ].join('\n');
}

/** @param {Report} report */
function formatCheck({ check: { difference, bound, largestLogit, holds } }) {
  const mark = holds ? colors.green('✓') : colors.red('✗');
  const said = `logits differ by at most ${difference.toExponential(1)}; float32 may take them ${bound.toExponential(1)} apart (the largest is ${largestLogit.toFixed(1)})`;
  return `${mark} ${colors.bold(holds ? 'step by step is what one pass over all tokens gives' : 'step by step is NOT what one pass over all tokens gives')}\n  ${said}`;
}

/** @param {Report} report */
function formatCaches({ caches, context, tokens, passSeconds, threads }) {
  const rows = caches.map(({ dtype, tokensPerSecond, contextSeconds, bytes, difference, sameBest }) => [
    dtype,
    `${tokensPerSecond.toFixed(0)} tokens/s`,
    `${(bytes / 2 ** 20).toFixed(1)} MiB`,
    `${(contextSeconds * 1000).toFixed(0)} ms`,
    dtype === 'float32' ? '–' : difference.toExponential(1),
    dtype === 'float32' ? '–' : `${(100 * sameBest).toFixed(1)} %`,
  ]);
  const table = [['cache', 'decoding', 'memory', `first ${context}`, 'logits off by', 'same likeliest'], ...rows];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const lines = table.map((row) => `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('   ')}`);
  const without = 1 / passSeconds;
  return [
    colors.bold('The same tokens with each cache'),
    ...lines,
    colors.dim(
      `  decoding: the median of ${tokens} steps, in turns, on ${threads} ${threads === 1 ? 'thread' : 'threads'}; off, same: against the float32 cache`,
    ),
    `  Without a cache each token costs a pass over all before it: at the end ${(passSeconds * 1000).toFixed(0)} ms, ${without < 10 ? without.toFixed(1) : without.toFixed(0)} tokens/s.`,
  ].join('\n');
}
