/** What is translated: the two tasks, alike for all that comes behind. */
import { createDates } from './dates.mjs';
import { createNumbers } from './numbers.mjs';

/**
 * @typedef {{ source: string, target: string, kind: string }} Pair kind: the locale or language, by which the result is told apart
 *
 * @typedef {object} Task
 * @property {string} name
 * @property {string} says what there is, in a sentence
 * @property {Iterable<string>} sourceTokens characters that are read
 * @property {Iterable<string>} targetTokens characters that are written
 * @property {number} mostTokens of a target
 * @property {(uniform: () => number) => Pair} seen draws one for the training
 * @property {(uniform: () => number) => Pair} heldOut draws one that the training has not seen
 * @property {readonly Pair[]} shown held out, for the picture
 */

/** @type {Readonly<Record<string, (seed: number) => Task>>} */
const tasks = { dates: createDates, numbers: createNumbers };

/** @param {string} name @param {number} seed @returns {Task} */
export function createTask(name, seed) {
  const { [name]: create } = tasks;
  if (create === undefined) throw new Error(`${name} is none of ${Object.keys(tasks).join(', ')}`);
  return create(seed);
}
