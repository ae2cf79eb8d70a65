/**
 * What a checked call looks like: every default filled in, every relation held, every tensor a view. Backends read plans and
 * write into their `out`; nothing below a plan reads an option, allocates a result or phrases a message about an argument.
 * @module
 */
import type { Activation, CacheDType, DType, PackedDType } from '../types.js';

/** A tensor as the backends read it: strides and offset in elements, a stride of 0 where it broadcasts. */
export interface View<D extends ArrayBufferView = Float32Array> {
  readonly data: D;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Numbers in one of the float dtypes; the half types as their bits. */
export type Floats = Float32Array | Uint16Array;

/** What every attention has, wherever its keys and values lie. */
export interface AttentionRules<Op extends AttentionOp = AttentionOp, Keys extends View<Floats> | undefined = View<Floats> | undefined> {
  readonly op: Op;
  readonly batch: number;
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly queryLength: number;
  readonly keyLength: number;
  readonly headDim: number;
  readonly valueDim: number;
  /** Of q. */
  readonly dtype: DType;
  readonly outDtype: DType;
  readonly score: ScoreKind;
  /** Of k: headDim, but where a score's weights bring q and k to one width. */
  readonly keyDim: number;
  /** Width of what an additive score takes the tanh of; else 0. */
  readonly units: number;
  /** Of rbf. */
  readonly gamma: number;
  /** `[queryHeads, headDim, keyDim]` of a general score, `[queryHeads, headDim, units]` of an additive one; none: q is that product. */
  readonly queryWeight: View | undefined;
  /** `[queryHeads, keyDim, units]` of an additive score; none: k is that product. */
  readonly keyWeight: View | undefined;
  /** `[queryHeads, units]` of an additive score. */
  readonly scoreBias: View | undefined;
  readonly scoreVector: View | undefined;
  readonly scale: number;
  /** 0: none. */
  readonly softcap: number;
  /** Keys seen before i + queryOffset; Infinity: no bound. */
  readonly windowLeft: number;
  /** Keys seen after i + queryOffset; Infinity: no bound. `causal` is min(right, 0). */
  readonly windowRight: number;
  readonly queryOffset: number;
  /** `[batch]`; holds instead of queryOffset when given. */
  readonly queryOffsets: Int32Array | undefined;
  /** `[batch, head, sequence, feature]`, whatever the layout was. */
  readonly q: View<Floats>;
  /** In the dtype of q; none where they lie in a cache. */
  readonly k: Keys;
  readonly v: Keys;
  readonly out: View<Floats>;
  /** Strides of `[batch, query head, query, key]`. */
  readonly mask: View<Uint8Array> | undefined;
  readonly bias: View | undefined;
  readonly alibi: Float32Array | undefined;
  readonly sinks: Float32Array | undefined;
  readonly keyLengths: Int32Array | undefined;
  readonly queryLengths: Int32Array | undefined;
  /** `[batch, queryHeads, queryLength, keyLength]`, row-major. */
  readonly weights: Float32Array | undefined;
  /** `[batch, queryHeads, queryLength]`, row-major. */
  readonly logSumExp: Float32Array | undefined;
}

export type ScoreKind = 'dot' | 'cosine' | 'euclidean' | 'rbf' | 'general' | 'additive';

export type AttentionOp = 'attention' | 'cacheAttention' | 'attentionBackward';

export type AttentionPlan = AttentionRules<'attention', View<Floats>>;

/** The gradients of an attention of the same arguments; `out` and `logSumExp`, what it gave, are read. */
export interface BackwardPlan extends AttentionRules<'attentionBackward', View<Floats>> {
  readonly logSumExp: Float32Array;
  /** Of the shape of out. */
  readonly dOut: View<Floats>;
  readonly dOutDtype: DType;
  /** Of the shapes of q, k and v, in their dtype. */
  readonly dQuery: View<Floats>;
  readonly dKey: View<Floats>;
  readonly dValue: View<Floats>;
  /** Strides of all scores, 0 where the bias broadcasts; added to. */
  readonly dBias: View | undefined;
  /** `[batch, queryHeads]`, row-major. */
  readonly dSinks: Float32Array | undefined;
  /** Of the score's weights, with strides as those have: 0 where the heads share one. */
  readonly dQueryWeight: View | undefined;
  readonly dKeyWeight: View | undefined;
  readonly dScoreBias: View | undefined;
  readonly dScoreVector: View | undefined;
}

/** Where the tokens of one row of a cache lie: blocks as plan/blocks.ts lays them out. */
export interface CacheRow {
  /** Position of the first token of the first block. */
  readonly first: number;
  readonly blocks: readonly Uint8Array[];
}

/** Attention over a cache; keyLengths are the tokens of its rows, and none before its row's `first` is seen. */
export interface CacheAttentionPlan extends AttentionRules<'cacheAttention', undefined> {
  readonly cacheDtype: CacheDType;
  readonly blockTokens: number;
  readonly keyLengths: Int32Array;
  readonly rows: readonly CacheRow[];
}

/** New tokens into the blocks of a cache: each row's from its position on. */
export interface AppendPlan {
  readonly op: 'append';
  readonly batch: number;
  readonly kvHeads: number;
  /** Tokens. */
  readonly length: number;
  readonly headDim: number;
  readonly valueDim: number;
  /** Of k and v. */
  readonly dtype: DType;
  readonly cacheDtype: CacheDType;
  readonly blockTokens: number;
  /** `[batch, head, token, feature]`, whatever the layout was. */
  readonly k: View<Floats>;
  readonly v: View<Floats>;
  /** `[batch]`: where token 0 goes. */
  readonly positions: Int32Array;
  readonly rows: readonly CacheRow[];
}

/**
 * A packed matrix: `[panel, k, panelColumns]` without gaps, the last panel filled up with zeros. As a view it is one row of so many
 * elements, the same for the whole batch.
 */
export interface Panels extends View<Floats | Uint8Array> {
  readonly panelColumns: number;
  /** int8 lies in a `Uint8Array`. */
  readonly dtype: PackedDType;
  /** Of int8: a number a column, padding included. */
  readonly scales: Float32Array | undefined;
}

export interface MatmulPlan {
  readonly op: 'matmul';
  /** What the caller called, for errors; none is matmul. */
  readonly name?: 'matmul' | 'linear';
  /** Sizes of the batch dimensions, at most 6. */
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Of a, and of b unless it is packed. */
  readonly dtype: DType;
  readonly outDtype: DType;
  /** Strides of `[...batch, row, column]`, a transposed operand's already swapped. */
  readonly a: View<Floats>;
  readonly b: View<Floats> | Panels;
  readonly out: View<Floats>;
  /** One stride, along n. */
  readonly bias: View | undefined;
  readonly activation: Activation | 'none';
}

export interface SoftmaxPlan {
  readonly op: 'softmax';
  /** What the caller called, for errors; none is softmax. */
  readonly name?: 'softmax' | 'softmin';
  /** Sizes of all dimensions but the axis, at most 7. */
  readonly outer: readonly number[];
  /** Of the axis. */
  readonly length: number;
  readonly dtype: DType;
  readonly outDtype: DType;
  /** Negative for softmin. */
  readonly scale: number;
  /** Strides of `[...outer, axis]`. */
  readonly x: View<Floats>;
  readonly out: View<Floats>;
  readonly mask: View<Uint8Array> | undefined;
}

export interface MergePlan {
  readonly op: 'merge';
  readonly batch: number;
  readonly heads: number;
  readonly queryLength: number;
  readonly valueDim: number;
  readonly dtype: DType;
  readonly outDtype: DType;
  /** output `[batch, head, query, feature]`; logSumExp `[batch, head, query]`. */
  readonly parts: readonly { readonly output: View<Floats>; readonly logSumExp: View }[];
  readonly sinks: Float32Array | undefined;
  readonly out: View<Floats>;
  /** `[batch, heads, queryLength]`, row-major. */
  readonly logSumExp: Float32Array;
}

export type Conversion = 'toFloat16' | 'fromFloat16' | 'toBfloat16' | 'fromBfloat16';

export interface ConvertPlan {
  readonly op: 'convert';
  /** What the caller called, for errors. */
  readonly name: string;
  /** Sizes of all dimensions but the last, at most 7. */
  readonly outer: readonly number[];
  /** Of the last dimension. */
  readonly length: number;
  readonly dtype: DType;
  readonly outDtype: DType;
  /** Strides of `[...outer, last]`. */
  readonly x: View<Floats>;
  readonly out: View<Floats>;
}

/** Rows along the last dimension, each brought to mean 0 and variance 1, or to a root mean square of 1. */
export interface NormPlan {
  readonly op: 'norm';
  readonly name: 'layerNorm' | 'rmsNorm';
  /** Sizes of all dimensions but the last, at most 7. */
  readonly outer: readonly number[];
  /** Of the last dimension. */
  readonly length: number;
  readonly dtype: DType;
  readonly outDtype: DType;
  /** Whether the mean is taken off. */
  readonly centered: boolean;
  readonly epsilon: number;
  /** Strides of `[...outer, last]`. */
  readonly x: View<Floats>;
  readonly out: View<Floats>;
  /** One stride; 1 where there is none. */
  readonly gamma: View | undefined;
  /** One stride; 0 where there is none. */
  readonly beta: View | undefined;
}

/** What the gradients along an axis are read from and written to. */
interface GradientPlan {
  /** Sizes of all dimensions but the axis, at most 7. */
  readonly outer: readonly number[];
  /** Of the axis. */
  readonly length: number;
  readonly dtype: DType;
  readonly dOutDtype: DType;
  readonly outDtype: DType;
  /** Strides of `[...outer, axis]`, as of the others: what went into the op whose gradient it is; of softmax what came out. */
  readonly x: View<Floats>;
  /** The gradient of what came out. */
  readonly dOut: View<Floats>;
  /** That of what went in. */
  readonly out: View<Floats>;
}

/** out = scale · x · (dOut − Σ x · dOut), x being what softmax gave. */
export interface SoftmaxBackwardPlan extends GradientPlan {
  readonly op: 'softmaxBackward';
  readonly scale: number;
}

/** The gradients of a norm. */
export interface NormBackwardPlan extends GradientPlan {
  readonly op: 'normBackward';
  readonly name: 'layerNormBackward' | 'rmsNormBackward';
  readonly centered: boolean;
  readonly epsilon: number;
  /** One stride, as of the next ones; 1 where there is none. */
  readonly gamma: View | undefined;
  readonly dGamma: View;
  readonly dBeta: View | undefined;
}

/** out = dOut · activation′(x). */
export interface ActivateBackwardPlan extends GradientPlan {
  readonly op: 'activateBackward';
  /** What the caller called, for errors. */
  readonly name: string;
  readonly activation: Activation;
}

/** Mean and maximum of x · factor along the columns, 0 where there are none. */
export interface PoolPlan {
  readonly op: 'pool';
  /** What the caller called, for errors. */
  readonly name: string;
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  /** Strides of `[batch, row, column]`. */
  readonly x: View;
  /** `[batch, column]`; 1 where there is none. */
  readonly factor: View | undefined;
  /** `[batch, row]` */
  readonly mean: View;
  readonly max: View;
}

/** out = x · y · z + plus. */
export interface MultiplyPlan {
  readonly op: 'multiply';
  /** What the caller called, for errors. */
  readonly name: string;
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  /** Strides of `[batch, row, column]`, as of all others. */
  readonly x: View;
  readonly out: View;
  readonly y: View | undefined;
  /** The same for all columns of a row: its last stride is 0. */
  readonly z: View | undefined;
  readonly plus: View | undefined;
}

/** How the places of a grid, and those of a filter at each of them, lie along one side of an image. */
export interface PatchSide {
  /** Of the image. */
  readonly pixels: number;
  /** Of the grid. */
  readonly places: number;
  /** Of the filter. */
  readonly taps: number;
  /** Place i of the grid, tap j: i · step + j · dilation + offset, in steps of 1 / gap of a pixel; what falls between two pixels is 0. */
  readonly step: number;
  readonly dilation: number;
  readonly offset: number;
  readonly gap: number;
}

/**
 * out = activation(P · b + bias), where row m of P is what a filter covers at place m of a grid over images (image, then y, then x), column k
 * a number of it (row and column of the filter, then channel), 0 past the image; or the same with P transposed.
 */
export interface PatchesPlan {
  readonly op: 'patches';
  /** What the caller called, for errors. */
  readonly name: string;
  readonly images: number;
  readonly channels: number;
  readonly height: PatchSide;
  readonly width: PatchSide;
  /** Of P. */
  readonly rows: number;
  readonly columns: number;
  /** Columns of b and out. */
  readonly n: number;
  readonly transposed: boolean;
  readonly activation: Activation | 'none';
  /** Strides of `[image, row, column, channel]`. */
  readonly x: View;
  /** `[columns, n]`, where P is transposed `[rows, n]` */
  readonly b: View;
  /** `[rows, n]`, where P is transposed `[columns, n]` */
  readonly out: View;
  /** `[n]` */
  readonly bias: View | undefined;
}

/** Maps → one map: out = bias + a convolution that flips nothing, as wide as x, with zeros around it. */
export interface ConvolvePlan {
  readonly op: 'convolve';
  /** What the caller called, for errors. */
  readonly name: string;
  readonly batch: number;
  readonly maps: number;
  readonly height: number;
  readonly width: number;
  /** Odd. */
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly bias: number;
  readonly activation: Activation | 'none';
  /** Strides of `[batch, map, row, column]`. */
  readonly x: View;
  /** `[maps, kernelHeight, kernelWidth]`, row-major. */
  readonly kernel: Float32Array;
  /** `[batch, row, column]` */
  readonly out: View;
}

/** Each element put through a function. */
export interface ActivatePlan {
  readonly op: 'activate';
  /** The function, which is what the caller called. */
  readonly name: Activation;
  /** Sizes of all dimensions but the last, at most 7. */
  readonly outer: readonly number[];
  /** Of the last dimension. */
  readonly length: number;
  readonly dtype: DType;
  readonly outDtype: DType;
  /** Strides of `[...outer, last]`. */
  readonly x: View<Floats>;
  readonly out: View<Floats>;
}

/** Rows along the last dimension, each pair of their numbers turned by an angle. */
export interface RotaryPlan {
  readonly op: 'rotary';
  /** Sizes of all dimensions but the last, at most 7. */
  readonly outer: readonly number[];
  /** Of the last dimension, even. */
  readonly length: number;
  readonly dtype: DType;
  readonly outDtype: DType;
  /** Whether pairs are neighbours, not the halves of a row side by side. */
  readonly interleaved: boolean;
  /** Strides of `[...outer, last]`. */
  readonly x: View<Floats>;
  readonly out: View<Floats>;
  /** For each row the cosines of its pairs' angles, then their sines; 0 along all dimensions but that of the positions. */
  readonly table: View;
}

export type Plan =
  | AttentionPlan
  | CacheAttentionPlan
  | BackwardPlan
  | AppendPlan
  | MatmulPlan
  | SoftmaxPlan
  | MergePlan
  | ConvertPlan
  | NormPlan
  | PoolPlan
  | MultiplyPlan
  | PatchesPlan
  | ConvolvePlan
  | ActivatePlan
  | RotaryPlan
  | SoftmaxBackwardPlan
  | NormBackwardPlan
  | ActivateBackwardPlan;
