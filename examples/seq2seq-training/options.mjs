/** Options that every example of this kind has, and what they mean. Imports nothing that must be built first. */
import path from 'node:path';
import { positiveInteger } from '../program/command-line.mjs';
import { checkpointOf } from '../training/checkpoint-file.mjs';

/**
 * @typedef {object} SharedSettings
 * @property {number} steps of each training
 * @property {boolean} full as many as it is meant to have: then the bar holds
 * @property {number} seed of what is drawn by chance: the weights, the batches, what is held out
 * @property {boolean} resume from the checkpoints
 * @property {string} checkpoints their folder
 * @property {string | undefined} pictures the folder that they are written to; undefined: a temporary one
 * @property {string | undefined} markdown a file that takes the figures
 * @property {boolean} json
 * @property {boolean} help
 */

/** For Node's `parseArgs`. */
export const sharedOptions = /** @type {const} */ ({
  steps: { type: 'string' },
  seed: { type: 'string' },
  resume: { type: 'boolean' },
  checkpoints: { type: 'string' },
  pictures: { type: 'string' },
  markdown: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
});

/** What --help says of them. @param {string} command of npm @param {string} steps that a training has by default */
export const sharedUsage = (command, steps) => `  --steps N          steps of a training (default: ${steps})
  --seed N           another one draws other weights and batches, and holds out others (default: 1)
  --resume           go on from the checkpoints of a run that was stopped by Ctrl-C
  --checkpoints DIR  where they lie (default: node_modules/.cache/fovea)
  --pictures DIR     where pictures and curves are written (default: a new temporary folder)
  --markdown FILE    write the figures between the comments that this file has for them
  --json             print one JSON object and nothing else (npm adds lines of its own, but not with: npm run --silent ${command} -- --json)
  --help             print this

FOVEA_BACKEND=native|wasm|reference and FOVEA_TARGET choose what computes. NO_COLOR switches colours off.
`;

/**
 * @param {{ [Name in keyof typeof sharedOptions]?: (typeof sharedOptions)[Name]['type'] extends 'string' ? string | undefined : boolean | undefined }} values as `parse` gives them
 * @param {number} fullSteps
 * @returns {SharedSettings}
 * @throws {import('../program/errors.mjs').UsageError}
 */
export function sharedSettings(values, fullSteps) {
  const steps = values.steps === undefined ? fullSteps : positiveInteger('--steps', values.steps, 100_000);
  return {
    steps,
    full: steps >= fullSteps,
    seed: values.seed === undefined ? 1 : positiveInteger('--seed', values.seed, 2 ** 31 - 1),
    resume: values.resume ?? false,
    checkpoints: values.checkpoints ?? path.dirname(checkpointOf('any')),
    pictures: values.pictures,
    markdown: values.markdown,
    json: values.json ?? false,
    help: values.help ?? false,
  };
}
