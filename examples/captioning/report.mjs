/** What the terminal shows, and what the README takes. */
import { table } from '../../bench/place.mjs';
import { colors, formatBackend } from '../program/terminal.mjs';

/**
 * @typedef {import('../seq2seq-training/exact.mjs').Match} Match
 *
 * @typedef {object} Report
 * @property {number} steps
 * @property {number} batch images a step
 * @property {{ seen: number, heldOut: number }} digits that images are made of
 * @property {number} weights numbers that the model is made of
 * @property {number} loss mean of the last steps, nats a word
 * @property {number} seconds of the steps of this run, `trained` of them
 * @property {number} trained
 * @property {Match & { kinds: Readonly<Record<string, Match>> }} match of images of held-out digits
 * @property {readonly { written: string, expected: string }[]} wrong some
 * @property {number} bar share that a full training has to get right
 * @property {boolean | undefined} holds undefined: this is no full training
 * @property {readonly { written: string, expected: string }[]} shown
 * @property {readonly string[]} pictures where they lie
 */

/** @param {Report} report @param {import('fovea').BackendInfo} info @returns {string} */
export function formatReport(report, info) {
  const { holds, bar, shown, wrong, pictures } = report;
  const mark = holds ? colors.green('✓') : colors.red('✗');
  const sections = [
    formatBackend(info),
    [
      colors.bold(
        `Images of ${report.digits.heldOut} digits that it has not seen, after ${report.steps} steps with ${report.digits.seen} others`,
      ),
      ...rowsOf(report).map(([name, value]) => `  ${name.padEnd(24)}${value}`),
    ].join('\n'),
    ...(holds === undefined ? [] : [`${mark} at least ${percent(bar)} have to be right`]),
    [colors.bold('Where it looked at each word'), ...shown.map(lineOf)].join('\n'),
    ...(wrong.length === 0 ? [] : [[colors.bold('Mistakes'), ...wrong.map(lineOf)].join('\n')]),
    ['pictures:', ...pictures.map((file) => `  ${file}`)].join('\n'),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** @param {Report} report @returns {string} Markdown */
export function formatFigures(report) {
  const { digits, wrong } = report;
  const mistakes = wrong.map(({ written, expected }) => `"${expected}" as "${written}"`);
  return [
    `${report.steps} steps of ${report.batch} images of ${digits.seen} digits; read are images of ${digits.heldOut} others.`,
    '',
    ...table([['', 'result'], ...rowsOf(report)]),
    ...(mistakes.length === 0 ? [] : ['', `Mistakes: ${mistakes.join(', ')}.`]),
  ].join('\n');
}

/** @param {Report} report */
function rowsOf({ match, loss, weights, seconds, trained }) {
  return [
    [`right of ${match.count}`, percent(match.share)],
    ...Object.entries(match.kinds)
      .toSorted()
      .map(([kind, own]) => [`with ${kind}`, percent(own.share)]),
    ['loss at the end', loss.toPrecision(2)],
    ['weights', weights.toLocaleString('en')],
    ['a step', trained === 0 ? '–' : `${((1000 * seconds) / trained).toFixed(0)} ms`],
    ['training', trained === 0 ? 'before' : `${seconds.toFixed(0)} s`],
  ];
}

/** @param {{ written: string, expected: string }} result */
const lineOf = ({ written, expected }) =>
  written === expected ? `  ${colors.green('✓')} ${written}` : `  ${colors.red('✗')} ${written}  ${colors.dim(`for ${expected}`)}`;

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(1)} %`;
