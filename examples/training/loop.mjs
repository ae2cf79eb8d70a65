/** The loop that every trained example runs: steps with their losses, a checkpoint now and then, and Ctrl-C, which stops between two steps. */
import { setImmediate } from 'node:timers/promises';
import { Interruption } from '../program/errors.mjs';
import { startProgress } from '../program/progress.mjs';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.mjs';

/**
 * @typedef {object} Training
 * @property {string} label of the progress, such as "training"
 * @property {number} steps in all, those before a checkpoint too
 * @property {(index: number) => number | Promise<number>} step trains once, and gives the loss. What it draws comes from `index` (seed.mjs)
 * @property {import('./checkpoint.mjs').Trained} trained
 * @property {string} file of the checkpoint: written now and then, when it is interrupted, and at the end
 * @property {boolean} resume goes on from the checkpoint
 * @property {string} goOn what is run to go on, such as "npm run language-model -- --resume"
 * @property {number} [secondsBetween] two checkpoints
 *
 * @typedef {{ losses: number[], seconds: number, trained: number }} Course losses of all steps; seconds of those of this run, `trained` of them
 */

/**
 * @param {Training} training
 * @returns {Promise<Course>}
 * @throws {Interruption} after Ctrl-C, with everything saved
 */
export async function train({ label, steps, step, trained, file, resume, goOn, secondsBetween = 60 }) {
  const losses = resume ? await loadCheckpoint(file, trained) : [];
  const before = losses.length;
  const interruption = watchInterrupts();
  const progress = startProgress(label, steps, before);
  const start = performance.now();
  let saved = start;
  try {
    while (losses.length < steps && !interruption.asked) {
      const loss = Math.fround(await step(losses.length));
      if (!Number.isFinite(loss))
        throw new Error(`the loss of step ${losses.length} is ${loss}, expected a number (a smaller rate may help)`);
      losses.push(loss);
      progress.advance(1, `loss ${loss.toFixed(3)}`);
      if (performance.now() - saved > secondsBetween * 1000) {
        await saveCheckpoint(file, trained, losses);
        saved = performance.now();
      }
      // Signals are heard between two turns of the event loop only.
      await setImmediate();
    }
    const seconds = (performance.now() - start) / 1000;
    if (losses.length > before) await saveCheckpoint(file, trained, losses);
    if (losses.length < steps)
      throw new Interruption(`stopped after step ${losses.length} of ${steps}, saved in ${file}; to go on: ${goOn}`);
    return { losses, seconds, trained: losses.length - before };
  } finally {
    progress.stop();
    interruption.forget();
  }
}

/** Of one Ctrl-C several signals may come: of the terminal, and of programs in between, such as npm, that pass theirs on. */
const sameMilliseconds = 1000;

/** The first Ctrl-C asks for an end; one some time after it is meant to be obeyed at once. */
function watchInterrupts() {
  const state = { asked: false, forget: () => void process.off('SIGINT', hear) };
  let first = 0;
  function hear() {
    if (state.asked && performance.now() - first > sameMilliseconds) process.exit(130);
    if (!state.asked) first = performance.now();
    state.asked = true;
  }
  process.on('SIGINT', hear);
  return state;
}
