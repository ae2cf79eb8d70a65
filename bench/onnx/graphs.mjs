// @ts-check
/**
 * Each case as a graph, of one operator where there is one, with the tensors in the order that it likes best: what a model exported for it would
 * hand over. Bringing them there is not timed.
 */
import { additive, refusedByAdditive } from './additive.mjs';
import { attention, groupQuery, multiHead, refusedByGroupQuery, refusedByMultiHead } from './attention.mjs';
import { convolution } from './convolution.mjs';
import { narrowed } from './graph.mjs';
import { spatialAttention, squeezeExcite } from './images.mjs';
import { matmul, softmax } from './matmul.mjs';
import { gelu, layerNormalization, rmsNormalization, rotaryEmbedding } from './rows.mjs';

/** @import { Inputs, MatmulCase } from '../types.js' */

/** Operators, or graphs, that onnxruntime has for our cases; `refuses` says in words what one cannot do. */
export const operators = {
  MatMul: {
    op: 'matmul',
    refuses: narrowed,
    graph: (/** @type {MatmulCase} */ item, /** @type {Inputs} */ inputs) => matmul(item, inputs, false),
  },
  'MatMul constant B': {
    op: 'matmul',
    refuses: narrowed,
    graph: (/** @type {MatmulCase} */ item, /** @type {Inputs} */ inputs) => matmul(item, inputs, true),
  },
  Softmax: { op: 'softmax', refuses: narrowed, graph: softmax },
  Attention: { op: 'attention', refuses: narrowed, graph: attention },
  MultiHeadAttention: { op: 'attention', refuses: refusedByMultiHead, graph: multiHead },
  GroupQueryAttention: { op: 'attention', refuses: refusedByGroupQuery, graph: groupQuery },
  'Tanh graph': { op: 'attention', refuses: refusedByAdditive, graph: additive },
  LayerNormalization: { op: 'layerNorm', refuses: narrowed, graph: layerNormalization },
  RMSNormalization: { op: 'rmsNorm', refuses: narrowed, graph: rmsNormalization('RMSNormalization') },
  SimplifiedLayerNormalization: { op: 'rmsNorm', refuses: narrowed, graph: rmsNormalization('SimplifiedLayerNormalization') },
  RotaryEmbedding: { op: 'rotary', refuses: narrowed, graph: rotaryEmbedding('') },
  'RotaryEmbedding com.microsoft': { op: 'rotary', refuses: narrowed, graph: rotaryEmbedding('com.microsoft') },
  Gelu: { op: 'gelu', refuses: narrowed, graph: gelu },
  'GlobalAveragePool graph': { op: 'squeezeExcite', refuses: narrowed, graph: squeezeExcite },
  'ReduceMean, ReduceMax graph': { op: 'spatialAttention', refuses: narrowed, graph: spatialAttention },
  Conv: { op: 'convolution', refuses: narrowed, graph: convolution },
};
