// @ts-check
/** matmul and softmax. */
import { jobOf, outOf, tensor } from './job.mjs';

/** @import { Inputs, Job, MatmulCase, SoftmaxCase } from '../types.js' */
/** @import { Fovea } from './session.mjs' */

/** @param {Fovea} fovea @param {MatmulCase} item @param {Inputs} inputs @returns {Job} */
export function matmulJob(fovea, item, inputs) {
  const { batch, m, n, k, dtype } = item;
  const [a, b] = [tensor(inputs.a, [batch, m, k], dtype), tensor(inputs.b, [batch, k, n], dtype)];
  const options = outOf(item, [batch, m, n]);
  return jobOf(() => fovea.matmul(a, b, options), dtype);
}

/** b is packed once. @param {Fovea} fovea @param {MatmulCase} item @param {Inputs} inputs @returns {Job} */
export function packedJob(fovea, item, inputs) {
  const { m, n, k, weights, dtype } = item;
  const a = tensor(inputs.a, [m, k], dtype);
  const b = fovea.packMatrix(tensor(inputs.b, [k, n], dtype), { dtype: weights ?? (dtype === 'bfloat16' ? dtype : undefined) });
  const options = outOf(item, [m, n]);
  return { ...jobOf(() => fovea.matmul(a, b, options), dtype), dispose: () => b.dispose() };
}

/** @param {Fovea} fovea @param {SoftmaxCase} item @param {Inputs} inputs @returns {Job} */
export function softmaxJob(fovea, item, inputs) {
  const x = tensor(inputs.x, item.shape);
  const options = { axis: item.axis, ...outOf(item, item.shape) };
  return jobOf(() => fovea.softmax(x, options));
}
