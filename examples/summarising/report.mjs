/** What the terminal shows: the summary, how it compares with the first sentences, and the time. */
import { colors, formatBackend } from '../program/terminal.mjs';

/**
 * @typedef {import('./compare.mjs').Measures} Measures
 *
 * @typedef {object} Report
 * @property {string} backend
 * @property {string} target
 * @property {string} source
 * @property {number} sentences of the text
 * @property {number} cut sentences that are longer than what the model reads
 * @property {{ sentence: number, text: string, rank: number }[]} summary in the order of the text, counted from 1; a rank of 1 is the mean
 * @property {{ summary: Measures, lead: Measures, chance: Measures }} comparison
 * @property {number} steps of the walk
 * @property {{ embedding: number, ranking: number }} seconds
 * @property {string} picture where it lies
 */

/** @param {Report} report @param {import('fovea').BackendInfo} info @returns {string} */
export function formatReport(report, info) {
  const sections = [formatBackend(info), formatSummary(report), formatComparison(report), formatWork(report)];
  return `${sections.join('\n\n')}\n`;
}

/** @param {Report} report */
function formatSummary({ source, sentences, cut, summary }) {
  const long = cut > 0 ? `; of ${cut} long ones the model reads the beginning` : '';
  const legend = colors.dim(`number in the text; rank: how often the walk is there, 1 being the mean${long}`);
  const lines = summary.map(({ sentence, text, rank }) => `${String(sentence).padStart(4)} ${colors.green(rank.toFixed(2))}  ${text}`);
  return [colors.bold(`${source}: ${summary.length} of ${sentences} sentences`), legend, ...lines].join('\n');
}

/** @param {Report} report */
function formatComparison({ summary: { length }, comparison }) {
  /** @type {[string, Measures][]} */
  const rows = [
    ['this summary', comparison.summary],
    [length === 1 ? 'the first sentence' : `the first ${length} sentences`, comparison.lead],
    [`${length} by chance (mean)`, comparison.chance],
  ];
  return [
    colors.bold('How well they stand for the whole text'),
    colors.dim('closeness: cosine of the mean embeddings; coverage: mean cosine of each sentence to the nearest chosen one'),
    ...rows.map(
      ([name, { closeness, coverage }]) => `  ${name.padEnd(24)} closeness ${closeness.toFixed(3)}  coverage ${coverage.toFixed(3)}`,
    ),
    verdict(comparison),
  ].join('\n');
}

/** @param {Report['comparison']} comparison */
function verdict({ summary, lead }) {
  const differences = [summary.closeness - lead.closeness, summary.coverage - lead.coverage];
  if (differences.every((difference) => difference > 0)) return '  The summary is ahead of the first sentences by both measures.';
  if (differences.every((difference) => difference === 0)) return '  The summary and the first sentences are the same.';
  if (differences.every((difference) => difference <= 0))
    return '  The first sentences are ahead: this text begins with what it is about, and the ranking finds nothing better.';
  return `  The summary is ahead of the first sentences by ${differences[0] > 0 ? 'closeness' : 'coverage'} alone.`;
}

/** @param {Report} report */
function formatWork({ sentences, steps, seconds: { embedding, ranking }, picture }) {
  return [
    `${embedding.toFixed(2)} s for the embeddings, packing the weights included; ${(ranking * 1000).toFixed(1)} ms for ${sentences} × ${sentences} weights and ${steps} steps of the walk`,
    `who looks at whom: ${picture}`,
  ].join('\n');
}
