/** The public types: what fits, what comes back, and what does not compile. */
import { describe, expectTypeOf, it } from 'vitest';
import {
  type Activation,
  type ActivationOptions,
  type AsyncOptions,
  type AttentionOptions,
  type AttentionPart,
  type AttentionResult,
  attention,
  attentionAsync,
  attentionBackward,
  attentionBackwardAsync,
  type BackendInfo,
  backend,
  type ConvertOptions,
  type DType,
  type EmbeddingOptions,
  embedding,
  type FloatData,
  FoveaError,
  type FoveaErrorCode,
  fromBfloat16,
  fromBfloat16Async,
  fromFloat16,
  fromFloat16Async,
  gelu,
  geluAsync,
  init,
  KVCache,
  type LayerNormBackwardOptions,
  type LayerNormGradients,
  type LayerNormOptions,
  type LinearBackwardOptions,
  type LinearGradients,
  type LinearOptions,
  layerNorm,
  layerNormAsync,
  layerNormBackward,
  layerNormBackwardAsync,
  linear,
  linearAsync,
  linearBackward,
  linearBackwardAsync,
  type MatmulOptions,
  type MergeOptions,
  MultiHeadAttention,
  type MultiHeadForwardOptions,
  matmul,
  matmulAsync,
  mergeAttention,
  mergeAttentionAsync,
  type PackedMatrix,
  type PackMatrixOptions,
  packMatrix,
  type RmsNormBackwardOptions,
  type RmsNormGradients,
  type RotaryOptions,
  readSafetensors,
  relu,
  reluAsync,
  rmsNorm,
  rmsNormAsync,
  rmsNormBackward,
  rmsNormBackwardAsync,
  rotary,
  rotaryAsync,
  type SafetensorsTensor,
  type ScoreGradients,
  type SinusoidalOptions,
  type SoftmaxBackwardOptions,
  type SoftmaxOptions,
  setBackend,
  sigmoid,
  sigmoidAsync,
  sinusoidalPositions,
  softmax,
  softmaxAsync,
  softmaxBackward,
  softmaxBackwardAsync,
  softmin,
  softminAsync,
  type Tensor,
  tanh,
  tanhAsync,
  tensor,
  toBfloat16,
  toBfloat16Async,
  toFloat16,
  toFloat16Async,
} from '../src/index.js';
import * as seq2seq from '../src/seq2seq/index.js';
import {
  type Attention2dResult,
  attention2d,
  attention2dAsync,
  cbam,
  efficientChannel,
  nonLocal,
  spatialAttentionAsync,
  squeezeExcite,
  type Weighted,
} from '../src/vision/index.js';
import * as viz from '../src/viz/index.js';

declare const floats: Tensor;
declare const halves: Tensor<Uint16Array>;
declare const mask: Tensor<Uint8Array>;
declare const ids: Tensor<Int32Array>;
declare const asked: boolean;

describe('tensors', () => {
  it('a tensor is a typed array with its shape', () => {
    expectTypeOf(tensor(new Float32Array(6), [2, 3])).toEqualTypeOf<Tensor<Float32Array<ArrayBuffer>>>();
    expectTypeOf(tensor(new Uint16Array(6), [2, 3], 'bfloat16')).toExtend<Tensor<Uint16Array>>();
    expectTypeOf<Tensor['data']>().toEqualTypeOf<Float32Array>();
    expectTypeOf({ data: new Float32Array(6), shape: [2, 3] as const, strides: [3, 1], offset: 0 }).toExtend<Tensor>();
    expectTypeOf<DType>().toEqualTypeOf<'float32' | 'float16' | 'bfloat16'>();
    // @ts-expect-error plain arrays are no data
    tensor([1, 2], [2]);
    // @ts-expect-error the dtypes are three
    tensor(new Uint16Array(2), [2], 'int8');
  });

  it('memory may be shared', () => {
    expectTypeOf(tensor(new Float32Array(new SharedArrayBuffer(8)), [2])).toExtend<Tensor>();
  });
});

