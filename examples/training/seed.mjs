/** All chance of a training from one seed: what a step draws depends on its number alone, so that a training that goes on draws as if it had never stopped. */
import { seededRandom } from '../program/random.mjs';

/**
 * @param {number} seed
 * @param {string} purpose such as "batch": what is drawn for one is not what is drawn for another
 * @param {number} [step]
 * @returns {() => number} evenly in [0, 1)
 */
export function randomFor(seed, purpose, step = 0) {
  let mixed = seed;
  for (const part of [...Array.from(purpose, (letter) => letter.charCodeAt(0)), step])
    mixed = scattered(mixed ^ Math.imul(part + 1, 0x9e3779b1));
  return seededRandom(mixed);
}

/** A seed for an initializer of TensorFlow.js. @param {number} seed @param {string} purpose such as a variable's name */
export const seedFor = (seed, purpose) => Math.floor(randomFor(seed, purpose)() * 2 ** 31);

/** The end of MurmurHash3 (A. Appleby): neighbours become unlike. @param {number} number */
function scattered(number) {
  let h = number ^ (number >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
