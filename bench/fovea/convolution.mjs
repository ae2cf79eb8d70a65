// @ts-check
/**
 * A convolution by `patches`, the op that tf.conv2d of fovea/tfjs calls. It is not public, but a part of the file of dist/ that all entries share:
 * the very code that fovea/tfjs runs, called directly.
 */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { filterSize } from '../training.mjs';
import { jobOf, tensor } from './job.mjs';

/** @import { ConvolutionCase, Inputs, Job } from '../types.js' */

/** @typedef {Pick<typeof import('../../src/ops/steps.js'), 'finish' | 'opsOf'>} Internals */

const require = createRequire(new URL('../../package.json', import.meta.url));

/** @param {ConvolutionCase} item @param {Inputs} inputs @returns {Job} */
export function convolutionJob({ shape, channels, allocates }, inputs) {
  const { finish, opsOf } = internals();
  const [batch, height, width, from] = shape;
  const x = tensor(inputs.x, shape);
  const filter = tensor(inputs.filter, [filterSize ** 2 * from, channels]);
  const side = (/** @type {number} */ pixels) => ({ pixels, places: pixels, taps: filterSize, step: 1, dilation: 1, offset: -1, gap: 1 });
  const result = () => tensor(new Float32Array(batch * height * width * channels), [batch * height * width, channels]);
  const sides = { height: side(height), width: side(width) };
  const known = result();
  return jobOf(() => {
    const out = allocates ? result() : known;
    finish('Conv2D', undefined, () => opsOf('Conv2D').patches(x, filter, { ...sides, out }));
    return out;
  });
}

/** The shared file has a name with a hash. @returns {Internals} */
function internals() {
  const folder = dirname(require.resolve('fovea'));
  const shared = Object.keys(require.cache).find((path) => dirname(path) === folder && /[\\/]core-\w+\.cjs$/.test(path));
  if (shared === undefined) throw new Error(`no core-*.cjs of ${folder} is loaded`);
  return require(shared);
}
