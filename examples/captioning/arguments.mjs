/** The command line: what can be asked for, and what is wrong with it when it is. Imports nothing that must be built first. */
import { parse } from '../program/command-line.mjs';
import { sharedOptions, sharedSettings, sharedUsage } from '../seq2seq-training/options.mjs';

/** Steps of a training unless --steps says otherwise. */
const fullSteps = 1500;

export const usage = `Trains a convolutional encoder and a GRU decoder with additive attention over the image, on TensorFlow.js with the backend fovea: two to four handwritten
digits side by side are written in words ("seven two four"), and shown is where it looked at each word. The same model without attention is trained beside it.

  npm run captioning [-- options]

${sharedUsage('captioning', `${fullSteps}`)}Exit code: 0 done, 1 the work failed or a full training reads less than 85 of 100 images, 2 the command line is wrong, 130 stopped by Ctrl-C.
`;

/**
 * @param {string[]} argv without node and script
 * @returns {import('../seq2seq-training/options.mjs').SharedSettings}
 * @throws {import('../program/errors.mjs').UsageError}
 */
export function parseArguments(argv) {
  return sharedSettings(parse({ args: argv, options: sharedOptions }).values, fullSteps);
}
