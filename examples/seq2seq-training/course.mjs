/** The training of a model, from its first step or from a checkpoint to its last: what both examples run. */
import { Adam, scheduledRate } from '../training/adam.mjs';
import { train } from '../training/loop.mjs';
import { trainOnce } from './step.mjs';

/** Steps in which the rate rises. */
const warmup = 50;

/**
 * @typedef {object} Asked
 * @property {string} label of the progress
 * @property {number} steps in all
 * @property {number} rate at the top
 * @property {Readonly<Record<string, unknown>>} settings all else that the losses depend on
 * @property {string} file of the checkpoint
 * @property {boolean} resume
 * @property {string} goOn what is run to go on
 */

/**
 * @param {import('./decoder.mjs').Model} model
 * @param {(step: number) => { source: import('@tensorflow/tfjs-core').Tensor, taught: import('./batches.mjs').Taught }} batch drawn by the step's number
 * @param {Asked} asked
 */
export function trainModel(model, batch, { label, steps, rate, settings, file, resume, goOn }) {
  const optimizer = new Adam({ rate });
  return train({
    label,
    steps,
    step(index) {
      optimizer.setRate(scheduledRate(index, { steps, warmup: Math.min(warmup, steps / 4), rate }));
      return trainOnce(model, optimizer, () => batch(index));
    },
    trained: { settings: { ...settings, steps, rate }, variables: model.variables, optimizer },
    file,
    resume,
    goOn,
  });
}