describe('attention', () => {
  it('gives output in the data of q, weights and logSumExp in float32', () => {
    const result = attention(floats, floats, floats, { returnWeights: true });
    expectTypeOf(result.output.data).toExtend<Float32Array>();
    expectTypeOf(result.weights).toEqualTypeOf<Tensor>();
    expectTypeOf(result.logSumExp).toEqualTypeOf<Tensor | undefined>();
    expectTypeOf(attention(halves, halves, halves).output.data).toExtend<Uint16Array>();
  });

  it('knows less of options that are written elsewhere, but not less of the output', () => {
    const written: AttentionOptions = { causal: true, returnWeights: true };
    const result = attention(floats, floats, floats, written);
    expectTypeOf(result.output.data).toExtend<Float32Array>();
    expectTypeOf(result.weights).toEqualTypeOf<Tensor | undefined>();
    const product: MatmulOptions = { transposeB: true };
    expectTypeOf(matmul(halves, halves, product).data).toExtend<Uint16Array>();
    const normal: SoftmaxOptions = { axis: 0 };
    expectTypeOf(softmax(floats, normal).data).toExtend<Float32Array>();
    const merge: MergeOptions = { layout: 'bshd' };
    expectTypeOf(mergeAttention([{ output: halves, logSumExp: floats }], merge).output.data).toExtend<Uint16Array>();
  });

  it('promises weights only where they are asked for without an if', () => {
    const { weights } = attention(floats, floats, floats, { causal: true, returnWeights: true });
    expectTypeOf(weights.shape).toEqualTypeOf<readonly number[]>();
    const maybe = attention(floats, floats, floats, { returnWeights: asked, returnLogSumExp: asked || undefined });
    expectTypeOf(maybe.weights).toEqualTypeOf<Tensor | undefined>();
    expectTypeOf(maybe.logSumExp).toEqualTypeOf<Tensor | undefined>();
    // @ts-expect-error a part has its logSumExp
    mergeAttention([attention(floats, floats, floats)]);
  });

  it('gives parts that mergeAttention takes', async () => {
    const part = attention(floats, floats, floats, { returnLogSumExp: true });
    const other = await attentionAsync(floats, floats, floats, { returnLogSumExp: true, copy: false });
    expectTypeOf(mergeAttention([part, other]).output.data).toExtend<Float32Array>();
  });

  it('gives output in the data of out', () => {
    expectTypeOf(attention(halves, halves, halves, { out: floats }).output.data).toExtend<Float32Array>();
  });

  it('takes every option, each also as undefined', () => {
    const options: { [K in keyof Required<AttentionOptions>]: AttentionOptions[K] } = {
      score: { kind: 'additive', queryWeight: floats, keyWeight: floats, v: floats, bias: undefined },
      scale: 0.5,
      mask,
      bias: floats,
      causal: true,
      queryOffset: Int32Array.of(0),
      window: [3, Number.POSITIVE_INFINITY],
      keyLengths: Int32Array.of(1),
      queryLengths: Int32Array.of(1),
      softcap: 30,
      alibi: new Float32Array(1),
      sinks: new Float32Array(1),
      layout: 'bshd',
      returnWeights: true,
      returnLogSumExp: undefined,
      out: undefined,
    };
    expectTypeOf(attention(floats, floats, floats, options)).toExtend<AttentionResult<FloatData>>();
  });

  it('refuses what cannot be meant', () => {
    // @ts-expect-error a mask is boolean
    attention(floats, floats, floats, { mask: floats });
    // @ts-expect-error a misspelt option
    attention(floats, floats, floats, { casual: true });
    // @ts-expect-error a score that there is not
    attention(floats, floats, floats, { score: 'manhattan' });
    // @ts-expect-error an rbf without its gamma
    attention(floats, floats, floats, { score: { kind: 'rbf' } });
    // @ts-expect-error an additive score without its vector
    attention(floats, floats, floats, { score: { kind: 'additive', queryWeight: floats } });
    // @ts-expect-error q, k and v have one dtype
    attention(floats, halves, floats);
    // @ts-expect-error ids are no numbers to attend to
    attention(ids, ids, ids);
    // @ts-expect-error a window has two sides
    attention(floats, floats, floats, { window: [3] });
    // @ts-expect-error lengths are an Int32Array
    attention(floats, floats, floats, { keyLengths: [3] });
    // @ts-expect-error a signal belongs to the twin
    attention(floats, floats, floats, { signal: new AbortController().signal });
  });

  it('its twin promises the same, and takes a signal', () => {
    expectTypeOf(
      attentionAsync(floats, floats, floats, { signal: new AbortController().signal, copy: false, causal: true }),
    ).resolves.toEqualTypeOf(attention(floats, floats, floats, { causal: true }));
    expectTypeOf<AsyncOptions>().toEqualTypeOf<{ readonly signal?: AbortSignal | undefined; readonly copy?: boolean | undefined }>();
  });
});

