/**
 * The public names of fovea/seq2seq, re-exports only.
 * @module
 */
export { type AttentionPoolOptions, type AttentionPoolResult, attentionPool, attentionPoolAsync } from './attention-pool.js';
export type { Memory } from './memory.js';
export {
  type MemoryOptions,
  SequenceAttention,
  type SequenceResult,
  type StepOptions,
  type StepResult,
} from './sequence-attention.js';
export type { AdditiveScore, ConcatScore, DotScore, GeneralScore, SequenceAttentionOptions } from './sequence-score.js';
