/** What the terminal shows, and what the README takes. */
import { table } from '../../bench/place.mjs';
import { colors, formatBackend } from '../program/terminal.mjs';
import { columns, marked, rowsOf, verdict, wholeRun } from '../seq2seq-training/comparison.mjs';

/**
 * @typedef {object} OwnReport
 * @property {number} batch images a step
 * @property {{ seen: number, heldOut: number }} digits that images are made of
 * @property {readonly { written: string, expected: string }[]} shown
 * @property {readonly string[]} pictures where they lie
 *
 * @typedef {OwnReport & import('../seq2seq-training/comparison.mjs').Judged} Report
 */

/** @param {Report} report @param {import('fovea').BackendInfo} info @returns {string} */
export function formatReport(report, info) {
  const { digits, shown, pictures, models } = report;
  const { wrong } = models[0].match;
  const sections = [
    [formatBackend(info)],
    [
      colors.bold(`Images of ${digits.heldOut} digits that were not seen in the training with ${digits.seen} others`),
      ...columns(rows(report)),
      `  ${wholeRun(report)}`,
    ],
    verdict(report),
    [colors.bold('Where it looked at each word'), ...shown.map(lineOf)],
    wrong.length === 0 ? [] : [colors.bold('Mistakes, with attention'), ...wrong.map(lineOf)],
    ['pictures:', ...pictures.map((file) => `  ${file}`)],
  ];
  const written = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${written.join('\n\n')}\n`;
}

/** @param {Report} report @returns {string} Markdown */
export function formatFigures(report) {
  const { digits, batch, models } = report;
  const mistakes = models[0].match.wrong.map(({ written, expected }) => `"${expected}" as "${written}"`);
  return [
    `${batch} images a step, of ${digits.seen} digits; read are images of ${digits.heldOut} others.`,
    '',
    ...table(rows(report)),
    ...(mistakes.length === 0 ? [] : ['', `Mistakes with attention: ${mistakes.join(', ')}.`]),
  ].join('\n');
}

/** @param {Report} report */
const rows = ({ models }) => rowsOf(models, Object.keys(models[0].match.kinds).toSorted());

/** @param {{ written: string, expected: string }} result */
const lineOf = (result) =>
  result.written === result.expected ? marked(result) : `${marked(result)}  ${colors.dim(`for ${result.expected}`)}`;
