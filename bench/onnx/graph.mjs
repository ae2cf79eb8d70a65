// @ts-check
/** What graphs are made of. */

/** @import { Case } from '../types.js' */
/** @import { Filled, Value } from './types.js' */

/** @param {Case} item */
export function narrowed(item) {
  if ('dtype' in item && item.dtype) return `has no ${item.dtype} on a CPU`;
  if ('weights' in item && item.weights) return `${item.weights} weights are another operator, of another result`;
  if ('score' in item && item.score) return 'scores by dot products';
  if ('through' in item && item.through) return 'keeps no cache (GroupQueryAttention does)';
  return undefined;
}

/** @param {string} name @param {readonly number[]} dims @param {Float32Array} data @returns {Filled} */
export function float32(name, dims, data) {
  return { name, type: 'float32', dims, data };
}

/** @param {string} name @param {readonly number[]} values @returns {Filled} */
export const int64 = (name, values) => ({ name, type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) });

/** The output of a graph. @param {readonly number[]} dims @returns {readonly Value[]} */
export const outputOf = (dims) => [{ name: 'output', type: 'float32', dims }];