describe('attentionBackward', () => {
  const forward = attention(floats, floats, floats, { returnLogSumExp: true });

  it('gives the dtype of q, k and v, and gradients of the rest in float32', () => {
    const gradients = attentionBackward(floats, floats, floats, forward, floats, { gradients: ['bias', 'sinks', 'score'] });
    expectTypeOf(gradients.dQuery.data).toEqualTypeOf<Float32Array>();
    expectTypeOf(gradients.dScore).toEqualTypeOf<ScoreGradients | undefined>();
    expectTypeOf(gradients.dScore?.keyWeight).toEqualTypeOf<Tensor | undefined>();
    expectTypeOf(attentionBackward(halves, halves, halves, forward, floats).dKey.data).toExtend<Uint16Array>();
    expectTypeOf(attentionBackwardAsync(floats, floats, floats, forward, floats)).resolves.toExtend<{ dValue: Tensor }>();
  });

  it('knows what has a gradient', () => {
    // @ts-expect-error: there is no gradient of a mask
    attentionBackward(floats, floats, floats, forward, floats, { gradients: ['mask'] });
    // @ts-expect-error: nor a call without what the forward pass gave
    attentionBackward(floats, floats, floats, attention(floats, floats, floats), floats);
  });
});

describe('the other ops', () => {
  it('matmul', () => {
    expectTypeOf(matmul(floats, floats, { transposeB: true, bias: floats }).data).toExtend<Float32Array>();
    expectTypeOf(matmul(halves, halves, { out: floats }).data).toExtend<Float32Array>();
    expectTypeOf(matmulAsync(halves, halves)).resolves.toExtend<Tensor<Uint16Array>>();
    expectTypeOf<keyof MatmulOptions>().toEqualTypeOf<'transposeA' | 'transposeB' | 'bias' | 'activation' | 'out'>();
    // @ts-expect-error b has the dtype of a
    matmul(floats, halves);
  });

  it('packMatrix', () => {
    const packed = packMatrix(halves, { transpose: true, dtype: 'int8' });
    expectTypeOf(packed).toEqualTypeOf<PackedMatrix>();
    expectTypeOf(packed.shape).toEqualTypeOf<readonly [number, number]>();
    expectTypeOf(packed.dtype).toEqualTypeOf<'float32' | 'bfloat16' | 'int8'>();
    expectTypeOf(matmul(floats, packed, { bias: floats }).data).toExtend<Float32Array>();
    expectTypeOf(matmul(halves, packed).data).toExtend<Uint16Array>();
    expectTypeOf(matmulAsync(halves, packed, { out: floats })).resolves.toExtend<Tensor>();
    expectTypeOf<keyof PackMatrixOptions>().toEqualTypeOf<'transpose' | 'dtype'>();
    // @ts-expect-error a is no packed matrix
    matmul(packed, floats);
    expectTypeOf(packed.bytes).toBeNumber();
    expectTypeOf(packed.dispose()).toBeVoid();
    // @ts-expect-error it says nothing of what it holds
    packed.data;
    // @ts-expect-error int4 is not kept
    packMatrix(floats, { dtype: 'int4' });
  });

  it('softmax and softmin', () => {
    expectTypeOf(softmax(floats, { axis: 0, mask }).data).toExtend<Float32Array>();
    expectTypeOf(softmin(halves).data).toExtend<Uint16Array>();
    expectTypeOf(softmaxAsync(floats)).resolves.toExtend<Tensor>();
    expectTypeOf(softminAsync(floats, { copy: true })).resolves.toExtend<Tensor>();
    expectTypeOf<keyof SoftmaxOptions>().toEqualTypeOf<'axis' | 'scale' | 'mask' | 'out'>();
  });

  it('layerNorm and rmsNorm', () => {
    expectTypeOf(layerNorm(floats, { gamma: floats, beta: floats, epsilon: 1e-6 }).data).toExtend<Float32Array>();
    expectTypeOf(rmsNorm(halves, { gamma: floats }).data).toExtend<Uint16Array>();
    expectTypeOf(layerNormAsync(floats)).resolves.toExtend<Tensor>();
    expectTypeOf(rmsNormAsync(floats, { copy: true })).resolves.toExtend<Tensor>();
    expectTypeOf<keyof LayerNormOptions>().toEqualTypeOf<'gamma' | 'beta' | 'epsilon' | 'out'>();
    // @ts-expect-error rmsNorm takes nothing off, and adds nothing
    rmsNorm(floats, { beta: floats });
  });

  it('gradients: in the kind of what they are of, or of out', () => {
    expectTypeOf(softmaxBackward(floats, floats, { axis: 0 }).data).toExtend<Float32Array>();
    expectTypeOf(softmaxBackward(halves, floats, { out: floats }).data).toExtend<Float32Array>();
    expectTypeOf(softmaxBackwardAsync(halves, halves, { copy: false })).resolves.toExtend<Tensor<Uint16Array>>();
    const { dX, dGamma, dBeta } = layerNormBackward(halves, floats, { gamma: floats, epsilon: 1e-6, out: { dGamma: floats } });
    expectTypeOf(dX.data).toExtend<Uint16Array>();
    expectTypeOf(dGamma).toEqualTypeOf<Tensor>();
    expectTypeOf(dBeta).toEqualTypeOf<Tensor>();
    expectTypeOf(rmsNormBackward(halves, floats, { out: { dX: floats } }).dX.data).toExtend<Float32Array>();
    expectTypeOf(layerNormBackwardAsync(floats, floats)).resolves.toExtend<LayerNormGradients>();
    expectTypeOf(rmsNormBackwardAsync(floats, floats)).resolves.toExtend<RmsNormGradients>();
    const all = linearBackward(halves, halves, floats, { bias: floats, activation: 'gelu', out: { dWeight: floats } });
    expectTypeOf(all.dX.data).toExtend<Uint16Array>();
    expectTypeOf(all.dWeight.data).toExtend<Float32Array>();
    expectTypeOf(all.dBias).toEqualTypeOf<Tensor>();
    expectTypeOf(linearBackwardAsync(floats, floats, floats)).resolves.toExtend<LinearGradients>();
    expectTypeOf<keyof SoftmaxBackwardOptions>().toEqualTypeOf<'axis' | 'scale' | 'out'>();
    expectTypeOf<keyof LayerNormBackwardOptions>().toEqualTypeOf<'gamma' | 'epsilon' | 'out'>();
    expectTypeOf<keyof RmsNormBackwardOptions>().toEqualTypeOf<'gamma' | 'epsilon' | 'out'>();
    expectTypeOf<keyof LinearBackwardOptions>().toEqualTypeOf<'bias' | 'activation' | 'out'>();
    // @ts-expect-error rmsNorm has no beta, so no gradient of it
    rmsNormBackward(floats, floats).dBeta;
    // @ts-expect-error a packed weight cannot be read transposed
    linearBackward(floats, packMatrix(floats), floats);
  });

  it('relu, gelu, tanh, sigmoid', () => {
    for (const activation of [relu, gelu, tanh, sigmoid]) {
      expectTypeOf(activation(floats).data).toExtend<Float32Array>();
      expectTypeOf(activation(halves, { out: floats }).data).toExtend<Float32Array>();
    }
    for (const activation of [reluAsync, geluAsync, tanhAsync, sigmoidAsync])
      expectTypeOf(activation(halves, { copy: false })).resolves.toExtend<Tensor<Uint16Array>>();
    expectTypeOf<keyof ActivationOptions>().toEqualTypeOf<'out'>();
    expectTypeOf<Activation>().toEqualTypeOf<'relu' | 'gelu' | 'tanh' | 'sigmoid'>();
    // @ts-expect-error a mask is boolean
    relu(mask);
  });

  it('linear', () => {
    expectTypeOf(linear(floats, floats, { bias: floats, activation: 'sigmoid' }).data).toExtend<Float32Array>();
    expectTypeOf(linear(halves, packMatrix(floats)).data).toExtend<Uint16Array>();
    expectTypeOf(linear(halves, halves, { out: floats }).data).toExtend<Float32Array>();
    expectTypeOf(linearAsync(halves, halves)).resolves.toExtend<Tensor<Uint16Array>>();
    expectTypeOf<keyof LinearOptions>().toEqualTypeOf<'bias' | 'activation' | 'out'>();
    // @ts-expect-error one dtype
    linear(floats, halves);
  });

  it('MultiHeadAttention', () => {
    const projection = { weight: floats, bias: floats };
    const weights = { q: projection, k: { weight: packMatrix(floats) }, v: projection, out: projection };
    const layer = new MultiHeadAttention({ embedDim: 8, heads: 2, rotary: {}, weights });
    expectTypeOf(layer.forward(floats).output.data).toExtend<Float32Array>();
    expectTypeOf(layer.forward(halves, halves, halves, { out: floats }).output.data).toExtend<Float32Array>();
    expectTypeOf(layer.forward(floats, floats, floats, { causal: true, returnWeights: true }).weights).toEqualTypeOf<Tensor>();
    expectTypeOf(layer.forwardAsync(halves, halves, halves, { copy: false, returnWeights: true })).resolves.toExtend<{ weights: Tensor }>();
    // @ts-expect-error the twin's
    layer.forward(floats, floats, floats, { copy: false });
    expectTypeOf<keyof MultiHeadForwardOptions>().toExtend<'cache' | keyof AttentionOptions>();
    expectTypeOf(MultiHeadAttention.fromTorch({ in_proj_weight: halves }, { heads: 2, prefix: 'a.' })).toEqualTypeOf<MultiHeadAttention>();
    // @ts-expect-error the layout is its own
    layer.forward(floats, floats, floats, { layout: 'bshd' });
    // @ts-expect-error four weights
    new MultiHeadAttention({ embedDim: 8, heads: 2, weights: { q: projection } });
  });

  it('embedding and sinusoidalPositions', () => {
    expectTypeOf(embedding(ids, floats).data).toExtend<Float32Array>();
    expectTypeOf(embedding(Int32Array.of(1), halves).data).toExtend<Uint16Array>();
    expectTypeOf(embedding(ids, halves, { out: floats }).data).toExtend<Float32Array>();
    expectTypeOf<keyof EmbeddingOptions>().toEqualTypeOf<'out'>();
    expectTypeOf(sinusoidalPositions(3, 4, { halves: true })).toEqualTypeOf<Tensor>();
    expectTypeOf<keyof SinusoidalOptions>().toEqualTypeOf<'halves'>();
    // @ts-expect-error ids are whole numbers
    embedding(floats, floats);
  });

  it('readSafetensors: dtype tells the arrays apart', () => {
    const weight = readSafetensors(new Uint8Array(8)).weight;
    expectTypeOf(readSafetensors(new ArrayBuffer(8))).toEqualTypeOf<Record<string, SafetensorsTensor>>();
    if (weight?.dtype === 'float32') expectTypeOf(linear(floats, weight).data).toExtend<Float32Array>();
    if (weight?.dtype === 'bfloat16') expectTypeOf(weight.data).toExtend<Uint16Array>();
    // @ts-expect-error it may be of any dtype
    weight && linear(floats, weight);
  });

  it('rotary', () => {
    expectTypeOf(
      rotary(floats, { base: 500000, positions: Int32Array.of(7), interleaved: true, layout: 'bshd' }).data,
    ).toExtend<Float32Array>();
    expectTypeOf(rotary(halves, { out: floats }).data).toExtend<Float32Array>();
    expectTypeOf(rotaryAsync(halves)).resolves.toExtend<Tensor<Uint16Array>>();
    expectTypeOf<keyof RotaryOptions>().toEqualTypeOf<'base' | 'positions' | 'interleaved' | 'layout' | 'out'>();
    // @ts-expect-error positions are whole numbers
    rotary(floats, { positions: new Float32Array(3) });
  });

  it('to the half types: bits in a Uint16Array, or what out is made of', () => {
    expectTypeOf(toFloat16(floats)).toEqualTypeOf<Tensor<Uint16Array>>();
    expectTypeOf(toBfloat16(new Float32Array(2))).toEqualTypeOf<Tensor<Uint16Array>>();
    expectTypeOf(toFloat16(floats, { out: halves })).toEqualTypeOf<Tensor<Uint16Array>>();
    expectTypeOf(toFloat16Async(floats, { copy: false })).resolves.toEqualTypeOf<Tensor<Uint16Array>>();
    expectTypeOf(toBfloat16Async(floats, { signal: new AbortController().signal })).resolves.toEqualTypeOf<Tensor<Uint16Array>>();
    expectTypeOf<keyof ConvertOptions>().toEqualTypeOf<'out'>();
    // @ts-expect-error halves are no float32
    toFloat16(halves);
    // @ts-expect-error the result is in a half type
    toBfloat16(floats, { out: floats });
    // @ts-expect-error a misspelt option
    toFloat16(floats, { ot: halves });
    // @ts-expect-error a signal belongs to the twin
    toFloat16(floats, { signal: new AbortController().signal });
  });

  it('from the half types: float32', () => {
    expectTypeOf(fromFloat16(halves)).toEqualTypeOf<Tensor<Float32Array>>();
    expectTypeOf(fromBfloat16(new Uint16Array(2))).toEqualTypeOf<Tensor<Float32Array>>();
    expectTypeOf(fromFloat16(toFloat16(floats), { out: floats })).toEqualTypeOf<Tensor<Float32Array>>();
    expectTypeOf(fromFloat16Async(halves)).resolves.toEqualTypeOf<Tensor<Float32Array>>();
    expectTypeOf(fromBfloat16Async(halves, { copy: true })).resolves.toEqualTypeOf<Tensor<Float32Array>>();
    // @ts-expect-error float32 is no half type
    fromFloat16(floats);
    // @ts-expect-error the result is float32
    fromBfloat16(halves, { out: halves });
  });

  it('mergeAttention takes what attention gives, and gives it again', () => {
    const merged = mergeAttention([{ output: floats, logSumExp: floats }], { sinks: new Float32Array(1) });
    expectTypeOf(merged).toExtend<AttentionPart>();
    expectTypeOf(mergeAttentionAsync([merged])).resolves.toExtend<AttentionPart>();
    // @ts-expect-error a part has its logSumExp
    mergeAttention([{ output: floats }]);
  });
});

