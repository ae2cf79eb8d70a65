/** What the terminal shows, and the figures of the README. */
import { cell, table } from '../../bench/place.mjs';
import { colors, formatBackend } from '../program/terminal.mjs';
import { fenced } from './fenced.mjs';

/**
 * @typedef {object} Report
 * @property {string} backend
 * @property {string} target
 * @property {number} threads
 * @property {{ licenses: Record<string, number>, training: { packages: number, characters: number }, heldOut: { packages: string[], characters: number } }} corpus
 *   licenses: characters under each
 * @property {import('./network.mjs').Sizes} sizes
 * @property {number} parameters
 * @property {{ seed: number, steps: number, batch: number, seconds: number, trained: number, curve: import('../training/curve.mjs').Point[] }} course
 *   seconds of the `trained` steps of this run; curve: steps and bits a character of the training text, smoothed
 * @property {{ transformer: number, uniform: number, ngrams: { order: number, bits: number }[] }} bits a character of what is held out
 * @property {{ order: number, share: number, bits: number }} bar what a full training has to stay below: this share of what the n-gram of this order needs
 * @property {boolean | undefined} holds undefined: this is no full training
 * @property {import('./write.mjs').Agreement} check
 * @property {{ prompt: string, text: string, perSecond: number, temperature: number }} written
 * @property {string} checkpoint
 * @property {string} picture where it lies
 */

