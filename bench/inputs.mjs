// @ts-check
/** The numbers that a case is run on: the same for every contender and from run to run. */

import { rounded } from './halves.mjs';

/** @import { Case, Inputs } from './types.js' */

/**
 * Numbers of mean 0 and variance 1, so that attention scores have variance 1 after their scale: a softmax that is neither flat
 * nor a single peak. (xorshift32: Marsaglia 2003)
 * @param {number} length
 * @param {number} seed
 */
function numbers(length, seed) {
  const data = new Float32Array(length);
  const width = 2 * Math.sqrt(3);
  let state = Math.imul(seed, 0x9e3779b9); // spreads the seed's bits, or the first numbers would be small
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data[i] = (state / 2 ** 32) * width;
  }
  return data;
}

/**
 * What a case is in, a half type or weights in one, its numbers are rounded to beforehand: so one result is right for everybody. Rounding
 * to int8 is a contender's own; the oracle allows for it.
 * @param {Case} item
 * @returns {Inputs}
 */
export function inputsOf(item) {
  const inputs = drawn(item);
  /** @param {string} name @param {import('./types.js').DType | undefined} dtype */
  const inType = (name, dtype) => (dtype === 'float16' || dtype === 'bfloat16' ? { [name]: rounded(inputs[name], dtype) } : {});
  if (item.op === 'matmul') return { ...inputs, ...inType('a', item.dtype), ...inType('b', item.weights ?? item.dtype) };
  if (item.op === 'softmax') return inputs;
  const cached = { ...inType('k', item.dtype), ...inType('v', item.dtype) };
  return { ...inputs, ...cached, ...(item.through ? {} : inType('q', item.dtype)) };
}

/** @param {Case} item @returns {Inputs} */
function drawn(item) {
  switch (item.op) {
    case 'matmul':
      return { a: numbers(item.batch * item.m * item.k, 1), b: numbers(item.batch * item.k * item.n, 2) };
    case 'softmax':
      return { x: numbers(item.shape[0] * item.shape[1], 3) };
    case 'attention': {
      const keys = item.batch * item.kvHeads * item.keyLength;
      return {
        q: numbers(item.batch * item.queryHeads * item.queryLength * item.headDim, 4),
        k: numbers(keys * item.headDim, 5),
        v: numbers(keys * item.valueDim, 6),
      };
    }
  }
}

/** The same numbers at another address. @param {Inputs} inputs @returns {Inputs} */
export const copyOf = (inputs) => Object.fromEntries(Object.entries(inputs).map(([name, data]) => [name, data.slice()]));
