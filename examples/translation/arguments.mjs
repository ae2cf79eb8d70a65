/** The command line: what can be asked for, and what is wrong with it when it is. Imports nothing that must be built first. */
import path from 'node:path';
import { parse, positiveInteger } from '../program/command-line.mjs';
import { UsageError } from '../program/errors.mjs';
import { checkpointOf } from '../training/checkpoint-file.mjs';

/**
 * @typedef {object} Settings
 * @property {TaskName} task
 * @property {number} steps of each training
 * @property {boolean} full as many as the task is meant to have: then its bar holds
 * @property {number} seed of what is held out, of the weights and the batches
 * @property {boolean} resume from the checkpoints
 * @property {string} checkpoints their folder
 * @property {string | undefined} pictures the folder that they are written to; undefined: a temporary one
 * @property {string | undefined} markdown a file that takes the figures
 * @property {boolean} json
 * @property {boolean} help
 *
 * @typedef {'dates' | 'numbers'} TaskName
 */

/** Steps of a training unless --steps says otherwise: words of numbers are longer than dates. @type {Readonly<Record<TaskName, number>>} */
const fullSteps = { dates: 900, numbers: 1200 };

export const usage = `Trains a GRU encoder and a GRU decoder with additive attention, character by character, on TensorFlow.js with the backend fovea: dates of 43 locales
become ISO dates, or numbers in words of 10 languages become digits. The same model without attention is trained beside it.

  npm run translation [-- options]

  --task NAME        dates or numbers (default: dates)
  --steps N          steps of each of the two trainings (default: ${fullSteps.dates} for dates, ${fullSteps.numbers} for numbers)
  --seed N           another one holds out other days, and draws other weights and batches (default: 1)
  --resume           go on from the checkpoints of a run that was stopped by Ctrl-C
  --checkpoints DIR  where they lie (default: node_modules/.cache/fovea)
  --pictures DIR     where alignments and curves are written (default: a new temporary folder)
  --markdown FILE    write the figures between the comments that this file has for them
  --json             print one JSON object and nothing else (npm adds lines of its own, but not with: npm run --silent translation -- --json)
  --help             print this

FOVEA_BACKEND=native|wasm|reference and FOVEA_TARGET choose what computes. NO_COLOR switches colours off.
Exit code: 0 done, 1 the work failed or a full training translates less than 95 of 100 dates (80 numbers), 2 the command line is wrong, 130 stopped by Ctrl-C.
`;

/**
 * @param {string[]} argv without node and script
 * @returns {Settings}
 * @throws {UsageError}
 */
export function parseArguments(argv) {
  const { values } = parse({
    args: argv,
    options: {
      task: { type: 'string' },
      steps: { type: 'string' },
      seed: { type: 'string' },
      resume: { type: 'boolean' },
      checkpoints: { type: 'string' },
      pictures: { type: 'string' },
      markdown: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const task = taskOf(values.task ?? 'dates');
  const steps = values.steps === undefined ? fullSteps[task] : positiveInteger('--steps', values.steps, 100_000);
  return {
    task,
    steps,
    full: steps >= fullSteps[task],
    seed: values.seed === undefined ? 1 : positiveInteger('--seed', values.seed, 2 ** 31 - 1),
    resume: values.resume ?? false,
    checkpoints: values.checkpoints ?? path.dirname(checkpointOf('translation')),
    pictures: values.pictures,
    markdown: values.markdown,
    json: values.json ?? false,
    help: values.help ?? false,
  };
}

/** @param {string} name @returns {TaskName} */
function taskOf(name) {
  if (name !== 'dates' && name !== 'numbers') throw new UsageError(`--task is ${name}, expected dates or numbers`);
  return name;
}
