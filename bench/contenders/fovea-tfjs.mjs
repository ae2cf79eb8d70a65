// @ts-check
/**
 * TensorFlow.js on our backend `fovea`: the same calls as its own backends get. All of it is the copy of TensorFlow.js in this checkout's node_modules,
 * which fovea/tfjs finds; its converter, which only bench/ has, is handed that copy, because each has a registry of kernels of its own.
 */
import { createRequire } from 'node:module';
import { convolutionJob } from '../fovea/convolution.mjs';
import { matmulJob } from '../fovea/matmul.mjs';
import { foveaOn, version } from '../fovea/session.mjs';
import { isInstalled } from '../peer.mjs';
import { graphModels, openTfjs, refusal } from '../tfjs/session.mjs';

/** @import { Fovea } from '../fovea/session.mjs' */
/** @import { Case, Contender, Inputs, Roof, Variant } from '../types.js' */
/** @import { Tfjs } from '../tfjs/types.js' */

const require = createRequire(new URL('../../package.json', import.meta.url));
const requireOfBench = createRequire(new URL('../package.json', import.meta.url));
const core = '@tensorflow/tfjs-core';
const converter = '@tensorflow/tfjs-converter';

/** Of what fovea/tfjs is held against something: other backends of TensorFlow.js, or our kernels called directly. @type {readonly Case['op'][]} */
const ops = ['matmul', 'convolution', 'encoder', 'translationStep', 'convnetStep'];

/** Behind the target: which sentences the encoder runs together. */
const ways = Object.values(graphModels).filter((way) => way !== 'at once');

/** @param {Roof} roof @param {Roof} [better] @returns {readonly Variant[]} */
const variantsOf = (roof, better) => [
  { name: roof, roof, ops, ...(better && { better }) },
  ...ways.map((way) => ({ name: `${roof} ${way}`, roof, ops: /** @type {const} */ (['encoder']), full: way === 'one by one' })),
];

/** @type {Readonly<Record<string, readonly Variant[]>>} */
const variantsByArchitecture = { x64: [...variantsOf('avx512'), ...variantsOf('avx2', 'avx512')], arm64: variantsOf('neon') };

/** @type {Contender} */
export default {
  name: 'fovea-tfjs',
  ours: true,
  needsPeers: true,
  variants: variantsByArchitecture[process.arch] ?? [],
  refuses(item, variant) {
    if (item.op === 'encoder' && !isInstalled(converter)) return `needs ${converter}, which is not installed (npm --prefix bench ci)`;
    if (item.op === 'matmul' && item.batch === 1) return ''; // a batch is what tells
    return refusal(item, variant);
  },
  async open(variant, threads) {
    const fovea = foveaOn('native', variant, threads);
    /** @type {Tfjs} */
    const tf = require(core);
    require('fovea/tfjs');
    const opened = { tf, load, version: `${version} with TensorFlow.js ${tf.version_core}`, backend: 'fovea' };
    const way = ways.find((way) => variant.endsWith(way));
    const session = await openTfjs(opened, way ? `graph model, ${way}` : 'matMul of a batch');
    return {
      ...session,
      async prepare(item, inputs) {
        return { ...(await session.prepare(item, inputs)), ...directly(fovea, item, inputs) };
      },
    };
  },
};

/** What TensorFlow.js adds to a product and to a convolution is seen beside these. @param {Fovea} fovea @param {Case} item @param {Inputs} inputs */
function directly(fovea, item, inputs) {
  if (item.op === 'matmul') return { direct: matmulJob(fovea, item, inputs) };
  return item.op === 'convolution' ? { direct: convolutionJob(item, inputs) } : {};
}

/** @param {string} name of a package */
function load(name) {
  if (name !== converter) return require(name);
  requireOfBench.cache[requireOfBench.resolve(core)] = require.cache[require.resolve(core)];
  return requireOfBench(name);
}
