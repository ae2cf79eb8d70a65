/**
 * The public names of fovea/tfjs/layers, re-exports only.
 * @module
 */
export { AdditiveAttention, type AdditiveAttentionArgs } from './additive-attention.js';
export { Attention, type AttentionArgs } from './attention.js';
export type { AttentionCellArgs } from './attention-cell.js';
export type { AttentionLayerArgs } from './attention-layer.js';
export { AttentionMemory, type AttentionMemoryArgs } from './attention-memory.js';
export { AttentionPooling, type AttentionPoolingArgs } from './attention-pooling.js';
export { BahdanauCell, type BahdanauCellArgs } from './bahdanau-cell.js';
export { CBAM, type CBAMArgs } from './cbam.js';
export { GroupQueryAttention, type GroupQueryAttentionArgs } from './group-query-attention.js';
export type { HeadsLayerArgs } from './heads-layer.js';
export { LuongCell, type LuongCellArgs } from './luong-cell.js';
export type { MapsLayerArgs } from './maps-layer.js';
export { MultiHeadAttention, type MultiHeadAttentionArgs } from './multi-head-attention.js';
export { SpatialAttention, type SpatialAttentionArgs } from './spatial-attention.js';
export { SqueezeExcite, type SqueezeExciteArgs } from './squeeze-excite.js';
export type { LayerArgs, WeightArgs } from './weights.js';
