/** The command line: what can be asked for, and what is wrong with it when it is. Imports nothing that must be built first. */
import { parse, positiveInteger } from '../program/command-line.mjs';
import { checkpointOf } from '../training/checkpoint-file.mjs';

/**
 * @typedef {object} Settings
 * @property {number} steps of the training
 * @property {boolean} full as many as it is meant to have: then its bar holds
 * @property {number} seed of the weights and of the images
 * @property {boolean} resume from the checkpoint
 * @property {string} checkpoint its file
 * @property {string | undefined} pictures the folder that they are written to; undefined: a temporary one
 * @property {string | undefined} markdown a file that takes the figures
 * @property {boolean} json
 * @property {boolean} help
 */

/** Steps of the training unless --steps says otherwise. */
const fullSteps = 1500;

export const usage = `Trains a convolutional encoder and a GRU decoder with additive attention over the image, on TensorFlow.js with the backend fovea: two to four handwritten
digits side by side are written in words ("seven two four"), and shown is where it looked at each word.

  npm run captioning [-- options]

  --steps N          steps of the training (default: ${fullSteps})
  --seed N           another one draws other weights and other images (default: 1)
  --resume           go on from the checkpoint of a run that was stopped by Ctrl-C
  --checkpoint FILE  where it lies (default: in node_modules/.cache/fovea)
  --pictures DIR     where pictures and the curve are written (default: a new temporary folder)
  --markdown FILE    write the figures into FILE, between the two comments of this program
  --json             print one JSON object and nothing else (npm adds lines of its own, but not with: npm run --silent captioning -- --json)
  --help             print this

FOVEA_BACKEND=native|wasm|reference and FOVEA_TARGET choose what computes. NO_COLOR switches colours off.
Exit code: 0 done, 1 the work failed or a full training reads less than 85 of 100 images, 2 the command line is wrong, 130 stopped by Ctrl-C.
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
      steps: { type: 'string' },
      seed: { type: 'string' },
      resume: { type: 'boolean' },
      checkpoint: { type: 'string' },
      pictures: { type: 'string' },
      markdown: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const steps = values.steps === undefined ? fullSteps : positiveInteger('--steps', values.steps, 100_000);
  return {
    steps,
    full: steps >= fullSteps,
    seed: values.seed === undefined ? 1 : positiveInteger('--seed', values.seed, 2 ** 31 - 1),
    resume: values.resume ?? false,
    checkpoint: values.checkpoint ?? checkpointOf('captioning'),
    pictures: values.pictures,
    markdown: values.markdown,
    json: values.json ?? false,
    help: values.help ?? false,
  };
}
