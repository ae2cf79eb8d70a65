/**
 * The public names, re-exports only.
 * @module
 */
export { backend, init, setBackend } from './backend/select.js';
export { setThreads } from './backend/threads.js';
export { embedding } from './encode/embedding.js';
export { readSafetensors } from './encode/read-safetensors.js';
export { sinusoidalPositions } from './encode/sinusoidal-positions.js';
export { FoveaError, type FoveaErrorCode } from './errors.js';
export { gelu, geluAsync, relu, reluAsync, sigmoid, sigmoidAsync, tanh, tanhAsync } from './ops/activate.js';
export { attention, attentionAsync } from './ops/attention.js';
export { attentionBackward, attentionBackwardAsync } from './ops/attention-backward.js';
export {
  fromBfloat16,
  fromBfloat16Async,
  fromFloat16,
  fromFloat16Async,
  toBfloat16,
  toBfloat16Async,
  toFloat16,
  toFloat16Async,
} from './ops/convert.js';
export { KVCache } from './ops/kv-cache.js';
export { linear, linearAsync } from './ops/linear.js';
export { linearBackward, linearBackwardAsync } from './ops/linear-backward.js';
export { matmul, matmulAsync } from './ops/matmul.js';
export { mergeAttention, mergeAttentionAsync } from './ops/merge.js';
export { layerNorm, layerNormAsync, rmsNorm, rmsNormAsync } from './ops/norm.js';
export { layerNormBackward, layerNormBackwardAsync, rmsNormBackward, rmsNormBackwardAsync } from './ops/norm-backward.js';
export { packMatrix } from './ops/pack-matrix.js';
export { rotary, rotaryAsync } from './ops/rotary.js';
export { softmax, softmaxAsync, softmin, softminAsync } from './ops/softmax.js';
export { softmaxBackward, softmaxBackwardAsync } from './ops/softmax-backward.js';
export { tensor } from './ops/tensor.js';
export type { MultiHeadForwardOptions } from './transformers/forward-options.js';
export type { MultiHeadAttentionOptions, Projection } from './transformers/heads.js';
export { MultiHeadAttention } from './transformers/multi-head-attention.js';
export type { TorchOptions } from './transformers/torch.js';
export type * from './types.js';
