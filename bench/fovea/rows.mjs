// @ts-check
/** layerNorm, rmsNorm, rotary and gelu. */
import { epsilons, rotaryBase } from '../rows-options.mjs';
import { jobOf, outOf, tensor } from './job.mjs';

/** @import { Inputs, Job, RowsCase } from '../types.js' */
/** @import { Fovea } from './session.mjs' */

/** @param {Fovea} fovea @param {RowsCase} item @param {Inputs} inputs @returns {Job} */
export function rowsJob(fovea, item, inputs) {
  const [rows, columns] = item.shape;
  const x = tensor(inputs.x, item.shape);
  const vector = (/** @type {Float32Array} */ data) => tensor(data, [columns]);
  switch (item.op) {
    case 'layerNorm': {
      const options = {
        ...{ gamma: vector(inputs.gamma), beta: vector(inputs.beta), epsilon: epsilons.layerNorm },
        ...outOf(item, item.shape),
      };
      return jobOf(() => fovea.layerNorm(x, options));
    }
    case 'rmsNorm': {
      const options = { gamma: vector(inputs.gamma), epsilon: epsilons.rmsNorm, ...outOf(item, item.shape) };
      return jobOf(() => fovea.rmsNorm(x, options));
    }
    case 'rotary': {
      const { heads = 1 } = item;
      const shape = [1, rows, heads, columns / heads];
      const options = { base: rotaryBase, layout: /** @type {const} */ ('bshd'), ...outOf(item, shape) };
      const turned = tensor(inputs.x, shape);
      return jobOf(() => fovea.rotary(turned, options));
    }
    case 'gelu': {
      const options = outOf(item, item.shape);
      return jobOf(() => fovea.gelu(x, options));
    }
  }
}