/** @param {Report} report @param {import('fovea').BackendInfo} info @returns {string} */
export function formatReport(report, info) {
  const { corpus, course, written, check, bar, holds, picture, checkpoint } = report;
  const rows = rowsOf(report);
  const width = Math.max(...rows.map(([name]) => name.length));
  const { prompt, text, perSecond, temperature } = written;
  const sections = [
    [formatBackend(info)],
    [
      colors.bold(`${thousands(corpus.training.characters)} characters: the READMEs of ${corpus.training.packages} packages`),
      colors.dim(licenceLine(report)),
    ],
    [
      colors.bold(courseLine(report)),
      `  ${timeLine(course)}; bits a character of the training text:`,
      ...thinned(course.curve).map(
        ([step, bits]) => `  around step ${step.toFixed(0).padStart(String(course.steps).length)}   ${bits.toFixed(3)}`,
      ),
    ],
    [
      colors.bold(
        `Bits a character of what it has not seen: ${thousands(corpus.heldOut.characters)} characters of ${corpus.heldOut.packages.join(', ')}`,
      ),
      ...rows.map(([name, bits]) => `  ${name.padEnd(width)}   ${bits}`),
      `  ${verdict(report)}`,
      ...(holds === undefined
        ? []
        : [`  ${mark(holds)} it has to need less than ${bar.bits.toFixed(3)}, which is ${bar.share} × the ${bar.order}-gram's`]),
    ],
    [
      colors.bold(`What it writes (temperature ${temperature})`),
      ...`${colors.green(prompt)}${text}`.split('\n').map((line) => `  ${line}`),
      colors.dim(`  ${perSecond.toFixed(0)} characters a second, by fovea's ops with a KVCache a layer`),
    ],
    [`${mark(check.holds)} ${checkLine(check)}`],
    [`the curve: ${picture}`, `the weights: ${checkpoint}`],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** @param {Report} report @returns {string} Markdown */
export function formatFigures(report) {
  const { corpus, course, written, check } = report;
  return [
    `${courseLine(report)}; ${timeLine(course)}. The text: ${thousands(corpus.training.characters)} characters of the READMEs of ${corpus.training.packages} packages. Held out:`,
    `${thousands(corpus.heldOut.characters)} characters of ${corpus.heldOut.packages.map((name) => `\`${name}\``).join(', ')}.`,
    '',
    ...table([['held-out text, by', 'bits a character'], ...rowsOf(report)]),
    '',
    `${verdict(report)} Of the training text the last steps needed ${lastBits(course).toFixed(2)} bits a character.`,
    '',
    `What it writes behind "${cell(written.prompt.trim())}", at a temperature of ${written.temperature}, ${written.perSecond.toFixed(0)} characters a second:`,
    '',
    ...fenced(`${written.prompt}${written.text}`),
    '',
    `${checkLine(check)}.`,
    '',
    licenceLine(report),
  ].join('\n');
}

/** Of the n-grams the one that has to be beaten, and the best. @param {readonly { order: number, bits: number }[]} ngrams @param {number} order of the first */
export function comparedWith(ngrams, order) {
  const best = ngrams.reduce((a, b) => (b.bits < a.bits ? b : a));
  return ngrams.filter((own) => own.order === order || own === best);
}

/** @param {Report} report @returns {[string, string][]} the worst first */
function rowsOf({ bits: { transformer, uniform, ngrams } }) {
  /** @type {[string, number][]} */
  const rows = [
    ['all characters alike', uniform],
    ...ngrams.map(({ order, bits }) => /** @type {[string, number]} */ ([`${order}-gram (Witten–Bell)`, bits])),
    ['the transformer', transformer],
  ];
  return rows.sort(([, a], [, b]) => b - a).map(([name, bits]) => [name, bits.toFixed(3)]);
}

/** @param {Report} report */
function verdict({ bits: { transformer, ngrams }, bar }) {
  const beside = comparedWith(ngrams, bar.order).map(({ order, bits }) => ({ name: `the ${order}-gram`, saved: 1 - transformer / bits }));
  const words = beside.map(({ name, saved }) => `${Math.abs(100 * saved).toFixed(0)} % ${saved > 0 ? 'fewer' : 'MORE'} than ${name}`);
  return `The transformer needs ${words.join(' and ')}.`;
}

/** @param {Report} report */
function courseLine({ sizes: { layers, width, heads, context }, parameters, course: { steps, batch, seed } }) {
  return `${layers} layers, ${width} wide, ${heads} heads, ${thousands(parameters)} weights: ${steps} steps of ${batch} windows of ${context} characters (seed ${seed})`;
}

/** @param {Report['course']} course */
function timeLine({ seconds, trained, steps }) {
  if (trained === 0) return 'trained before, by a run whose checkpoint this is';
  const which = trained === steps ? '' : `the last ${trained} steps, the others before, `;
  return `${which}${seconds.toFixed(0)} s, ${((1000 * seconds) / trained).toFixed(0)} ms a step`;
}

/** @param {Report} report */
function licenceLine({ corpus: { licenses } }) {
  const total = Object.values(licenses).reduce((sum, characters) => sum + characters, 0);
  return `Licences of the text, by characters: ${Object.entries(licenses)
    .map(([name, characters]) => `${name} ${((100 * characters) / total).toFixed(1)} %`)
    .join(', ')}.`;
}

/** @param {Report['check']} check */
function checkLine({ difference, bound, largest, holds }) {
  const share = `1/${thousands(Math.round(largest / bound))}`;
  const said = `they differ by at most ${difference.toExponential(1)}; float32 may take them ${bound.toExponential(1)} apart, ${share} of the largest (${largest.toFixed(1)}), and a smaller error goes unnoticed`;
  return `The logits of fovea, step by step, are ${holds ? '' : 'NOT '}those of TensorFlow.js in one pass: ${said}`;
}

/** @param {Report['course']} course */
const lastBits = ({ curve }) => curve[curve.length - 1][1];

/** Some points of the curve, the first and the last among them. @param {Report['course']['curve']} curve */
function thinned(curve, points = 8) {
  const last = curve.length - 1;
  const count = Math.min(points, curve.length);
  return Array.from({ length: count }, (_, i) => curve[Math.round((i * last) / Math.max(1, count - 1))]);
}

/** @param {boolean} holds */
const mark = (holds) => (holds ? colors.green('✓') : colors.red('✗'));

/** @param {number} number */
const thousands = (number) => number.toLocaleString('en');