describe('KVCache', () => {
  const cache = new KVCache({ batch: 1, kvHeads: 2, headDim: 8, capacity: 16, dtype: 'int8', window: [8, 0] });

  it('is made of sizes, and says them', () => {
    expectTypeOf(cache.dtype).toEqualTypeOf<'float32' | 'float16' | 'bfloat16' | 'int8'>();
    expectTypeOf(cache.window).toEqualTypeOf<readonly [number, number]>();
    expectTypeOf(cache.lengths).toExtend<Int32Array>();
    expectTypeOf(cache.capacity).toBeNumber();
    expectTypeOf(cache.bytes).toBeNumber();
    // @ts-expect-error a cache has a capacity
    new KVCache({ batch: 1, kvHeads: 2, headDim: 8 });
    // @ts-expect-error int4 is not kept
    new KVCache({ batch: 1, kvHeads: 2, headDim: 8, capacity: 16, dtype: 'int4' });
    // @ts-expect-error its sizes stay
    cache.capacity = 32;
  });

  it('append takes k and v of one dtype, for all rows or one', () => {
    expectTypeOf(cache.append(floats, floats)).toBeVoid();
    expectTypeOf(cache.append(halves, halves, { row: 0, layout: 'bshd' })).toBeVoid();
    // @ts-expect-error k and v have one dtype
    cache.append(floats, halves);
    // @ts-expect-error a misspelt option
    cache.append(floats, floats, { rows: 0 });
    // @ts-expect-error a cache has no twin of append
    cache.append(floats, floats, { signal: new AbortController().signal });
  });

  it('attention gives what attention gives, and so does its twin', () => {
    const result = cache.attention(floats, { returnWeights: true });
    expectTypeOf(result.output.data).toExtend<Float32Array>();
    expectTypeOf(result.weights).toEqualTypeOf<Tensor>();
    expectTypeOf(result.logSumExp).toEqualTypeOf<Tensor | undefined>();
    expectTypeOf(cache.attention(halves).output.data).toExtend<Uint16Array>();
    expectTypeOf(cache.attention(halves, { out: floats }).output.data).toExtend<Float32Array>();
    expectTypeOf(cache.attentionAsync(floats, { returnWeights: true, copy: false })).resolves.toEqualTypeOf(result);
    // @ts-expect-error the cache knows the lengths of its rows
    cache.attention(floats, { keyLengths: Int32Array.of(1) });
    // @ts-expect-error a signal belongs to the twin
    cache.attention(floats, { signal: new AbortController().signal });
  });

  it('truncate, reorder, fork, toTensors, dispose', () => {
    expectTypeOf(cache.truncate(3, { row: 0 })).toBeVoid();
    expectTypeOf(cache.reorder([0])).toBeVoid();
    expectTypeOf(cache.reorder(Int32Array.of(0))).toBeVoid();
    expectTypeOf(cache.fork()).toEqualTypeOf<KVCache>();
    expectTypeOf(cache.toTensors().k).toExtend<Tensor<FloatData>>();
    expectTypeOf(cache.toTensors().lengths).toExtend<Int32Array>();
    expectTypeOf(cache.dispose()).toBeVoid();
    // @ts-expect-error rows are numbers
    cache.reorder(['0']);
  });
});

