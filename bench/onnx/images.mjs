// @ts-check
/** squeezeExcite and spatialAttention as models have them, on `[b, c, h, w]`. */
import { hiddenOf, kernelSize } from '../inputs.mjs';
import { channelsFirst, channelsLast } from '../layouts.mjs';
import { float32, int64, outputOf } from './graph.mjs';

/** @import { ImageCase, Inputs } from '../types.js' */
/** @import { Graph, Node } from './types.js' */

/** @param {ImageCase} item @param {Inputs} inputs @returns {Graph} */
export function squeezeExcite(item, { x, reduce, expand }) {
  const channels = item.shape[3];
  const hidden = hiddenOf(channels);
  return imageGraph(
    item,
    x,
    [float32('reduce', [channels, hidden], reduce), float32('expand', [hidden, channels], expand), int64('axes', [2, 3])],
    [
      { operator: 'GlobalAveragePool', takes: ['x'], gives: ['pooled'] },
      { operator: 'Flatten', takes: ['pooled'], gives: ['means'] },
      { operator: 'MatMul', takes: ['means', 'reduce'], gives: ['reduced'] },
      { operator: 'Relu', takes: ['reduced'], gives: ['hidden'] },
      { operator: 'MatMul', takes: ['hidden', 'expand'], gives: ['logits'] },
      { operator: 'Sigmoid', takes: ['logits'], gives: ['rows'] },
      { operator: 'Unsqueeze', takes: ['rows', 'axes'], gives: ['weights'] },
    ],
  );
}

/** @param {ImageCase} item @param {Inputs} inputs @returns {Graph} */
export function spatialAttention(item, { x, kernel }) {
  const half = (kernelSize - 1) / 2;
  const attributes = { kernel_shape: [kernelSize, kernelSize], pads: [half, half, half, half] };
  return imageGraph(
    item,
    x,
    [float32('kernel', [1, 2, kernelSize, kernelSize], channelsFirst(kernel, 1, kernelSize ** 2, 2)), int64('axes', [1])],
    [
      { operator: 'ReduceMean', attributes: { keepdims: 1 }, takes: ['x', 'axes'], gives: ['means'] },
      { operator: 'ReduceMax', attributes: { keepdims: 1 }, takes: ['x', 'axes'], gives: ['maxima'] },
      { operator: 'Concat', attributes: { axis: 1 }, takes: ['means', 'maxima'], gives: ['maps'] },
      { operator: 'Conv', attributes, takes: ['maps', 'kernel'], gives: ['logits'] },
      { operator: 'Sigmoid', takes: ['logits'], gives: ['weights'] },
    ],
  );
}

/** Nodes that make weights, and x times them. @param {ImageCase} item @param {Float32Array} x @param {NonNullable<Graph['constants']>} constants @param {readonly Node[]} nodes @returns {Graph} */
function imageGraph({ shape: [batch, height, width, channels] }, x, constants, nodes) {
  const dims = [batch, channels, height, width];
  return {
    nodes: [...nodes, { operator: 'Mul', takes: ['x', 'weights'], gives: ['output'] }],
    inputs: [float32('x', dims, channelsFirst(x, batch, height * width, channels))],
    constants,
    outputs: outputOf(dims),
    read: (output) => channelsLast(output, batch, height * width, channels),
  };
}
