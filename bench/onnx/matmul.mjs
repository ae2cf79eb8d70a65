// @ts-check
/** MatMul and Softmax. */
import { float32 } from './graph.mjs';

/** @import { Inputs, MatmulCase, SoftmaxCase } from '../types.js' */
/** @import { Graph } from './types.js' */

/** @param {MatmulCase} item @param {Inputs} inputs @param {boolean} constant @returns {Graph} */
export function matmul({ batch, m, n, k }, inputs, constant) {
  const lead = batch === 1 ? [] : [batch];
  const a = float32('a', [...lead, m, k], inputs.a);
  const b = float32('b', [...lead, k, n], inputs.b);
  return {
    nodes: [{ operator: 'MatMul', takes: ['a', 'b'], gives: ['output'] }],
    inputs: constant ? [a] : [a, b],
    constants: constant ? [b] : [],
    outputs: [{ name: 'output', type: 'float32', dims: [...lead, m, n] }],
  };
}

/** @param {SoftmaxCase} item @param {Inputs} inputs @returns {Graph} */
export function softmax({ shape, axis }, inputs) {
  return {
    nodes: [{ operator: 'Softmax', attributes: { axis }, takes: ['x'], gives: ['output'] }],
    inputs: [float32('x', shape, inputs.x)],
    outputs: [{ name: 'output', type: 'float32', dims: shape }],
  };
}
