/**
 * The public words: tensors and the options of every op. Imports nothing of ours.
 * @module
 */

/** Types of numbers that tensors hold; masks are `Uint8Array`, ids and lengths `Int32Array`. */
export type DType = 'float32' | 'float16' | 'bfloat16';

/** A `Float16Array`, named by its shape so that these types also compile where the library has none. */
export interface Float16Data {
  readonly BYTES_PER_ELEMENT: number;
  readonly buffer: ArrayBufferLike;
  readonly byteLength: number;
  readonly byteOffset: number;
  readonly length: number;
  readonly [Symbol.toStringTag]: 'Float16Array';
  [index: number]: number;
}

/** Arrays that hold float32, float16 or bfloat16 numbers (the half types as bits in a `Uint16Array`). */
export type FloatData = Float32Array | Uint16Array | Float16Data;

/** Where the result of inputs in a `D` lies when no `out` is given: an array of the same kind, in memory of its own. */
export type ResultData<D extends FloatData> = D extends Float32Array ? Float32Array : D extends Uint16Array ? Uint16Array : D;

/**
 * Where a result lies: in the arrays of `out` (O), or as {@link ResultData} says when no `out` is given. The exported option types
 * have no `out` unless they are told of what: `AttentionOptions<Float32Array>`.
 */
export type OutData<D extends FloatData, O extends FloatData> = [O] extends [never] ? ResultData<D> : O;

/** Arrays that a {@link Tensor} may lie in. */
export type TensorData = FloatData | Uint8Array | Int32Array;

/** An n-dimensional view of a typed array; strides and offset are counted in elements. */
export interface Tensor<D extends TensorData = Float32Array> {
  readonly data: D;
  /** Sizes, outermost first; `[]` is a scalar. */
  readonly shape: readonly number[];
  /** Elements between neighbours along each dimension, non-negative. @default row-major */
  readonly strides?: readonly number[] | undefined;
  /** First element. @default 0 */
  readonly offset?: number | undefined;
  /** Needed for a `Uint16Array` ('float16' or 'bfloat16'), inferred otherwise. */
  readonly dtype?: DType | undefined;
}

/** Order of the dimensions of q, k, v, out and output: heads before the sequence, or after it. */
export type Layout = 'bhsd' | 'bshd';

/** Order of the dimensions of images: `[b, h, w, c]` or `[b, c, h, w]`. */
export type ImageLayout = 'nhwc' | 'nchw';

/** The weights of a linear map, x · weight + bias, float32. */
export interface Linear {
  /** `[in, out]` */
  readonly weight: Tensor;
  /** `[out]` @default 0 */
  readonly bias?: Tensor | undefined;
}

/**
 * What every promise twin takes beside its op's own options. `out` is always borrowed: until the promise settles it must not
 * be read, written to, transferred or resized.
 */
export interface AsyncOptions {
  /** Rejects with `ERR_ABORTED` when it fires; what `out` then holds is unspecified. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Copy the inputs before the promise is returned, so that the caller may do anything with them. `false` borrows them:
   * until the promise settles they must not be written to, transferred or resized. @default true
   */
  readonly copy?: boolean | undefined;
}

/** What numbers are put through: max(x, 0), x·Φ(x) (exactly, by no approximation with tanh), tanh x, 1/(1 + e^−x). */
export type Activation = 'relu' | 'gelu' | 'tanh' | 'sigmoid';

/** Options of `relu`, `gelu`, `tanh` and `sigmoid`. */
export interface ActivationOptions<O extends FloatData = never> {
  /** Written instead of allocating: the exact shape, float32 or the dtype of x. */
  readonly out?: Tensor<O> | undefined;
}

/** Options of `matmul`. */
export interface MatmulOptions<O extends FloatData = never> {
  /** Read a as `[…, k, m]`. @default false */
  readonly transposeA?: boolean | undefined;
  /** Read b as `[…, n, k]`. @default false */
  readonly transposeB?: boolean | undefined;
  /** float32 `[n]`, added to every row. */
  readonly bias?: Tensor | undefined;
  /** Applied to the float32 sum, after the bias and before the result is rounded to its dtype. @default none */
  readonly activation?: Activation | undefined;
  /** Written instead of allocating: the exact shape, float32 or the dtype of a and b. */
  readonly out?: Tensor<O> | undefined;
}

/** What `packMatrix` may keep numbers as. */
export type PackedDType = 'float32' | 'bfloat16' | 'int8';

