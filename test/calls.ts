/** A call of an op as data: what a row of the table builds, what the oracle answers and what every backend runs. */
import {
  attention,
  attentionAsync,
  fromBfloat16,
  fromBfloat16Async,
  fromFloat16,
  fromFloat16Async,
  gelu,
  geluAsync,
  layerNorm,
  layerNormAsync,
  layerNormBackward,
  layerNormBackwardAsync,
  matmul,
  matmulAsync,
  mergeAttention,
  mergeAttentionAsync,
  packMatrix,
  relu,
  reluAsync,
  rmsNorm,
  rmsNormAsync,
  rmsNormBackward,
  rmsNormBackwardAsync,
  rotary,
  rotaryAsync,
  sigmoid,
  sigmoidAsync,
  softmax,
  softmaxAsync,
  softmaxBackward,
  softmaxBackwardAsync,
  softmin,
  softminAsync,
  tanh,
  tanhAsync,
  toBfloat16,
  toBfloat16Async,
  toFloat16,
  toFloat16Async,
} from '../src/index.js';
import type {
  Activation,
  ActivationOptions,
  AsyncOptions,
  AttentionOptions,
  AttentionPart,
  ConvertOptions,
  FloatData,
  LayerNormBackwardOptions,
  LayerNormOptions,
  MatmulOptions,
  MergeOptions,
  PackMatrixOptions,
  RmsNormBackwardOptions,
  RmsNormOptions,
  RotaryOptions,
  SoftmaxBackwardOptions,
  SoftmaxOptions,
  Tensor,
  TensorData,
} from '../src/types.js';
import { type CacheCall, runCache, runCacheAsync } from './cached.js';

export interface AttentionCall {
  readonly op: 'attention';
  readonly q: Tensor<FloatData>;
  readonly k: Tensor<FloatData>;
  readonly v: Tensor<FloatData>;
  readonly options: AttentionOptions<FloatData>;
}

export interface MatmulCall {
  readonly op: 'matmul';
  readonly a: Tensor<FloatData>;
  readonly b: Tensor<FloatData>;
  /** b is packed first, so. */
  readonly pack?: PackMatrixOptions;
  readonly options: MatmulOptions<FloatData>;
}

export interface SoftmaxCall {
  readonly op: 'softmax' | 'softmin';
  readonly x: Tensor<FloatData>;
  readonly options: SoftmaxOptions<FloatData>;
}

export type NormCall =
  | { readonly op: 'layerNorm'; readonly x: Tensor<FloatData>; readonly options: LayerNormOptions<FloatData> }
  | { readonly op: 'rmsNorm'; readonly x: Tensor<FloatData>; readonly options: RmsNormOptions<FloatData> };

export interface SoftmaxBackwardCall {
  readonly op: 'softmaxBackward';
  readonly y: Tensor<FloatData>;
  readonly dOutput: Tensor<FloatData>;
  readonly options: SoftmaxBackwardOptions<FloatData>;
}

export type NormBackwardCall = {
  readonly x: Tensor<FloatData>;
  readonly dOutput: Tensor<FloatData>;
} & (
  | { readonly op: 'layerNormBackward'; readonly options: LayerNormBackwardOptions<FloatData> }
  | { readonly op: 'rmsNormBackward'; readonly options: RmsNormBackwardOptions<FloatData> }
);

export interface ActivationCall {
  readonly op: 'activation';
  readonly name: Activation;
  readonly x: Tensor<FloatData>;
  readonly options: ActivationOptions<FloatData>;
}

export interface RotaryCall {
  readonly op: 'rotary';
  readonly x: Tensor<FloatData>;
  readonly options: RotaryOptions<FloatData>;
}

export interface MergeCall {
  readonly op: 'merge';
  readonly parts: readonly AttentionPart[];
  readonly options: MergeOptions<FloatData>;
}

/** To a half type, and from one. */
export type ConvertCall = {
  readonly op: 'convert';
} & (
  | { readonly name: 'toFloat16' | 'toBfloat16'; readonly x: Tensor; readonly options: ConvertOptions<Uint16Array> }
  | { readonly name: 'fromFloat16' | 'fromBfloat16'; readonly x: Tensor<Uint16Array>; readonly options: ConvertOptions<Float32Array> }
);

export type Call =
  | AttentionCall
  | CacheCall
  | MatmulCall
  | SoftmaxCall
  | SoftmaxBackwardCall
  | NormBackwardCall
  | NormCall
  | ActivationCall
  | RotaryCall
  | MergeCall
  | ConvertCall;

const activations = { relu, gelu, tanh, sigmoid };
const activationTwins = { relu: reluAsync, gelu: geluAsync, tanh: tanhAsync, sigmoid: sigmoidAsync };

/** Results by name: output, and weights and logSumExp where the call gives them. */
export type Results = Record<string, Tensor<FloatData>>;

const named = (result: { output: Tensor<FloatData>; weights?: Tensor; logSumExp?: Tensor }): Results => ({ ...result });

/** Runs the call on the backend that is set. */
export function run(call: Call): Results {
  switch (call.op) {
    case 'attention':
      return named(attention(call.q, call.k, call.v, call.options));
    case 'cache':
      return runCache(call);
    case 'matmul':
      return { output: multiplied(call) };
    case 'softmax':
      return { output: softmax(call.x, call.options) };
    case 'softmin':
      return { output: softmin(call.x, call.options) };
    case 'layerNorm':
      return { output: layerNorm(call.x, call.options) };
    case 'rmsNorm':
      return { output: rmsNorm(call.x, call.options) };
    case 'softmaxBackward':
      return { dX: softmaxBackward(call.y, call.dOutput, call.options) };
    case 'layerNormBackward':
      return { ...layerNormBackward(call.x, call.dOutput, call.options) };
    case 'rmsNormBackward':
      return { ...rmsNormBackward(call.x, call.dOutput, call.options) };
    case 'activation':
      return { output: activations[call.name](call.x, call.options) };
    case 'rotary':
      return { output: rotary(call.x, call.options) };
    case 'merge':
      return named(mergeAttention(call.parts, call.options));
    case 'convert':
      return { output: converted(call) };
  }
}