describe('backends and errors', () => {
  it('backend, setBackend, init', () => {
    expectTypeOf(backend()).toEqualTypeOf<BackendInfo>();
    expectTypeOf(backend().name).toEqualTypeOf<'native' | 'wasm' | 'reference'>();
    expectTypeOf(setBackend).parameter(0).toEqualTypeOf<'native' | 'wasm' | 'reference' | 'auto'>();
    expectTypeOf(setBackend('wasm', { target: 'simd' })).toBeVoid();
    expectTypeOf(init()).resolves.toBeVoid();
    // @ts-expect-error there is no such backend
    setBackend('cuda');
  });

  it('errors have a code', () => {
    expectTypeOf(new FoveaError('ERR_SHAPE', 'why')).toExtend<Error>();
    expectTypeOf<FoveaError['code']>().toEqualTypeOf<FoveaErrorCode>();
    // @ts-expect-error codes are a closed list
    new FoveaError('ERR_WRONG', 'why');
  });
});

describe('fovea/viz', () => {
  it('takes weights as attention returns them, and gives text, bytes or tensors', () => {
    const { weights } = attention(floats, floats, floats, { returnWeights: true });
    expectTypeOf(viz.heatmap(weights, { queryTokens: ['a'], theme: 'dark' })).toBeString();
    expectTypeOf(viz.heatmapPng(weights, { range: [0, 1] })).toExtend<Uint8Array>();
    expectTypeOf(viz.alignment(weights, { source: ['a'], target: ['b'] })).toBeString();
    expectTypeOf(viz.overlay(weights, { url: '', width: 1, height: 1 }, { grid: [14, 14] })).toBeString();
    expectTypeOf(viz.overlayPng(weights, { data: new Uint8ClampedArray(4), width: 1, height: 1 })).toExtend<Uint8Array>();
    expectTypeOf(viz.headView([weights, weights])).toBeString();
    expectTypeOf(viz.headView(weights)).toBeString();
    expectTypeOf(viz.entropy(weights, { base: Math.E })).toEqualTypeOf<Tensor>();
    expectTypeOf(viz.rollout([weights], { heads: 'max', residual: 0.5 })).toEqualTypeOf<Tensor>();
  });

  it('refuses what it cannot take', () => {
    // @ts-expect-error weights are float32
    viz.heatmap(halves);
    // @ts-expect-error numbers are no tokens
    viz.heatmap(floats, { queryTokens: [1] });
    // @ts-expect-error there is no such theme
    viz.headView(floats, { theme: 'sepia' });
    // @ts-expect-error a file is no pixels
    viz.overlayPng(floats, { url: '', width: 1, height: 1 });
    // @ts-expect-error there is no such way
    viz.rollout(floats, { heads: 'sum' });
  });
});