/** Options of `packMatrix`. */
export interface PackMatrixOptions {
  /** Read b as `[n, k]`. @default false */
  readonly transpose?: boolean | undefined;
  /** What it is kept as: the fewer bytes, the faster a product of few rows, and the coarser. @default 'float32' */
  readonly dtype?: PackedDType | undefined;
}

/** A constant matrix as the kernels want it, made by `packMatrix` and given to `matmul` in place of b. */
export interface PackedMatrix extends DisposableBySymbol {
  /** `[k, n]`, whatever was transposed. */
  readonly shape: readonly [number, number];
  readonly dtype: PackedDType;
  /** Bytes of memory that it takes; 0 once disposed of. */
  readonly bytes: number;
  /** Gives the memory back; calls that run end well, any later one is ERR_DISPOSED. Twice is once. */
  dispose(): void;
}

/** Options of `softmax` and `softmin`. */
export interface SoftmaxOptions<O extends FloatData = never> {
  /** Axis to normalise; negative counts from the end. @default -1 */
  readonly axis?: number | undefined;
  /** Multiplies x before the exponential. @default 1 */
  readonly scale?: number | undefined;
  /** Boolean, non-zero = take part; broadcasts from the right to the shape of x. */
  readonly mask?: Tensor<Uint8Array> | undefined;
  /** Written instead of allocating: the exact shape, float32 or the dtype of x. */
  readonly out?: Tensor<O> | undefined;
}

/** Options of `rmsNorm`. */
export interface RmsNormOptions<O extends FloatData = never> {
  /** float32 `[d]`, d being the last size of x: multiplies each row. @default 1 */
  readonly gamma?: Tensor | undefined;
  /** Added to the mean square, so that a row of zeros gives zeros. @default 1e-6 */
  readonly epsilon?: number | undefined;
  /** Written instead of allocating: the exact shape, float32 or the dtype of x. */
  readonly out?: Tensor<O> | undefined;
}

/** Options of `layerNorm`. */
export interface LayerNormOptions<O extends FloatData = never> extends RmsNormOptions<O> {
  /** float32 `[d]`, added to each row at the end. @default 0 */
  readonly beta?: Tensor | undefined;
  /** Added to the variance, so that a row of equal numbers gives beta. @default 1e-5 */
  readonly epsilon?: number | undefined;
}

/** Options of `softmaxBackward`. */
export interface SoftmaxBackwardOptions<O extends FloatData = never> {
  /** That of the softmax. @default -1 */
  readonly axis?: number | undefined;
  /** That of the softmax; of a softmin with the other sign. @default 1 */
  readonly scale?: number | undefined;
  /** Written instead of allocating: the exact shape, float32 or the dtype of y. */
  readonly out?: Tensor<O> | undefined;
}

/** What `rmsNormBackward` returns. */
export interface RmsNormGradients<D extends FloatData = Float32Array> {
  /** In the shape and dtype of x. */
  readonly dX: Tensor<D>;
  /** `[d]` */
  readonly dGamma: Tensor;
}

/** What `layerNormBackward` returns. */
export interface LayerNormGradients<D extends FloatData = Float32Array> extends RmsNormGradients<D> {
  /** `[d]` */
  readonly dBeta: Tensor;
}

/** Options of `rmsNormBackward`. */
export interface RmsNormBackwardOptions<O extends FloatData = never> {
  /** That of the norm. @default 1 */
  readonly gamma?: Tensor | undefined;
  /** That of the norm. @default 1e-6 */
  readonly epsilon?: number | undefined;
  /** Any of the results, written instead of allocating: the exact shapes; dX float32 or of the dtype of x. */
  readonly out?: OutOf<RmsNormGradients<O>> | undefined;
}

/** Options of `layerNormBackward`. */
export interface LayerNormBackwardOptions<O extends FloatData = never> {
  /** That of the norm. @default 1 */
  readonly gamma?: Tensor | undefined;
  /** That of the norm. @default 1e-5 */
  readonly epsilon?: number | undefined;
  /** Any of the results, written instead of allocating: the exact shapes; dX float32 or of the dtype of x. */
  readonly out?: OutOf<LayerNormGradients<O>> | undefined;
}

/** Where results by several names go, those that the caller wants somewhere. */
export type OutOf<Results> = { readonly [Name in keyof Results]?: Results[Name] | undefined };

/**
 * How alike a query and a key are: q·k, q·k / max(‖q‖‖k‖, 1e−12), −‖q − k‖², exp(−gamma·‖q − k‖²), q·W·k (Luong 2015), or
 * v·tanh(q·Wq + k·Wk + b) (Bahdanau 2014). Weights are float32, shared by the heads or with a leading `[hq]`.
 */