function multiplied({ a, b, pack, options }: MatmulCall): Tensor<FloatData> {
  if (!pack) return matmul(a, b, options);
  const packed = packMatrix(b, pack);
  const result = matmul(a, packed, options);
  packed.dispose();
  return result;
}

/** A packed b is disposed of while the twin runs, which changes nothing for it. */
async function multipliedAsync({ a, b, pack, options }: MatmulCall, more: AsyncOptions): Promise<Tensor<FloatData>> {
  if (!pack) return matmulAsync(a, b, { ...options, ...more });
  const packed = packMatrix(b, pack);
  const result = matmulAsync(a, packed, { ...options, ...more });
  packed.dispose();
  return result;
}

/** The same by the promise twin. */
export async function runAsync(call: Call, options: AsyncOptions = {}): Promise<Results> {
  switch (call.op) {
    case 'attention':
      return named(await attentionAsync(call.q, call.k, call.v, { ...call.options, ...options }));
    case 'cache':
      return runCacheAsync(call, options);
    case 'matmul':
      return { output: await multipliedAsync(call, options) };
    case 'softmax':
      return { output: await softmaxAsync(call.x, { ...call.options, ...options }) };
    case 'softmin':
      return { output: await softminAsync(call.x, { ...call.options, ...options }) };
    case 'layerNorm':
      return { output: await layerNormAsync(call.x, { ...call.options, ...options }) };
    case 'rmsNorm':
      return { output: await rmsNormAsync(call.x, { ...call.options, ...options }) };
    case 'softmaxBackward':
      return { dX: await softmaxBackwardAsync(call.y, call.dOutput, { ...call.options, ...options }) };
    case 'layerNormBackward':
      return { ...(await layerNormBackwardAsync(call.x, call.dOutput, { ...call.options, ...options })) };
    case 'rmsNormBackward':
      return { ...(await rmsNormBackwardAsync(call.x, call.dOutput, { ...call.options, ...options })) };
    case 'activation':
      return { output: await activationTwins[call.name](call.x, { ...call.options, ...options }) };
    case 'rotary':
      return { output: await rotaryAsync(call.x, { ...call.options, ...options }) };
    case 'merge':
      return named(await mergeAttentionAsync(call.parts, { ...call.options, ...options }));
    case 'convert':
      return { output: await convertedLater(call, options) };
  }
}

function converted(call: ConvertCall): Tensor<FloatData> {
  switch (call.name) {
    case 'toFloat16':
      return toFloat16(call.x, call.options);
    case 'toBfloat16':
      return toBfloat16(call.x, call.options);
    case 'fromFloat16':
      return fromFloat16(call.x, call.options);
    case 'fromBfloat16':
      return fromBfloat16(call.x, call.options);
  }
}

function convertedLater(call: ConvertCall, options: AsyncOptions): Promise<Tensor<FloatData>> {
  switch (call.name) {
    case 'toFloat16':
      return toFloat16Async(call.x, { ...call.options, ...options });
    case 'toBfloat16':
      return toBfloat16Async(call.x, { ...call.options, ...options });
    case 'fromFloat16':
      return fromFloat16Async(call.x, { ...call.options, ...options });
    case 'fromBfloat16':
      return fromBfloat16Async(call.x, { ...call.options, ...options });
  }
}

/** Every array that the call may only read. */
export function inputsOf(call: Call): TensorData[] {
  switch (call.op) {
    case 'attention':
    case 'cache': {
      const { score, mask, bias, alibi, sinks, queryLengths, queryOffset } = call.options;
      const weights = typeof score === 'object' ? Object.values<unknown>(score).filter(isTensor) : [];
      const keyLengths = call.op === 'attention' ? call.options.keyLengths : undefined;
      const offsets = typeof queryOffset === 'number' ? undefined : queryOffset;
      const tensors = [call.q, call.k, call.v, mask, bias, ...weights].map((tensor) => tensor?.data);
      return [...tensors, alibi, sinks, keyLengths, queryLengths, offsets].filter(given);
    }
    case 'matmul':
      return [call.a.data, call.b.data, call.options.bias?.data].filter(given);
    case 'softmax':
    case 'softmin':
      return [call.x.data, call.options.mask?.data].filter(given);
    case 'layerNorm':
      return [call.x.data, call.options.gamma?.data, call.options.beta?.data].filter(given);
    case 'rmsNorm':
      return [call.x.data, call.options.gamma?.data].filter(given);
    case 'softmaxBackward':
      return [call.y.data, call.dOutput.data];
    case 'layerNormBackward':
    case 'rmsNormBackward':
      return [call.x.data, call.dOutput.data, call.options.gamma?.data].filter(given);
    case 'merge':
      return [...call.parts.flatMap((part) => [part.output.data, part.logSumExp.data]), call.options.sinks].filter(given);
    case 'rotary':
      return [call.x.data, call.options.positions].filter(given);
    case 'convert':
    case 'activation':
      return [call.x.data];
  }
}

function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'shape' in value;
}

function given<T>(value: T | undefined): value is T {
  return value !== undefined;
}
