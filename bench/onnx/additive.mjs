// @ts-check
/** Additive attention of one head as a graph; a decoder's step finds the keys projected. */
import { float32, int64, outputOf } from './graph.mjs';

/** @import { AttentionCase, Inputs } from '../types.js' */
/** @import { Graph, Node } from './types.js' */

/** @param {AttentionCase} item */
export const refusedByAdditive = (item) => (item.score === 'additive' ? undefined : ''); // the other operators have dot products

/** @param {AttentionCase} item @param {Inputs} inputs @returns {Graph} */
export function additive(item, { q, k, v, queryWeight, keyWeight, scoreWeight, bias }) {
  const { queryLength, keyLength, headDim, valueDim, units = 0, through } = item;
  /** @type {readonly Node[]} */
  const projection = [
    { operator: 'MatMul', takes: ['k', 'keyWeight'], gives: ['bare'] },
    { operator: 'Add', takes: ['bare', 'bias'], gives: ['keys'] },
  ];
  const keys = through ? [float32('keys', [keyLength, units], projected(k, keyWeight, bias, headDim))] : [];
  return {
    nodes: [
      ...(through ? [] : projection),
      { operator: 'MatMul', takes: ['q', 'queryWeight'], gives: ['rows'] },
      { operator: 'Unsqueeze', takes: ['rows', 'one'], gives: ['queries'] },
      { operator: 'Add', takes: ['queries', 'keys'], gives: ['sums'] }, // [sq, skv, u]
      { operator: 'Tanh', takes: ['sums'], gives: ['activations'] },
      { operator: 'MatMul', takes: ['activations', 'scoreWeight'], gives: ['scores'] },
      { operator: 'Softmax', attributes: { axis: 1 }, takes: ['scores'], gives: ['weights'] },
      { operator: 'MatMul', takes: ['weights', 'v'], gives: ['output'] },
    ],
    inputs: [
      float32('q', [queryLength, headDim], q),
      ...(through ? keys : [float32('k', [keyLength, headDim], k)]),
      float32('v', [keyLength, valueDim], v),
    ],
    constants: [
      float32('queryWeight', [headDim, units], queryWeight),
      ...(through ? [] : [float32('keyWeight', [headDim, units], keyWeight), float32('bias', [units], bias)]),
      float32('scoreWeight', [units], scoreWeight),
      int64('one', [1]),
    ],
    outputs: outputOf([queryLength, valueDim]),
  };
}

/** @param {Float32Array} k @param {Float32Array} weight @param {Float32Array} bias @param {number} dim */
function projected(k, weight, bias, dim) {
  const units = bias.length;
  return Float32Array.from({ length: (k.length / dim) * units }, (_, i) => {
    let sum = bias[i % units];
    for (let p = 0; p < dim; p++) sum += k[Math.floor(i / units) * dim + p] * weight[p * units + (i % units)];
    return sum;
  });
}
