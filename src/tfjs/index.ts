/**
 * The public names of fovea/tfjs, re-exports only.
 * @module
 */
export { attention, attentionWeights, type TfAttentionOptions, type TfScore } from './attention.js';
export { multiHeadAttention, type TfMultiHeadAttentionOptions, type TfProjection } from './multi-head-attention.js';
export { layerNorm, rmsNorm, type TfLayerNormOptions, type TfRmsNormOptions } from './norm.js';
export { backend, type TfjsBackendInfo } from './report.js';
export { rotary, type TfRotaryOptions } from './rotary.js';
