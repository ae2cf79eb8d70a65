// @ts-check
/** Conv on `[b, c, h, w]`, its filter a constant, as it is in a model. */
import { channelsFirst, channelsLast } from '../layouts.mjs';
import { filterSize } from '../training.mjs';
import { float32, outputOf } from './graph.mjs';

/** @import { ConvolutionCase, Inputs } from '../types.js' */
/** @import { Graph } from './types.js' */

/** @param {ConvolutionCase} item @param {Inputs} inputs @returns {Graph} */
export function convolution({ shape: [batch, height, width, from], channels }, { x, filter }) {
  const attributes = { kernel_shape: [filterSize, filterSize], pads: [1, 1, 1, 1] };
  const rows = channelsFirst(filter, 1, filterSize ** 2 * from, channels); // one for each channel of the result
  const constant = float32('filter', [channels, from, filterSize, filterSize], channelsFirst(rows, channels, filterSize ** 2, from));
  return {
    nodes: [{ operator: 'Conv', attributes, takes: ['x', 'filter'], gives: ['output'] }],
    inputs: [float32('x', [batch, from, height, width], channelsFirst(x, batch, height * width, from))],
    constants: [constant],
    outputs: outputOf([batch, channels, height, width]),
    read: (output) => channelsLast(output, batch, height * width, channels),
  };
}
