/** What the terminal shows, and the figures of the README. */
import { table } from '../../bench/place.mjs';
import { colors, formatBackend } from '../program/terminal.mjs';

/**
 * @typedef {object} Report
 * @property {string} backend
 * @property {string} target
 * @property {number} threads
 * @property {{ licenses: Record<string, number>, training: { packages: number, characters: number }, heldOut: { packages: string[], characters: number } }} corpus
 *   licenses: characters under each
 * @property {import('./network.mjs').Sizes} sizes
 * @property {number} parameters
 * @property {{ seed: number, steps: number, batch: number, seconds: number, trained: number, lastBits: number }} course seconds of the `trained` steps of this run
 * @property {{ transformer: number, uniform: number, ngrams: { order: number, bits: number }[] }} bits a character of what is held out
 * @property {import('./write.mjs').Agreement} check
 * @property {{ prompt: string, text: string, perSecond: number, temperature: number }} written
 * @property {string} checkpoint
 * @property {string} picture where it lies
 */

/** @param {Report} report @param {import('fovea').BackendInfo} info @returns {string} */
export function formatReport(report, info) {
  const { corpus, course, written, check, picture, checkpoint } = report;
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
      `  ${timeLine(course)}; the last steps: ${course.lastBits.toFixed(3)} bits a character of the training text`,
    ],
    [
      colors.bold(
        `Bits a character of what it has not seen: ${thousands(corpus.heldOut.characters)} characters of ${corpus.heldOut.packages.join(', ')}`,
      ),
      ...rows.map(([name, bits]) => `  ${name.padEnd(width)}   ${bits}`),
      `  ${verdict(report)}`,
    ],
    [
      colors.bold(`What it writes (temperature ${temperature})`),
      ...`${colors.green(prompt)}${text}`.split('\n').map((line) => `  ${line}`),
      colors.dim(`  ${perSecond.toFixed(0)} characters a second, by fovea's ops with a KVCache a layer`),
    ],
    [`${check.holds ? colors.green('✓') : colors.red('✗')} ${checkLine(check)}`],
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
    `${verdict(report)} Of the training text the last steps needed ${course.lastBits.toFixed(2)} bits a character.`,
    '',
    `What it writes behind "${written.prompt.trim()}", at a temperature of ${written.temperature}, ${written.perSecond.toFixed(0)} characters a second:`,
    '',
    '```text',
    ...`${written.prompt}${written.text}`
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd()),
    '```',
    '',
    `${checkLine(check)}.`,
    '',
    licenceLine(report),
  ].join('\n');
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
function verdict({ bits: { transformer, ngrams } }) {
  const beside = ngrams
    .filter(({ order }) => order > 1)
    .map(({ order, bits }) => ({ name: `the ${order}-gram`, saved: 1 - transformer / bits }));
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
  const said = `they differ by at most ${difference.toExponential(1)}; float32 may take them ${bound.toExponential(1)} apart (the largest is ${largest.toFixed(1)})`;
  return `The logits of fovea, step by step, are ${holds ? '' : 'NOT '}those of TensorFlow.js in one pass: ${said}`;
}

/** @param {number} number */
const thousands = (number) => number.toLocaleString('en');
