/** What the terminal shows, and what the README takes: the models beside each other, and what was translated. */
import { table } from '../../bench/place.mjs';
import { colors, formatBackend } from '../program/terminal.mjs';
import { columns, marked, percent, rowsOf, verdict, wholeRun } from '../seq2seq-training/comparison.mjs';

/**
 * @typedef {object} OwnReport
 * @property {string} task
 * @property {string} says what there is to learn
 * @property {number} batch pairs a step
 * @property {readonly import('../seq2seq-training/exact.mjs').Result[]} shown
 * @property {readonly string[]} pictures where they lie
 *
 * @typedef {OwnReport & import('../seq2seq-training/comparison.mjs').Judged} Report
 */

/** Kinds that are listed. */
const kindsListed = 5;

/** @param {Report} report @param {import('fovea').BackendInfo} info @returns {string} */
export function formatReport(report, info) {
  const { task, says, shown, pictures, models } = report;
  const [{ match }] = models;
  const sections = [
    [formatBackend(info)],
    [colors.bold(`${task}: ${says}`), ...columns(rowsOf(models)), `  ${wholeRun(report)}`],
    verdict(report),
    [colors.bold('Not seen in the training'), ...shown.map(lineOf)],
    match.wrong.length === 0 ? [] : [colors.bold('Mistakes, with attention'), ...match.wrong.map(lineOf)],
    [leastRight(match)],
    ['pictures:', ...pictures.map((file) => `  ${file}`)],
  ];
  const written = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${written.join('\n\n')}\n`;
}

/** @param {Report} report @returns {string} Markdown */
export function formatFigures(report) {
  const { says, batch, models } = report;
  const [{ match }] = models;
  const mistakes = match.wrong.map(({ source, written }) => `\`${source}\` as \`${written}\``);
  return [
    `${says}. ${batch} pairs a step.`,
    '',
    ...table(rowsOf(models)),
    '',
    `${leastRight(match)}${mistakes.length === 0 ? '' : ` Mistakes of it: ${mistakes.join(', ')}.`}`,
  ].join('\n');
}

/** Of the kinds that are not right in all. @param {import('../seq2seq-training/exact.mjs').ExactMatch} match */
function leastRight({ kinds }) {
  const listed = Object.entries(kinds)
    .filter(([, { share }]) => share < 1)
    .toSorted(([, a], [, b]) => a.share - b.share)
    .slice(0, kindsListed)
    .map(([kind, { share, right, count }]) => `${kind} ${percent(share)} (${right} of ${count})`);
  return listed.length === 0 ? 'With attention all is right.' : `Least right with attention: ${listed.join(', ')}.`;
}

/** @param {import('../seq2seq-training/exact.mjs').Result} result */
const lineOf = (result) => `${marked(result)}  ${colors.dim(`${result.kind}:`)} ${result.source}`;
