/** Models that are compared: trained one after another on the same batches, each with its own checkpoint, and held against what none of them has seen. */
import { existsSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fromCaller } from '../program/files.mjs';
import { trainModel } from './course.mjs';
import { exactMatch } from './exact.mjs';

/** Steps whose losses are averaged in the end, because batches differ. */
const lastSteps = 50;
/** Mistakes that are kept. */
const mistakes = 5;

/**
 * @typedef {import('./decoder.mjs').Model} Model
 *
 * @typedef {object} Rival
 * @property {string} name such as "without attention"
 * @property {string} file of its checkpoint, in their folder
 * @property {boolean} attends
 * @property {number} steps
 *
 * @typedef {object} Figures what a run says of a model
 * @property {string} name
 * @property {number} steps
 * @property {number} weights numbers that it is made of
 * @property {number} loss mean of the last steps
 * @property {number} seconds of the steps of this run, `trained` of them
 * @property {number} trained
 * @property {import('./exact.mjs').ExactMatch} match wrong: some
 *
 * @typedef {Figures & { model: Model, losses: readonly number[] }} Trained
 *
 * @typedef {object} Shared
 * @property {string} label of the progress, before each one's name
 * @property {(attends: boolean) => Model} create
 * @property {Parameters<typeof trainModel>[1]} batch
 * @property {(model: Model) => readonly import('./exact.mjs').Result[]} write what it makes of what it has not seen
 * @property {number} rate
 * @property {Readonly<Record<string, unknown>>} settings all else that the losses depend on
 * @property {string} checkpoints their folder
 * @property {boolean} resume
 */

/**
 * @param {readonly Rival[]} rivals
 * @param {Shared} shared
 * @returns {Promise<Trained[]>} in their order
 */
export async function trainRivals(rivals, { label, create, batch, write, rate, settings, checkpoints, resume }) {
  const files = rivals.map(({ file }) => path.join(path.resolve(fromCaller(checkpoints)), file));
  const forget = resume ? () => {} : forgetting(files);
  const trained = [];
  for (const [i, { name, attends, steps }] of rivals.entries()) {
    const model = create(attends);
    /** @param {number} step */
    const drawn = (step) => {
      forget();
      return batch(step);
    };
    const course = await trainModel(model, drawn, {
      label: `${label}, ${name}`,
      steps,
      rate,
      settings: { ...settings, attends },
      file: files[i],
      // Ctrl-C may have come before this one's training began.
      resume: resume && (i === 0 || existsSync(files[i])),
      goOn: 'the same command with --resume',
    }).finally(forget);
    const match = exactMatch(write(model));
    trained.push({
      ...{ name, steps, model, ...course },
      weights: Object.values(model.variables).reduce((sum, { size }) => sum + size, 0),
      loss: mean(course.losses.slice(-lastSteps)),
      match: { ...match, wrong: match.wrong.slice(0, mistakes) },
    });
  }
  return trained;
}

/** Without what no JSON should hold. @param {Trained} trained @returns {Figures} */
export const figuresOf = ({ model: _, losses: __, ...figures }) => figures;

/**
 * What an older run has left of the later models is not what this run goes on from. It stays until this run has saved something of its own, because --resume
 * may have been forgotten.
 * @param {readonly string[]} files of checkpoints
 */
function forgetting([first, ...later]) {
  const before = changedAt(first);
  let forgotten = false;
  return () => {
    if (forgotten || changedAt(first) === before) return;
    for (const file of later) rmSync(file, { force: true });
    forgotten = true;
  };
}

/** @param {string} file @returns {number | undefined} undefined: it is not there */
const changedAt = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs;

/** @param {readonly number[]} numbers */
const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