export type Score =
  | 'dot'
  | 'cosine'
  | 'euclidean'
  | {
      readonly kind: 'rbf';
      /** Above 0. */
      readonly gamma: number;
    }
  | {
      readonly kind: 'general';
      /** W `[d, dk]`; k may be of another width than q. */
      readonly weight: Tensor;
    }
  | {
      readonly kind: 'additive';
      /** Wq `[d, u]`. @default q is that product already: d is u */
      readonly queryWeight?: Tensor | undefined;
      /** Wk `[dk, u]`; k may be of another width than q. @default k is that product already: dk is u */
      readonly keyWeight?: Tensor | undefined;
      /** `[u]` */
      readonly v: Tensor;
      /** b `[u]`. @default 0 */
      readonly bias?: Tensor | undefined;
    };
/** Options of `rotary`. */
export interface RotaryOptions<O extends FloatData = never> {
  /** Pair i of d/2 is turned by position · base^(−2i/d). @default 10000 */
  readonly base?: number | undefined;
  /** `[s]`, any whole numbers. @default 0, 1, 2, … s − 1 */
  readonly positions?: Int32Array | undefined;
  /** Pairs are the elements 2i and 2i + 1, as in the paper; otherwise i and i + d/2. @default false */
  readonly interleaved?: boolean | undefined;
  /** Where the sequence is: `[…, s, d]` or `[…, s, h, d]`. @default 'bhsd' */
  readonly layout?: Layout | undefined;
  /** Written instead of allocating: the exact shape, float32 or the dtype of x. */
  readonly out?: Tensor<O> | undefined;
}

/** Options of `embedding`. */
export interface EmbeddingOptions<O extends FloatData = never> {
  /** Written instead of allocating: the shape of ids and then d, float32 or the dtype of the table. */
  readonly out?: Tensor<O> | undefined;
}

/** Options of `sinusoidalPositions`. */
export interface SinusoidalOptions {
  /** All sines of a row before its cosines; otherwise each sine beside its cosine, as in the paper. @default false */
  readonly halves?: boolean | undefined;
}

/** A tensor as `readSafetensors` gives it: `dtype` tells which. */
export type SafetensorsTensor =
  | (Tensor<Float32Array> & { readonly dtype: 'float32' })
  | (Tensor<Uint16Array> & { readonly dtype: 'float16' | 'bfloat16' })
  | (Tensor<Int32Array> & { readonly dtype?: undefined })
  | (Tensor<Uint8Array> & { readonly dtype?: undefined });

/** Options of `linear`. */
export interface LinearOptions<O extends FloatData = never> {
  /** float32 `[out]`, added to every row. */
  readonly bias?: Tensor | undefined;
  /** Applied to the float32 sum, after the bias and before the result is rounded to its dtype. @default none */
  readonly activation?: Activation | undefined;
  /** Written instead of allocating: the exact shape, float32 or the dtype of x. */
  readonly out?: Tensor<O> | undefined;
}

/** What `linearBackward` returns. */
export interface LinearGradients<D extends FloatData = Float32Array, W extends FloatData = D> {
  /** In the shape and dtype of x. */
  readonly dX: Tensor<D>;
  /** In the shape and dtype of the weight. */
  readonly dWeight: Tensor<W>;
  /** `[out]` */
  readonly dBias: Tensor;
}

/** Options of `linearBackward`. */
export interface LinearBackwardOptions<O extends FloatData = never, W extends FloatData = never> {
  /** That of the layer: counts where there is an activation. */
  readonly bias?: Tensor | undefined;
  /** That of the layer. @default none */
  readonly activation?: Activation | undefined;
  /** Any of the results, written instead of allocating: the exact shapes; dX and dWeight float32 or of the dtype of x. */
  readonly out?: OutOf<LinearGradients<O, W>> | undefined;
}

/** What an option that asks for more may be. `undefined` counts: `true | undefined` promises nothing. */
export type Asked = boolean | undefined;

