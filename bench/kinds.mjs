// @ts-check
/** Who is compared with whom: machine code with machine code, WebAssembly with WebAssembly, one backend of TensorFlow.js with another. */

/** @import { Report, Result } from './types.js' */

/** @type {Readonly<Record<string, string>>} */
const kinds = {
  'fovea-native': 'native',
  'fovea-tfjs': 'tfjs',
  'onnxruntime-node': 'native',
  'fovea-wasm': 'wasm',
  'onnxruntime-web': 'wasm',
  'tfjs-wasm': 'wasm',
  'jax-js': 'wasm',
};

/** @typedef {'native' | 'wasm' | 'tfjs'} Group of contenders that are compared with each other */

/** @type {readonly Group[]} */
export const groups = ['native', 'wasm', 'tfjs'];

/** @param {Group} group @param {string} contender those of TensorFlow.js itself are in two */
export const isIn = (group, contender) => kindOf(contender) === group || (group === 'tfjs' && contender.startsWith('tfjs-'));

/** 'native', 'wasm', 'tfjs' (ours), or 'javascript'. @param {string} contender */
export const kindOf = (contender) => kinds[contender] ?? 'javascript';

/** @param {Report} report @param {Result} row */
export const isOurs = (report, row) => (report.ours ?? []).includes(row.contender) || row.contender.startsWith('fovea-');

/** The row with the shortest median; undefined where none was measured. @param {readonly Result[]} rows @returns {(Result & { medianMs: number }) | undefined} */
export function fastest(rows) {
  /** @type {(Result & { medianMs: number }) | undefined} */
  let best;
  for (const row of rows) {
    const { medianMs } = row;
    if (medianMs !== null && (best === undefined || medianMs < best.medianMs)) best = { ...row, medianMs };
  }
  return best;
}
