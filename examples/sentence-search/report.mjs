/** What the terminal shows: where the text came from, the answers, and the time on each backend. */
import { colors, formatBackend } from '../program/terminal.mjs';

/**
 * @typedef {import('./timing.mjs').Timing} Timing
 * @typedef {import('./timing.mjs').Missing} Missing
 * @typedef {{ text: string, source: string, score: number, share: number }} Hit
 * @typedef {{ query: string, hits: Hit[] }} Result
 *
 * @typedef {object} Report
 * @property {import('fovea').BackendInfo} info
 * @property {import('./corpus.mjs').Corpus} corpus
 * @property {number} cut paragraphs that are longer than what the model reads
 * @property {Result[]} results
 * @property {Timing} timing
 * @property {(Timing | Missing)[]} others
 */

/** Characters of a paragraph that are shown. */
const textShown = 200;

/** @param {Report} report @returns {string} */
export function formatReport({ info, corpus, cut, results, timing, others }) {
  const sections = [
    formatBackend(info),
    formatCorpus(corpus, cut),
    ...results.map(formatResult),
    formatTimes(timing, others, info.rejected),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** @param {import('./corpus.mjs').Corpus} corpus @param {number} cut */
function formatCorpus({ paragraphs, files, found }, cut) {
  const all = paragraphs.length === found ? `${found} paragraphs` : `${paragraphs.length} of ${found} paragraphs (--limit takes more)`;
  const long = cut > 0 ? `; of ${cut} long ones the model reads the beginning` : '';
  const legend = colors.dim('score: cosine; %: softmax over all paragraphs, how far a hit stands out');
  return `${all} from ${files} ${files === 1 ? 'file' : 'README files'}${long}\n${legend}`;
}

/** @param {Result} result */
function formatResult({ query, hits }) {
  const lines = hits.map(({ text, source, score, share }) => {
    const shown = text.length > textShown ? `${text.slice(0, textShown).trimEnd()}…` : text;
    return `  ${colors.green(score.toFixed(3))} ${percent(share)}  ${shown}\n               ${colors.dim(source)}`;
  });
  return [colors.bold(query), ...lines].join('\n');
}

/** @param {number} share */
const percent = (share) => `${Math.round(share * 100)} %`.padStart(5);

/** @param {Timing} timing @param {(Timing | Missing)[]} others @param {import('fovea').BackendInfo['rejected']} rejected */
function formatTimes(timing, others, rejected) {
  const said = new Set(rejected.map(({ name }) => name));
  const rows = [timing, ...others].map((row) => ('error' in row ? formatMissing(row, said.has(row.backend)) : formatTime(row, timing)));
  return [
    colors.bold(`The same ${timing.sentences} paragraphs (${timing.tokens} tokens) on each backend, packing the weights included`),
    ...rows.map((row) => `  ${row}`),
  ].join('\n');
}

/** @param {Missing} row @param {boolean} said its reason stands at the top already */
const formatMissing = ({ backend, error }, said) => `${backend.padEnd(22)} not to be had here: ${said ? 'see the reason above' : error}`;

/** @param {Timing} row @param {Timing} chosen */
function formatTime(row, chosen) {
  const { backend, target, seconds, sentencesPerSecond, tokensPerSecond, estimated, sentences } = row;
  const factor = row === chosen ? '' : `, ${(seconds / chosen.seconds).toFixed(1)} × the time of ${chosen.backend}`;
  const sample = estimated ? `, estimated from ${sentences}` : '';
  const speed = `${sentencesPerSecond.toFixed(1).padStart(7)} sentences/s ${tokensPerSecond.toFixed(0).padStart(7)} tokens/s`;
  return `${`${backend} (${target})`.padEnd(22)} ${seconds.toFixed(1).padStart(7)} s  ${speed}${factor}${sample}`;
}
