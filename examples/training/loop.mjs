/** The loop that every trained example runs: steps with their losses, a checkpoint now and then, and Ctrl-C or SIGTERM, which stop between two steps. */
import { setImmediate } from 'node:timers/promises';
import { InputError, Interruption, statusOf } from '../program/errors.mjs';
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
 * @throws {InputError} where a loss is no number
 */
export async function train({ label, steps, step, trained, file, resume, goOn, secondsBetween = 60 }) {
  const losses = resume ? await loadCheckpoint(file, trained) : [];
  const before = losses.length;
  // Of how many steps the file is; none: it is not of this training.
  let kept = before;
  const save = async () => {
    await saveCheckpoint(file, trained, losses);
    kept = losses.length;
  };
  const interruption = watchInterrupts();
  const progress = startProgress(label, steps, before);
  const start = performance.now();
  let saved = start;
  try {
    while (losses.length < steps && interruption.by === undefined) {
      const loss = Math.fround(await step(losses.length));
      if (!Number.isFinite(loss))
        throw new InputError(
          `the loss of step ${losses.length + 1} is ${loss}, expected a number; ${kept === 0 ? 'nothing was saved before' : `${file} still has the first ${kept} steps`}`,
        );
      losses.push(loss);
      progress.advance(1, `loss ${loss.toFixed(3)}`);
      if (performance.now() - saved > secondsBetween * 1000) {
        await save();
        saved = performance.now();
      }
      // Signals are heard between two turns of the event loop only.
      await setImmediate();
    }
    const seconds = (performance.now() - start) / 1000;
    if (losses.length > before) await save();
    await setImmediate();
    // Also one that came in the last step: what follows a training is work that nobody wants any more.
    if (interruption.by !== undefined)
      throw new Interruption(`stopped after step ${losses.length} of ${steps}, saved in ${file}; to go on: ${goOn}`, interruption.by);
    return { losses, seconds, trained: losses.length - before };
  } finally {
    progress.stop();
    interruption.forget();
  }
}

/** Of one Ctrl-C several signals may come: of the terminal, and of programs in between, such as npm, that pass theirs on. */
const sameMilliseconds = 1000;

const signals = /** @type {const} */ (['SIGINT', 'SIGTERM']);

/**
 * The first signal asks for an end; one some time after it is meant to be obeyed at once.
 * @returns {{ by: (typeof signals)[number] | undefined, forget: () => void }}
 */
function watchInterrupts() {
  /** @type {ReturnType<typeof watchInterrupts>} */
  const state = {
    by: undefined,
    forget() {
      for (const [signal, hear] of listeners) process.off(signal, hear);
    },
  };
  let first = 0;
  const listeners = signals.map((signal) => {
    const hear = () => {
      if (state.by !== undefined && performance.now() - first > sameMilliseconds) process.exit(statusOf(signal));
      if (state.by === undefined) first = performance.now();
      state.by ??= signal;
    };
    return /** @type {const} */ ([signal, hear]);
  });
  for (const [signal, hear] of listeners) process.on(signal, hear);
  return state;
}