describe('fovea/vision', () => {
  const map = { weight: floats, bias: floats };
  const image: Tensor = floats;

  it('weights where they are asked for, and always of channels and pixels', () => {
    expectTypeOf(squeezeExcite(image, { reduce: map, expand: { weight: floats } })).toEqualTypeOf<Weighted>();
    expectTypeOf(efficientChannel(image, { kernel: floats, layout: 'nchw' }).weights).toEqualTypeOf<Tensor>();
    expectTypeOf(spatialAttentionAsync(image, { kernel: floats, copy: false })).resolves.toEqualTypeOf<Weighted>();
    expectTypeOf(cbam(image, { reduce: map, expand: map, kernel: floats, out: floats }).weights.channel).toEqualTypeOf<Tensor>();
    const maps = { theta: map, phi: map, g: map, out: map };
    expectTypeOf(nonLocal(image, maps).weights).toEqualTypeOf<Tensor | undefined>();
    expectTypeOf(nonLocal(image, { ...maps, returnWeights: true }).weights).toEqualTypeOf<Tensor>();
    const heads = { qkv: map, out: map, heads: 2, window: [7, 7], shift: 3 } as const;
    expectTypeOf(attention2d(image, heads).weights).toEqualTypeOf<Tensor | undefined>();
    expectTypeOf(attention2dAsync(image, { ...heads, returnWeights: true, copy: false })).resolves.toEqualTypeOf<Attention2dResult<true>>();
  });

  it('what does not compile', () => {
    // @ts-expect-error the network has two maps
    squeezeExcite(image, { reduce: map });
    // @ts-expect-error images are float32
    efficientChannel(halves, { kernel: floats });
    // @ts-expect-error a window has two sides
    attention2d(image, { qkv: map, out: map, heads: 2, window: [7] });
    // @ts-expect-error a signal belongs to the twin
    cbam(image, { reduce: map, expand: map, kernel: floats, signal: new AbortController().signal });
    // @ts-expect-error out of nonLocal is a linear map
    nonLocal(image, { theta: map, phi: map, g: map, out: floats });
  });
});

