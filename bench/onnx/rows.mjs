// @ts-check
/** LayerNormalization, RMSNormalization, Gelu and the two RotaryEmbeddings; parameters are constants, as they are in a model. */
import { headsFirst, headsLast } from '../layouts.mjs';
import { epsilons, rotaryBase } from '../rows-options.mjs';
import { float32, int64, outputOf } from './graph.mjs';

/** @import { Inputs, RowsCase } from '../types.js' */
/** @import { Graph } from './types.js' */

/** @param {RowsCase} item @param {Inputs} inputs @returns {Graph} */
export const layerNormalization = ({ shape }, { x, gamma, beta }) => ({
  nodes: [
    {
      operator: 'LayerNormalization',
      attributes: { axis: -1, epsilon: epsilons.layerNorm },
      takes: ['x', 'gamma', 'beta'],
      gives: ['output'],
    },
  ],
  inputs: [float32('x', shape, x)],
  constants: [float32('gamma', [shape[1]], gamma), float32('beta', [shape[1]], beta)],
  outputs: outputOf(shape),
});

/** ONNX's, opset 23, and the older one of onnxruntime's. @param {'RMSNormalization' | 'SimplifiedLayerNormalization'} operator */
export const rmsNormalization =
  (operator) =>
  (/** @type {RowsCase} */ { shape }, /** @type {Inputs} */ { x, gamma }) => ({
    nodes: [{ operator, attributes: { axis: -1, epsilon: epsilons.rmsNorm }, takes: ['x', 'gamma'], gives: ['output'] }],
    inputs: [float32('x', shape, x)],
    constants: [float32('gamma', [shape[1]], gamma)],
    outputs: outputOf(shape),
  });

/** Opset 20, by erf. @param {RowsCase} item @param {Inputs} inputs @returns {Graph} */
export const gelu = ({ shape }, { x }) => ({
  nodes: [{ operator: 'Gelu', takes: ['x'], gives: ['output'] }],
  inputs: [float32('x', shape, x)],
  outputs: outputOf(shape),
});

/** ONNX's, opset 23, and com.microsoft's; both take `[b, h, s, d]`. @param {'' | 'com.microsoft'} domain */
export const rotaryEmbedding =
  (domain) =>
  (/** @type {RowsCase} */ { shape, heads = 1 }, /** @type {Inputs} */ { x }) => {
    const [positions, columns] = shape;
    const dim = columns / heads;
    const dims = [1, heads, positions, dim];
    const { sines, cosines } = anglesOf(positions, dim);
    const places = Array.from({ length: positions }, (_, position) => position);
    return {
      nodes: [
        {
          ...{ operator: 'RotaryEmbedding', domain, gives: ['output'] },
          takes: domain === '' ? ['x', 'cosines', 'sines', 'positions'] : ['x', 'positions', 'cosines', 'sines'],
        },
      ],
      inputs: [float32('x', dims, headsFirst(x, 1, heads, positions, dim))],
      constants: [
        float32('cosines', [positions, dim / 2], cosines),
        float32('sines', [positions, dim / 2], sines),
        { ...int64('positions', places), dims: [1, positions] },
      ],
      outputs: outputOf(dims),
      read: (/** @type {Float32Array} */ output) => headsLast(output, 1, heads, positions, dim),
    };
  };

/** @param {number} positions @param {number} dim */
function anglesOf(positions, dim) {
  const half = dim / 2;
  const angles = Array.from({ length: positions * half }, (_, i) => Math.floor(i / half) * rotaryBase ** ((-2 * (i % half)) / dim));
  return { sines: Float32Array.from(angles, Math.sin), cosines: Float32Array.from(angles, Math.cos) };
}
