// @ts-check
/**
 * What the onnxruntime contenders share: a session of one operator, run as its users run it. Only the output is fetched, not the caches
 * beside it. No memory is handed in for it: the bindings write there and return a fresh copy all the same, so that gains nothing.
 */
import { operators } from './graphs.mjs';
import { modelOf } from './model.mjs';

/** @import { Case, Session, Variant } from '../types.js' */
/** @import { Graph, Ort, OrtTensor } from './types.js' */

/** @typedef {keyof typeof operators} Operator */

/** @param {import('../types.js').Roof} [roof] @returns {readonly Variant[]} */
export const variantsOf = (roof) =>
  Object.entries(operators).map(([name, { op }]) => ({ name, ops: [/** @type {Case['op']} */ (op)], ...(roof && { roof }) }));

/** Why a variant has no row of a case. @param {Case} item @param {string} variant */
export const refusal = (item, variant) => operators[/** @type {Operator} */ (variant)].refuses(/** @type {never} */ (item));

/**
 * @param {Ort} ort
 * @param {string} variant an operator
 * @param {{ version: string, threads: number, provider: 'cpu' | 'wasm' }} settings
 * @returns {Session}
 */
export function openOrt(ort, variant, { version, threads, provider }) {
  const options = {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  };
  /** @type {Promise<Uint8Array> | undefined} the same for all copies of a case's inputs */
  let model;
  return {
    version,
    async prepare(item, inputs) {
      /** @type {Graph} */
      const graph = operators[/** @type {Operator} */ (variant)].graph(/** @type {never} */ (item), inputs);
      model ??= modelOf(graph);
      const session = await ort.InferenceSession.create(await model, options);
      const feeds = Object.fromEntries(graph.inputs.map(({ name, type, dims, data }) => [name, new ort.Tensor(type, data, dims)]));
      /** @type {Record<string, OrtTensor>} */
      let results = {};
      return {
        async run() {
          results = await session.run(feeds, ['output']);
        },
        output() {
          const output = /** @type {Float32Array} */ (results.output?.data);
          return graph.read ? graph.read(output) : output;
        },
        dispose: () => session.release(),
      };
    },
  };
}
