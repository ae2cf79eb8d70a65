/** What the terminal shows, and what the README takes: both models beside each other, and what was translated. */
import { table } from '../../bench/place.mjs';
import { colors, formatBackend } from '../program/terminal.mjs';

/**
 * @typedef {import('../seq2seq-training/exact.mjs').ExactMatch} ExactMatch
 *
 * @typedef {object} Trained
 * @property {string} name
 * @property {number} weights numbers that it is made of
 * @property {number} loss mean of the last steps, nats a character
 * @property {number} seconds of the steps of this run, `trained` of them
 * @property {number} trained
 * @property {ExactMatch} match
 *
 * @typedef {object} Report
 * @property {string} task
 * @property {string} says what there is to learn
 * @property {number} steps
 * @property {number} batch pairs a step
 * @property {number} examined pairs that both translate in the end
 * @property {readonly Trained[]} models
 * @property {number} bar share that a full training has to get right
 * @property {boolean | undefined} holds undefined: this is no full training
 * @property {readonly { source: string, written: string, expected: string, kind: string }[]} shown
 * @property {readonly string[]} pictures where they lie
 */

/** Kinds, and mistakes, that are listed. */
const [kindsListed, mistakesListed] = [5, 5];

/** @param {Report} report @param {import('fovea').BackendInfo} info @returns {string} */
export function formatReport(report, info) {
  const { task, says, holds, bar, shown, pictures, models } = report;
  const rows = rowsOf(report).map((row) => row.map((text, i) => (i === 0 ? text.padEnd(18) : text.padStart(18))).join(''));
  const mark = holds ? colors.green('✓') : colors.red('✗');
  const mistakes = models[0].match.wrong.slice(0, mistakesListed);
  const sections = [
    formatBackend(info),
    [colors.bold(`${task}: ${says}`), ...rows.map((row) => `  ${row}`)].join('\n'),
    ...(holds === undefined ? [] : [`${mark} with attention at least ${percent(bar)} have to be right`]),
    [colors.bold('Not seen in the training'), ...shown.map(lineOf)].join('\n'),
    ...(mistakes.length === 0 ? [] : [[colors.bold('Mistakes, with attention'), ...mistakes.map(lineOf)].join('\n')]),
    `least right: ${leastRight(models[0].match)}`,
    ['pictures:', ...pictures.map((file) => `  ${file}`)].join('\n'),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** @param {Report} report @returns {string} Markdown */
export function formatFigures(report) {
  const { says, models } = report;
  const mistakes = models[0].match.wrong.slice(0, mistakesListed).map(({ source, written }) => `\`${source}\` as \`${written}\``);
  return [
    `${says}. ${report.steps} steps of ${report.batch} pairs.`,
    '',
    ...table(rowsOf(report)),
    '',
    `Least right with attention: ${leastRight(models[0].match)}.${mistakes.length === 0 ? '' : ` Mistakes of it: ${mistakes.join(', ')}.`}`,
  ].join('\n');
}

/** The first one is the head. @param {Report} report */
function rowsOf({ models, examined }) {
  return [
    ['', ...models.map(({ name }) => name)],
    [`right of ${examined}`, ...models.map(({ match }) => percent(match.share))],
    ['loss at the end', ...models.map(({ loss }) => loss.toPrecision(2))],
    ['weights', ...models.map(({ weights }) => weights.toLocaleString('en'))],
    ['a step', ...models.map(({ seconds, trained }) => (trained === 0 ? '–' : `${((1000 * seconds) / trained).toFixed(0)} ms`))],
    ['training', ...models.map(({ seconds, trained }) => (trained === 0 ? 'before' : `${seconds.toFixed(0)} s`))],
  ];
}

/** @param {ExactMatch} match */
function leastRight({ kinds }) {
  const sorted = Object.entries(kinds).toSorted(([, a], [, b]) => a.share - b.share);
  return sorted
    .slice(0, kindsListed)
    .map(([kind, { share }]) => `${kind} ${percent(share)}`)
    .join(', ');
}

/** @param {{ source: string, written: string, expected: string, kind: string }} result */
const lineOf = ({ source, written, expected, kind }) =>
  `  ${written === expected ? colors.green('✓') : colors.red('✗')} ${written}  ${colors.dim(`${kind}:`)} ${source}`;

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(1)} %`;
