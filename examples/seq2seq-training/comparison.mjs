/** Models beside each other, as tables of the terminal and of a README show them, and what else both examples say alike. */
import { colors } from '../program/terminal.mjs';

/**
 * @typedef {import('./rivals.mjs').Figures} Figures
 *
 * @typedef {object} Judged
 * @property {readonly Figures[]} models the first one is that with attention
 * @property {number} bar share that a full training of the first has to get right
 * @property {boolean | undefined} holds undefined: this is no full training
 * @property {number} seconds of the whole run
 */

/**
 * The rows of a table; the first is the head.
 * @param {readonly Figures[]} models
 * @param {readonly string[]} [kinds] that have a row of their own
 */
export function rowsOf(models, kinds = []) {
  /** @param {string} name @param {(model: Figures) => string} of */
  const row = (name, of) => [name, ...models.map(of)];
  return [
    row('', ({ name }) => name),
    row(`right of ${models[0].match.count}`, ({ match }) => percent(match.share)),
    ...kinds.map((kind) => row(`with ${kind}`, ({ match }) => percent(match.kinds[kind].share))),
    row('loss at the end', ({ loss }) => loss.toPrecision(2)),
    row('weights', ({ weights }) => weights.toLocaleString('en')),
    row('steps', ({ steps }) => `${steps}`),
    row('a step', ({ seconds, trained }) => (trained === 0 ? '–' : `${((1000 * seconds) / trained).toFixed(0)} ms`)),
    row('training', timeOf),
  ];
}

/** In columns, for the terminal. @param {readonly (readonly string[])[]} rows */
export function columns(rows) {
  const widths = rows[0].map((_, column) => 2 + Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => `  ${row.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join('')}`);
}

/** Whether it is good enough, where that is asked. @param {Judged} judged @returns {string[]} a line or none */
export function verdict({ bar, holds }) {
  if (holds === undefined) return [];
  return [`${holds ? colors.green('✓') : colors.red('✗')} with attention at least ${percent(bar)} have to be right`];
}

/** @param {Judged} judged */
export function wholeRun({ models, seconds }) {
  const whole = models.every(({ trained, steps }) => trained === steps);
  return `${whole ? 'The whole run' : 'This run, which went on from checkpoints,'} took ${seconds.toFixed(0)} s.`;
}

/** A line of the terminal. @param {{ written: string, expected: string }} result */
export const marked = ({ written, expected }) => `  ${written === expected ? colors.green('✓') : colors.red('✗')} ${written}`;

/** @param {number} share */
export const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** @param {Figures} model */
function timeOf({ seconds, trained, steps }) {
  if (trained === 0) return 'before';
  const took = `${seconds.toFixed(0)} s`;
  return trained === steps ? took : `the last ${trained} steps: ${took}`;
}
