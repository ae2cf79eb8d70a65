/** How well some sentences stand for the whole text, by two measures, beside the first sentences and sentences drawn by chance. */
import { seededRandom } from '../program/random.mjs';

/** @typedef {import('fovea').Tensor} Tensor */

/**
 * @typedef {object} Measures
 * @property {number} closeness cosine of the mean embedding of the chosen sentences and that of all
 * @property {number} coverage mean over all sentences of the cosine to the most similar chosen one; a chosen one counts 1
 */

/** Draws by chance whose mean is shown. */
const draws = 200;

/**
 * @param {readonly number[]} chosen at least one
 * @param {Tensor} cosines `[n, n]`
 * @returns {Measures}
 */
export function measure(chosen, { data, shape: [n] }) {
  const all = Array.from({ length: n }, (_, i) => i);
  // Of means a and b, a·b / (‖a‖ ‖b‖) is a quotient of sums of cosines: the embeddings have length 1, and what they are divided by cancels.
  const closeness = sum(chosen, all) / Math.sqrt(sum(chosen, chosen) * sum(all, all));
  const coverage = all.reduce((total, i) => total + Math.max(...chosen.map((j) => data[i * n + j])), 0) / n;
  return { closeness, coverage };

  /** Of the cosines of each of `rows` with each of `columns`. @param {readonly number[]} rows @param {readonly number[]} columns */
  function sum(rows, columns) {
    return rows.reduce((total, i) => columns.reduce((row, j) => row + data[i * n + j], total), 0);
  }
}

/**
 * The mean of `draws` choices by chance, the same ones each time.
 * @param {number} count
 * @param {Tensor} cosines `[n, n]`
 * @returns {Measures}
 */
export function measureByChance(count, cosines) {
  const [n] = cosines.shape;
  const random = seededRandom(1);
  const found = Array.from({ length: draws }, () => measure(drawn(), cosines));
  /** @param {keyof Measures} name */
  const mean = (name) => found.reduce((total, measures) => total + measures[name], 0) / draws;
  return { closeness: mean('closeness'), coverage: mean('coverage') };

  /** `count` of the n sentences, all choices alike: the beginning of a shuffle (Fisher & Yates). */
  function drawn() {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = 0; i < count; i++) {
      const other = i + Math.floor(random() * (n - i));
      [order[i], order[other]] = [order[other], order[i]];
    }
    return order.slice(0, count);
  }
}
