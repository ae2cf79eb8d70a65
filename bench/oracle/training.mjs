// @ts-check
/** What a training step should give: the loss, the gradient of each weight, and each weight afterwards. */
import { adam, weightsOf } from '../training.mjs';
import { convnet } from './convnet.mjs';
import { unitRoundoff } from './rounding.mjs';
import { translation } from './translation.mjs';

/** @import { Inputs, TrainingCase } from '../types.js' */
/** @import { Row } from './rounding.mjs' */

/** In float64. @typedef {{ readonly loss: number, readonly gradients: Readonly<Record<string, Float64Array>> }} Learned */

/**
 * How far a gradient may be off, of the largest number in it, and the loss. fovea and TensorFlow.js were seen to be off by up to 8e-7. The rest is for a pixel of the
 * convnet that lies on the edge of a relu, or is as large as its neighbour in a pool: rounded, it may fall to the other side, and is one of thousands
 * that a gradient sums. A wrong stride, gate or share exceeds it by far.
 */
const tolerance = 1e-4;

/** @param {TrainingCase} item @param {Inputs} inputs @returns {{ length: number, rows: Row[] }} */
export function trainingRows(item, inputs) {
  const { loss, gradients } = item.op === 'translationStep' ? translation(item, inputs) : convnet(item, inputs);
  /** @type {Row[]} */
  const rows = [{ start: 0, step: 1, exact: Float64Array.of(loss), bound: Float64Array.of(tolerance * Math.abs(loss)) }];
  let start = 1;
  const add = (/** @type {Float64Array} */ exact, /** @type {Float64Array} */ bound) => {
    rows.push({ start, step: 1, exact, bound });
    start += exact.length;
  };
  const errors = Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [
      name,
      tolerance * gradient.reduce((most, each) => Math.max(most, Math.abs(each)), 0),
    ]),
  );
  const names = weightsOf(item).map(([name]) => name);
  for (const name of names) add(gradients[name], new Float64Array(gradients[name].length).fill(errors[name]));
  for (const name of names) {
    const updates = gradients[name].map((gradient) => updateOf(gradient, errors[name]).value);
    const bounds = gradients[name].map((gradient) => updateOf(gradient, errors[name]).error);
    add(
      updates.map((update, i) => inputs[name][i] - update),
      bounds.map((bound, i) => bound + 2 * unitRoundoff * Math.abs(inputs[name][i])),
    );
  }
  return { length: start, rows };
}

/**
 * Adam's first step, which is its step whenever the gradient is the same again: rate · g / (|g| + ε). It grows with g, so that the ends of where g may be
 * say how far off it is; a thousandth of it is for its corrections, 1 − 0.999 in float32 among them.
 * @param {number} gradient @param {number} error
 */
function updateOf(gradient, error) {
  const at = (/** @type {number} */ g) => (adam.rate * g) / (Math.abs(g) + adam.epsilon);
  const value = at(gradient);
  return { value, error: Math.max(at(gradient + error) - value, value - at(gradient - error)) + adam.rate / 1000 };
}
