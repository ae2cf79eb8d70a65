/** The command line: what can be asked for, and what is wrong with it when it is. Imports nothing that must be built first. */
import { parse } from '../program/command-line.mjs';
import { UsageError } from '../program/errors.mjs';
import { sharedOptions, sharedSettings, sharedUsage } from '../seq2seq-training/options.mjs';

/**
 * @typedef {'dates' | 'numbers'} TaskName
 * @typedef {import('../seq2seq-training/options.mjs').SharedSettings & { task: TaskName }} Settings
 */

/** Steps of a training unless --steps says otherwise: words of numbers are longer than dates. @type {Readonly<Record<TaskName, number>>} */
const fullSteps = { dates: 900, numbers: 1200 };

/** The second training without attention has so many times the steps, which then take about as long as those with attention. */
export const asLong = 1.8;

export const usage = `Trains a GRU encoder and a GRU decoder with additive attention, character by character, on TensorFlow.js with the backend fovea: dates of 43 locales
become ISO dates, or numbers in words of 10 languages become digits. The same model without attention is trained beside it, for as many steps, and once
more for about as long (${asLong} times the steps).

  npm run translation [-- options]

  --task NAME        dates or numbers (default: dates)
${sharedUsage('translation', `${fullSteps.dates} for dates, ${fullSteps.numbers} for numbers`)}Exit code: 0 done, 1 the work failed or a full training translates less than 95 of 100 dates (80 numbers), 2 the command line is wrong, 130 stopped by Ctrl-C.
`;

/**
 * @param {string[]} argv without node and script
 * @returns {Settings}
 * @throws {UsageError}
 */
export function parseArguments(argv) {
  const { values } = parse({ args: argv, options: { ...sharedOptions, task: { type: 'string' } } });
  const task = taskOf(values.task ?? 'dates');
  return { task, ...sharedSettings(values, fullSteps[task]) };
}

/** @param {string} name @returns {TaskName} */
function taskOf(name) {
  if (name !== 'dates' && name !== 'numbers') throw new UsageError(`--task is ${name}, expected dates or numbers`);
  return name;
}