describe('fovea/seq2seq', () => {
  it('takes the weights of its score, and gives contexts and weights', async () => {
    const attend = new seq2seq.SequenceAttention({
      score: 'additive',
      stateWeight: floats,
      memoryWeight: floats,
      v: floats,
      bias: undefined,
    });
    const memory = attend.memory(floats, { lengths: new Int32Array(2) });
    expectTypeOf(memory).toEqualTypeOf<seq2seq.Memory>();
    expectTypeOf(memory.shape).toEqualTypeOf<readonly [number, number, number]>();
    const { context, coverage } = attend.step(floats, memory);
    expectTypeOf(context).toEqualTypeOf<Tensor>();
    expectTypeOf(attend.step(floats, memory, { coverage }).weights).toEqualTypeOf<Tensor>();
    expectTypeOf(attend.sequence(floats, memory)).toEqualTypeOf<seq2seq.SequenceResult>();
    expectTypeOf(attend.memoryAsync(floats, { signal: new AbortController().signal })).toEqualTypeOf<Promise<seq2seq.Memory>>();
    expectTypeOf(attend.sequenceAsync(floats, memory, { copy: false })).toEqualTypeOf<Promise<seq2seq.SequenceResult>>();
    new seq2seq.SequenceAttention({ score: 'dot' });
    new seq2seq.SequenceAttention({ score: 'dot', scale: 0.5 });
    new seq2seq.SequenceAttention({ score: 'general', weight: floats });
    new seq2seq.SequenceAttention({ score: 'concat', weight: floats, v: floats });
    const pooled = seq2seq.attentionPool(floats, { weight: floats, context: floats });
    expectTypeOf(pooled).toEqualTypeOf<seq2seq.AttentionPoolResult>();
    expectTypeOf(seq2seq.attentionPoolAsync(floats, { weight: floats, context: floats, copy: false })).resolves.toEqualTypeOf(pooled);
  });

  it('refuses what it cannot take', () => {
    // @ts-expect-error a general score has a weight
    new seq2seq.SequenceAttention({ score: 'general' });
    // @ts-expect-error a dot product has none
    new seq2seq.SequenceAttention({ score: 'dot', weight: floats });
    // @ts-expect-error there is no such score
    new seq2seq.SequenceAttention({ score: 'cosine' });
    const attend = new seq2seq.SequenceAttention({ score: 'dot' });
    // @ts-expect-error states are float32
    attend.memory(halves);
    // @ts-expect-error the states are copied anyway
    attend.memoryAsync(floats, { copy: false });
    // @ts-expect-error a context is needed
    seq2seq.attentionPool(floats, { weight: floats });
  });
});
