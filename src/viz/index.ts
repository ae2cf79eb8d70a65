/**
 * The public names of fovea/viz, re-exports only.
 * @module
 */
export { type AlignmentOptions, alignment } from './alignment.js';
export { type EntropyOptions, entropy } from './entropy.js';
export { type HeadViewOptions, headView } from './head-view.js';
export { type HeatmapOptions, heatmap } from './heatmap.js';
export { type HeatmapPngOptions, heatmapPng } from './heatmap-png.js';
export type { ImageFile, ImagePixels } from './image.js';
export type { Interpolation } from './interpolate.js';
export { type OverlayOptions, type OverlayPngOptions, overlay, overlayPng } from './overlay.js';
export type { Aggregate, PictureOptions, Theme } from './picture-options.js';
export { type HeadFusion, type RolloutOptions, rollout } from './rollout.js';
export type { LayerWeights } from './weights.js';