/** Options of `attention`. All boolean rules (mask, causal, window, lengths, a bias of −Infinity) hold together. */
export interface AttentionOptions<O extends FloatData = never, W extends Asked = Asked, L extends Asked = Asked> {
  /** What of a query and a key is softmaxed. @default 'dot' */
  readonly score?: Score | undefined;
  /** Multiplies the scores. @default 1/√d for 'dot', 1 for every other score */
  readonly scale?: number | undefined;
  /** Boolean, non-zero = attend; broadcasts from the right to `[b, hq, sq, skv]`. */
  readonly mask?: Tensor<Uint8Array> | undefined;
  /** float32, added to the scores; broadcasts as the mask does; −Infinity masks. */
  readonly bias?: Tensor | undefined;
  /** Query i sees keys j ≤ i + queryOffset. @default false */
  readonly causal?: boolean | undefined;
  /** Where query 0 stands among the keys, for all or one a batch row. @default skv − sq */
  readonly queryOffset?: number | Int32Array | undefined;
  /** `[left, right]`: keys from i + queryOffset − left to i + queryOffset + right; `Infinity` = no bound. */
  readonly window?: readonly [number, number] | undefined;
  /** `[b]`: keys at or past the length are masked; does not move queryOffset. */
  readonly keyLengths?: Int32Array | undefined;
  /** `[b]`: queries at or past the length are not computed: output 0, weights 0, logSumExp −Infinity. */
  readonly queryLengths?: Int32Array | undefined;
  /** c > 0: scores become c·tanh(score/c). */
  readonly softcap?: number | undefined;
  /** `[hq]` slopes: subtracts slope·|j − (i + queryOffset)|. */
  readonly alibi?: Float32Array | undefined;
  /** `[hq]`: one more logit a head, in the denominator only. */
  readonly sinks?: Float32Array | undefined;
  /** @default 'bhsd' */
  readonly layout?: Layout | undefined;
  /** Also return the weights `[b, hq, sq, skv]`. @default false */
  readonly returnWeights?: W;
  /** Also return logSumExp `[b, hq, sq]`, sinks included. @default false */
  readonly returnLogSumExp?: L;
  /** Written instead of allocating: the shape of output, float32 or the dtype of q. */
  readonly out?: Tensor<O> | undefined;
}

/** What `attention` returns: weights where W (`returnWeights`) is true, logSumExp where L (`returnLogSumExp`) is. */
export type AttentionResult<O extends FloatData = Float32Array, W extends Asked = Asked, L extends Asked = Asked> = {
  readonly output: Tensor<O>;
} & ([W] extends [true] ? { readonly weights: Tensor } : { readonly weights?: Tensor }) &
  ([L] extends [true] ? { readonly logSumExp: Tensor } : { readonly logSumExp?: Tensor });

/** One part of the keys, as `attention(…, { returnLogSumExp: true })` gives it. */
export interface AttentionPart<D extends FloatData = FloatData> {
  readonly output: Tensor<D>;
  readonly logSumExp: Tensor;
}

/** What `attentionBackward` gives gradients of on demand. */
export type GradientName = 'bias' | 'sinks' | 'score';

/** Options of `attentionBackward`: those of the attention, which is not run again, and what gradients are wanted beside those of q, k and v. */
export interface AttentionBackwardOptions<O extends FloatData = FloatData>
  extends Omit<AttentionOptions, 'out' | 'returnWeights' | 'returnLogSumExp'> {
  /** @default none */
  readonly gradients?: readonly GradientName[] | undefined;
  /** Where the gradients of q, k and v are written: of their shapes and dtype, any strides, apart from every input and each other. @default new memory */
  readonly out?: GradientsOut<O> | undefined;
}

/** Tensors to write to; what is not named here is written to new memory. */
export interface GradientsOut<O extends FloatData = Float32Array> {
  readonly dQuery?: Tensor<O> | undefined;
  readonly dKey?: Tensor<O> | undefined;
  readonly dValue?: Tensor<O> | undefined;
}

/** What `attentionBackward` returns. */
export interface AttentionGradients<D extends FloatData = Float32Array> {
  /** In the shape, dtype and layout of q; the others alike. */
  readonly dQuery: Tensor<D>;
  readonly dKey: Tensor<D>;
  readonly dValue: Tensor<D>;
  /** In the bias's own shape. */
  readonly dBias?: Tensor;
  /** `[hq]` */
  readonly dSinks?: Float32Array;
  readonly dScore?: ScoreGradients;
}

/** Of the weights of a general or additive score, those that the call has: float32, each in its own shape. */
export interface ScoreGradients {
  readonly weight?: Tensor;
  readonly queryWeight?: Tensor;
  readonly keyWeight?: Tensor;
  readonly v?: Tensor;
  readonly bias?: Tensor;
}

/** Options of `mergeAttention`. */
export interface MergeOptions<O extends FloatData = never> {
  /** Layout of the outputs. @default 'bhsd' */
  readonly layout?: Layout | undefined;
  /** `[hq]`: the sinks that the parts were computed without. */
  readonly sinks?: Float32Array | undefined;
  /** Written instead of allocating: the shape of the outputs, float32 or their dtype. */
  readonly out?: Tensor<O> | undefined;
}

