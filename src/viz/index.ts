/**
 * The public names of fovea/viz, re-exports only.
 * @module
 */
export { type EntropyOptions, entropy } from './entropy.js';
export { type HeadFusion, type RolloutOptions, rollout } from './rollout.js';
