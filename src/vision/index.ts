/**
 * fovea/vision: attention over channels, pixels and regions of images.
 * @module
 */
export { type Attention2dOptions, type Attention2dResult, attention2d, attention2dAsync } from './attention2d.js';
export { type CbamOptions, type CbamResult, cbam, cbamAsync } from './cbam.js';
export { type EfficientChannelOptions, efficientChannel, efficientChannelAsync } from './efficient-channel.js';
export { type NonLocalOptions, type NonLocalResult, nonLocal, nonLocalAsync } from './non-local.js';
export { type SpatialAttentionOptions, spatialAttention, spatialAttentionAsync } from './spatial-attention.js';
export { type SqueezeExciteOptions, squeezeExcite, squeezeExciteAsync } from './squeeze-excite.js';
export type { Weighted } from './weighted.js';