/** Options of `toFloat16`, `fromFloat16`, `toBfloat16` and `fromBfloat16`. */
export interface ConvertOptions<O extends FloatData = never> {
  /** Written instead of allocating: the exact shape, in the dtype that the function gives. */
  readonly out?: Tensor<O> | undefined;
}

/** What a `KVCache` may keep its keys and values as. */
export type CacheDType = DType | 'int8';

/** Options of `KVCache`. */
export interface KVCacheOptions {
  /** Rows, each a sequence of its own length. */
  readonly batch: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** @default headDim */
  readonly valueDim?: number | undefined;
  /** Tokens that a row may hold; with a window, those that it has passed do not count. Memory is taken as tokens come. */
  readonly capacity: number;
  /** What keys and values are kept as. @default 'float32' */
  readonly dtype?: CacheDType | undefined;
  /**
   * `[left, right]` as in attention: what lies further back than `left` is given up, so that memory stays bounded. It holds in
   * each call, together with the call's own.
   */
  readonly window?: readonly [number, number] | undefined;
}

/** Options of `KVCache.append`. */
export interface AppendOptions {
  /** The batch row that grows; k and v are then of this row alone. @default all */
  readonly row?: number | undefined;
  /** Order of the dimensions of k and v. @default 'bhsd' */
  readonly layout?: Layout | undefined;
}

/** Options of `KVCache.truncate`. */
export interface TruncateOptions {
  /** The batch row that is cut. @default all */
  readonly row?: number | undefined;
}

/** Options of `KVCache.attention`: those of `attention`, but that `causal` is true and `queryOffset` length − sq, row by row. */
export interface CacheAttentionOptions<O extends FloatData = never, W extends Asked = Asked, L extends Asked = Asked>
  extends Omit<AttentionOptions<O, W, L>, 'keyLengths' | 'causal' | 'queryOffset'> {
  /** Query i sees keys j ≤ i + queryOffset. @default true */
  readonly causal?: boolean | undefined;
  /** Where query 0 stands among the row's tokens, for all or one a batch row. @default length − sq, row by row */
  readonly queryOffset?: number | Int32Array | undefined;
}

type SymbolOfDispose = SymbolConstructor extends { readonly dispose: infer S extends symbol } ? S : never;

/** `[Symbol.dispose]()`, as `using` calls it, where the library has that symbol; nothing elsewhere, so that these types compile there. */
export type DisposableBySymbol = { readonly [S in SymbolOfDispose]: () => void };

/** What `KVCache.toTensors` gives: the tokens that are kept, 0 where a row has none. */
export interface CacheTensors {
  /** `[batch, kvHeads, s, headDim]`: float32, or the cache's own half type as bits. */
  readonly k: Tensor<Float32Array | Uint16Array>;
  /** `[batch, kvHeads, s, valueDim]` */
  readonly v: Tensor<Float32Array | Uint16Array>;
  /** Position of token 0 of k and v: more than 0 once a window has passed. */
  readonly start: number;
  /** `[batch]` positions after each row's last token. */
  readonly lengths: Int32Array;
}

/** Names of the backends, fastest first. */
export type BackendName = 'native' | 'wasm' | 'reference';

/** What runs, and why. */
export interface BackendInfo {
  readonly name: BackendName;
  /** Instruction set that the kernels were compiled for: 'avx512', 'relaxed-simd', 'js', … */
  readonly target: string;
  /** Threads one call uses. */
  readonly threads: number;
  /** One sentence: why this one. */
  readonly reason: string;
  /** Every better one, with the error that kept it out. */
  readonly rejected: readonly { readonly name: string; readonly target?: string; readonly error: Error }[];
}

/**
 * What the wasm can be made of: its bytes, a `Response` that brings them, where to fetch them (in Node also a path), or a
 * compiled `WebAssembly.Module` (`object` here, so that these types also compile where the library has no WebAssembly).
 */
export type WasmSource = ArrayBuffer | Uint8Array | URL | string | object;

/** Options of `init`. */
export interface InitOptions {
  /** Used instead of the file that comes with fovea: for places that cannot fetch or read it. @default that file */
  readonly wasm?: WasmSource | undefined;
}

/** Options of `setBackend`. */
export interface SetBackendOptions {
  /** Instruction set, by its name in {@link BackendInfo}. @default the best that works */
  readonly target?: string | undefined;
}
