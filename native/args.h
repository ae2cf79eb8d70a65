// What crosses the border between TypeScript and the kernels: the order of a call's words, and the structs they are read into.
//
// A call is two lists. The words are float64 numbers: sizes, options, and for every tensor its offset and strides, in elements.
// The buffers are where the tensors lie. src/plan/layout.ts writes both, in the order of the enums below; test/layout.test.ts
// holds the two files together. args.cc reads them and checks that no offset and no product of sizes leaves its buffer:
// memory safety, not manners (those are the plan's, in TypeScript).
#pragma once

#include <cstdint>

namespace fovea {

enum class Status : int32_t {
  ok = 0,
  bad_words = 1,       // too few words, or one that is no whole number in range
  buffer_missing = 2,  // a tensor that the words name has no buffer (or a detached one)
  buffer_short = 3,    // a tensor reaches past the end of its buffer
  misaligned = 4,      // a buffer is not aligned to its element
  out_of_memory = 5,   // scratch could not be had
  aborted = 6,         // cancelled between two tasks
  not_finite = 7,      // int8 would have to hold a number that is not finite
};

/** A stretch of memory that the caller lends; data is null where the call has no such tensor. */
struct Buffer {
  void* data;
  int64_t bytes;
};

struct Words {
  const double* data;
  int64_t count;
};

struct Buffers {
  const Buffer* data;
  int64_t count;
};

/** int8 comes with scales, and no tensor of a call has it: it lies inside caches and packed matrices only. */
enum class DType : int32_t { float32 = 0, float16 = 1, bfloat16 = 2, int8 = 3 };

constexpr int64_t element_bytes(DType dtype) { return dtype == DType::float32 ? 4 : dtype == DType::int8 ? 1 : 2; }

/** Dimensions of a matmul's batch, and of a softmax beside its axis; unused ones come first and are 1, with stride 0. */
constexpr int kMatmulBatchRank = 6;
constexpr int kSoftmaxOuterRank = 7;
constexpr int kConvertOuterRank = 7;
constexpr int kNormOuterRank = 7;
constexpr int kActivateOuterRank = 7;
constexpr int kRotaryOuterRank = 7;

// ---- attention ----

/** [batch, heads, sequence, features] of q, k, v and out; [batch, query head, query, key] of mask and bias. Strides in elements. */
struct View4 {
  void* data;  // null: the call has no such tensor
  DType dtype;
  int64_t batch_stride, head_stride, row_stride, column_stride;
};

/**
 * The blocks of a cache, one list of them a batch row. A block holds the keys, then the values of block_tokens tokens, each [kv_heads,
 * block_tokens, features]; of int8 also their scales, float32 [kv_heads, block_tokens]. Each part begins at a multiple of 64 bytes.
 */
struct Pages {
  const Buffer* blocks;  // of all rows, each checked to be whole; null: this call has none
  const double* rows;    // kPageWordsPerRow words a row, checked
  DType dtype;
  int64_t block_tokens;
  int64_t values, key_scales, value_scales, bytes;  // where a block's parts begin, and its size
};

/** Where the tokens of one row lie. */
struct PageRow {
  int64_t first;  // position of the first token of its first block
  int64_t end;    // position after its last token; of an append, of its first new one
  int64_t begin;  // its first block
};

enum PageWord {
  kPageFirst,
  kPageEnd,
  kPageBegin,
  kPageBlocks,  // how many the row has
  kPageWordsPerRow,
};

inline PageRow page_row(const Pages& pages, int64_t batch) {
  const double* words = pages.rows + kPageWordsPerRow * batch;
  return {static_cast<int64_t>(words[kPageFirst]), static_cast<int64_t>(words[kPageEnd]), static_cast<int64_t>(words[kPageBegin])};
}

/** How alike a query and a key are, before it is multiplied by the scale; formulas in docs/design.md. */
enum class Score : int32_t { dot, cosine, euclidean, rbf, general, additive };

/** A constant of a score, [query head, row, column], float32. Strides in elements; the heads share what has a head_stride of 0. */
struct ScoreWeight {
  const float* data;  // null: the call has no such tensor
  int64_t head_stride, row_stride, column_stride;
};

struct AttentionArgs {
  int64_t batch, query_heads, kv_heads, query_length, key_length, head_dim, value_dim;
  Score score;
  int64_t key_dim;                    // width of k: that of q, unless a score's weights bring both to one
  int64_t units;                      // width of what an additive score takes the tanh of
  float gamma;                        // of rbf
  ScoreWeight query_weight;           // general [d, key_dim], additive [d, units]; without one q is that wide already
  ScoreWeight key_weight;             // additive [key_dim, units]; without one k is that wide already
  ScoreWeight score_bias;             // additive [1, units], or null
  ScoreWeight score_vector;           // additive [1, units]
  int64_t value_share;                // key/value heads that read one head of v: more than one where keys are projected for each query head
  float scale, softcap;               // softcap 0: none
  int64_t window_left, window_right;  // keys seen before and after i + query_offset; kUnbounded: no bound. causal is right = 0
  View4 q, k, v, out;                 // k and v are null where pages hold the keys
  Pages pages;
  View4 mask;                    // uint8_t, non-zero = attend
  View4 bias;                    // float32
  const float* alibi;            // [query_heads] slopes, or null
  const float* sinks;            // [query_heads] logits, or null
  const int32_t* key_lengths;    // [batch], or null
  const int32_t* query_lengths;  // [batch], or null
  const int32_t* query_offsets;  // [batch], or null: query_offset holds for all
  int64_t query_offset;
  float* weights;      // [batch, query_heads, query_length, key_length], or null
  float* log_sum_exp;  // [batch, query_heads, query_length], or null
};

/** Heads of k once a score's weight has been multiplied to them: one for each query head, where these have weights of their own. */
inline int64_t projected_key_heads(const AttentionArgs& args) {
  return args.key_weight.head_stride != 0 ? args.query_heads : args.kv_heads;
}

constexpr int64_t kUnbounded = int64_t{1} << 53;

enum AttentionWord {
  kAttentionBatch,
  kAttentionQueryHeads,
  kAttentionKvHeads,
  kAttentionQueryLength,
  kAttentionKeyLength,
  kAttentionHeadDim,
  kAttentionValueDim,
  kAttentionDtype,
  kAttentionOutDtype,
  kAttentionScale,
  kAttentionSoftcap,
  kAttentionWindowLeft,   // Infinity: no bound
  kAttentionWindowRight,  // Infinity: no bound
  kAttentionQueryOffset,
  kAttentionScore,
  kAttentionKeyDim,
  kAttentionUnits,
  kAttentionGamma,
  kAttentionViews,                                  // q k v out mask bias, each: offset, then 4 strides (zeros where absent)
  kAttentionQueryWeight = kAttentionViews + 6 * 5,  // offset, then 3 strides
  kAttentionKeyWeight = kAttentionQueryWeight + 4,
  kAttentionScoreBias = kAttentionKeyWeight + 4,  // offset, then 2 strides
  kAttentionScoreVector = kAttentionScoreBias + 3,
  kAttentionWords = kAttentionScoreVector + 3,
};

enum AttentionBuffer {
  kAttentionQ,
  kAttentionK,
  kAttentionV,
  kAttentionOut,
  kAttentionMask,
  kAttentionBias,
  kAttentionAlibi,
  kAttentionSinks,
  kAttentionKeyLengths,
  kAttentionQueryLengths,
  kAttentionQueryOffsets,
  kAttentionWeights,
  kAttentionLogSumExp,
  kAttentionQueryWeightBuffer,
  kAttentionKeyWeightBuffer,
  kAttentionScoreBiasBuffer,
  kAttentionScoreVectorBuffer,
  kAttentionBuffers,
};

/** The gradient of a constant of a score, [query head, row, column], float32; the heads share what has a head_stride of 0. */
struct ScoreGradient {
  float* data;  // null: not wanted
  int64_t head_stride, row_stride, column_stride;
};

/** The gradients of an attention, of the same arguments: `out` and `log_sum_exp` are read, what the forward pass gave. */
struct BackwardArgs {
  AttentionArgs forward;
  View4 d_out;                    // of the shape of out
  View4 d_query, d_key, d_value;  // of the shapes of q, k, v, in their dtype
  View4 d_bias;                   // float32, of all scores, with stride 0 where the bias broadcasts; null: not wanted. Added to
  float* d_sinks;                 // [batch, query_heads], or null
  ScoreGradient d_query_weight, d_key_weight, d_score_bias, d_score_vector;  // of the shapes of the score's own
  float* d_vector;  // [batch, query_heads, units]: what d_score_vector is the sum of; there where a score is additive
};

/** The way back through a weight of a score, y = x · weight, of all heads. */
struct ProjectBackwardArgs {
  int64_t batch, heads, x_heads, length;  // heads of y; heads / x_heads of them are made of one head of x
  int64_t width, columns, stride;         // of x, of y, and from one row of d_y to the next: whole panels
  const float* d_y;                       // [batch, heads, length, stride]
  View4 x, d_x;                           // [batch, x_heads, length, width]
  ScoreWeight weight;                     // data null: y is x
  ScoreGradient d_weight;                 // of the shape of weight
};

/** The sum of rows, [batch, heads, length, columns], by heads or of all. */
struct RowSums {
  int64_t batch, heads, length, columns, stride;  // stride: from one row to the next
  const float* rows;
  ScoreGradient sum;  // [query head, 1, columns]
};

/** As attention, then these words and buffers. */
enum BackwardWord {
  kBackwardDOutDtype = kAttentionWords,
  kBackwardViews,                                 // d_out d_query d_key d_value d_bias, each: offset, then 4 strides
  kBackwardQueryWeight = kBackwardViews + 5 * 5,  // these as attention has the weights themselves
  kBackwardKeyWeight = kBackwardQueryWeight + 4,
  kBackwardScoreBias = kBackwardKeyWeight + 4,
  kBackwardScoreVector = kBackwardScoreBias + 3,
  kBackwardWords = kBackwardScoreVector + 3,
};

enum BackwardBuffer {
  kBackwardDOut = kAttentionBuffers,
  kBackwardDQuery,
  kBackwardDKey,
  kBackwardDValue,
  kBackwardDBias,
  kBackwardDSinks,
  kBackwardDQueryWeight,
  kBackwardDKeyWeight,
  kBackwardDScoreBias,
  kBackwardDScoreVector,
  kBackwardBuffers,
};

/** As attention, with no k and v and no key lengths, then these words and buffers. */
enum CacheAttentionWord {
  kCacheAttentionDtype = kAttentionWords,  // of the cache
  kCacheAttentionBlockTokens,
  kCacheAttentionRows,  // kPageWordsPerRow words a row
};

enum CacheAttentionBuffer { kCacheAttentionBlocks = kAttentionBuffers };

// ---- append ----

/** New tokens into the blocks of a cache, rounded to its dtype. */
struct AppendArgs {
  int64_t batch, kv_heads, length, head_dim, value_dim;
  View4 k, v;  // [batch, kv_heads, length, features]
  Pages pages;
};

enum AppendWord {
  kAppendBatch,
  kAppendKvHeads,
  kAppendLength,
  kAppendHeadDim,
  kAppendValueDim,
  kAppendDtype,
  kAppendCacheDtype,
  kAppendBlockTokens,
  kAppendViews,                        // k v, each: offset, then 4 strides
  kAppendRows = kAppendViews + 2 * 5,  // kPageWordsPerRow words a row
};

enum AppendBuffer { kAppendK, kAppendV, kAppendBlocks };

// ---- matmul ----

struct MatrixView {
  void* data;
  DType dtype;
  int64_t batch_strides[kMatmulBatchRank];
  int64_t row_stride, column_stride;
};

/** What a tensor is put through, and a product once the bias is added. */
enum class Activation : int32_t { none = 0, relu = 1, gelu = 2, tanh = 3, sigmoid = 4 };

/**
 * out[m, n] = activation(a[m, k] · b[k, n] + bias[n]), for every index of the batch; transposed operands come as swapped strides.
 *
 * A packed b is one matrix for the whole batch and has no strides: panels of `panel` columns, each [k, panel], the last one filled up
 * with zeros.
 */
struct MatmulArgs {
  int64_t batch[kMatmulBatchRank];
  int64_t m, n, k;
  MatrixView a, b, out;
  int64_t panel;        // 0: b is not packed
  const float* scales;  // of an int8 b, a number a column, the padding's included; else null
  const float* bias;    // null: none
  int64_t bias_stride;
  Activation activation;
};

enum MatmulWord {
  kMatmulM,
  kMatmulN,
  kMatmulK,
  kMatmulDtype,
  kMatmulBDtype,  // of a packed b; else that of a
  kMatmulOutDtype,
  kMatmulActivation,
  kMatmulPanel,                                    // columns of a panel of a packed b, 0: it is none
  kMatmulBatch,                                    // kMatmulBatchRank sizes
  kMatmulViews = kMatmulBatch + kMatmulBatchRank,  // a b out, each: offset, batch strides, row stride, column stride
  kMatmulBiasOffset = kMatmulViews + 3 * (1 + kMatmulBatchRank + 2),
  kMatmulBiasStride,
  kMatmulWords,
};

enum MatmulBuffer { kMatmulA, kMatmulB, kMatmulOut, kMatmulBias, kMatmulScales, kMatmulBuffers };

// ---- softmax ----

struct AxisView {
  void* data;
  DType dtype;
  int64_t outer_strides[kSoftmaxOuterRank];
  int64_t axis_stride;
};

/** out = softmax(scale · x) over one axis, for every index of the outer dimensions; softmin is a negative scale. */
struct SoftmaxArgs {
  int64_t outer[kSoftmaxOuterRank];
  int64_t length;  // of the axis
  float scale;
  AxisView x, out;
  AxisView mask;  // uint8_t, non-zero = take part; data null: none
};

enum SoftmaxWord {
  kSoftmaxLength,
  kSoftmaxDtype,
  kSoftmaxOutDtype,
  kSoftmaxScale,
  kSoftmaxOuter,                                      // kSoftmaxOuterRank sizes
  kSoftmaxViews = kSoftmaxOuter + kSoftmaxOuterRank,  // x out mask, each: offset, outer strides, axis stride
  kSoftmaxWords = kSoftmaxViews + 3 * (1 + kSoftmaxOuterRank + 1),
};

enum SoftmaxBuffer { kSoftmaxX, kSoftmaxOut, kSoftmaxMask, kSoftmaxBuffers };

// ---- convert ----

/** out = x in another dtype, for every index of the outer dimensions and along the last one (the axis). */
struct ConvertArgs {
  int64_t outer[kConvertOuterRank];
  int64_t length;  // of the axis
  AxisView x, out;
};

enum ConvertWord {
  kConvertLength,
  kConvertDtype,
  kConvertOutDtype,
  kConvertOuter,                                      // kConvertOuterRank sizes
  kConvertViews = kConvertOuter + kConvertOuterRank,  // x out, each: offset, outer strides, axis stride
  kConvertWords = kConvertViews + 2 * (1 + kConvertOuterRank + 1),
};

enum ConvertBuffer { kConvertX, kConvertOut, kConvertBuffers };

// ---- norm ----

/**
 * out = (x − μ) / √(σ² + epsilon) · gamma + beta along the last dimension (the axis), for every index of the outer dimensions: by a row's
 * own mean and variance, or with μ = 0 by its root mean square.
 */
struct NormArgs {
  int64_t outer[kNormOuterRank];
  int64_t length;  // of the axis
  bool centered;   // whether μ is the mean
  float epsilon;
  AxisView x, out;
  const float* gamma;  // [length], or null: 1
  int64_t gamma_stride;
  const float* beta;  // [length], or null: 0
  int64_t beta_stride;
};

enum NormWord {
  kNormLength,
  kNormDtype,
  kNormOutDtype,
  kNormCentered,  // 0 or 1
  kNormEpsilon,
  kNormOuter,                                // kNormOuterRank sizes
  kNormViews = kNormOuter + kNormOuterRank,  // x out, each: offset, outer strides, axis stride
  kNormGammaOffset = kNormViews + 2 * (1 + kNormOuterRank + 1),
  kNormGammaStride,
  kNormBetaOffset,
  kNormBetaStride,
  kNormWords,
};

enum NormBuffer { kNormX, kNormOut, kNormGamma, kNormBeta, kNormBuffers };

// ---- the gradients of softmax, of norm and of an activation ----

/** What they are read from and written to, along an axis for every index of the outer dimensions. */
struct GradientViews {
  int64_t outer[kSoftmaxOuterRank];
  int64_t length;  // of the axis
  AxisView x;      // what went in; of softmax what came out
  AxisView d_out;  // the gradient of what came out
  AxisView d_x;
};

/** Each of these calls begins so. */
enum GradientWord {
  kGradientLength,
  kGradientDtype,
  kGradientDOutDtype,
  kGradientDXDtype,
  kGradientOuter,                                       // kSoftmaxOuterRank sizes
  kGradientViews = kGradientOuter + kSoftmaxOuterRank,  // x d_out d_x, each: offset, outer strides, axis stride
  kGradientWords = kGradientViews + 3 * (1 + kSoftmaxOuterRank + 1),
};

enum GradientBuffer { kGradientX, kGradientDOut, kGradientDX, kGradientBuffers };

/** d_x = scale · y · (d_out − Σ y · d_out), y being `x`; where y is 0, d_x is, and d_out does not count. */
struct SoftmaxBackwardArgs {
  GradientViews views;
  float scale;
};

enum SoftmaxBackwardWord { kSoftmaxBackwardScale = kGradientWords, kSoftmaxBackwardWords };

/** The gradients of a norm (NormArgs) with respect to its input, its gamma and its beta. */
struct NormBackwardArgs {
  GradientViews views;
  bool centered;
  float epsilon;
  const float* gamma;  // [length], or null: 1
  int64_t gamma_stride;
  float* d_gamma;  // [length]
  int64_t d_gamma_stride;
  float* d_beta;  // [length], or null: not wanted
  int64_t d_beta_stride;
};

enum NormBackwardWord {
  kNormBackwardCentered = kGradientWords,  // 0 or 1
  kNormBackwardEpsilon,
  kNormBackwardRows,  // gamma d_gamma d_beta, each: offset, stride
  kNormBackwardWords = kNormBackwardRows + 3 * 2,
};

enum NormBackwardBuffer { kNormBackwardGamma = kGradientBuffers, kNormBackwardDGamma, kNormBackwardDBeta, kNormBackwardBuffers };

/** d_x = d_out · activation′(x). */
struct ActivateBackwardArgs {
  GradientViews views;
  Activation activation;
};

enum ActivateBackwardWord { kActivateBackwardActivation = kGradientWords, kActivateBackwardWords };

// ---- pool, multiply, convolve: what convolutional attention does to maps ----

/** float32 [batch, rows, columns]. */
struct Matrices {
  float* data;  // null: the call has no such tensor
  int64_t batch_stride, row_stride, column_stride;
};

/** mean and max of x · factor along the columns; both are 0 where there are none. */
struct PoolArgs {
  int64_t batch, rows, columns;
  Matrices x;
  Matrices factor;     // [batch, columns], the same for all rows; data null: 1
  Matrices mean, max;  // [batch, rows]
};

enum PoolWord {
  kPoolBatch,
  kPoolRows,
  kPoolColumns,
  kPoolX,                       // each: offset, batch, row and column stride
  kPoolFactor = kPoolX + 4,     // offset, batch and column stride
  kPoolMean = kPoolFactor + 3,  // offset, batch and row stride
  kPoolMax = kPoolMean + 3,
  kPoolWords = kPoolMax + 3,
};

enum PoolBuffer { kPoolXBuffer, kPoolFactorBuffer, kPoolMeanBuffer, kPoolMaxBuffer, kPoolBuffers };

/** out = x · y · z + plus, all [batch, rows, columns]. */
struct MultiplyArgs {
  int64_t batch, rows, columns;
  Matrices x, out;
  Matrices y;     // data null: 1
  Matrices z;     // the same for all columns; data null: 1
  Matrices plus;  // data null: 0
};

enum MultiplyWord {
  kMultiplyBatch,
  kMultiplyRows,
  kMultiplyColumns,
  kMultiplyViews,  // x out y z plus, each: offset, batch, row and column stride
  kMultiplyWords = kMultiplyViews + 5 * 4,
};

enum MultiplyBuffer { kMultiplyX, kMultiplyOut, kMultiplyY, kMultiplyZ, kMultiplyPlus, kMultiplyBuffers };

/**
 * out[b, y, x] = bias + Σ over maps m and places (i, j) of the kernel: kernel[m, i, j] · x[b, m, y + i − ⌊kh/2⌋, x + j − ⌊kw/2⌋], what lies
 * outside counting as 0.
 */
struct ConvolveArgs {
  int64_t batch, maps, height, width;
  int64_t kernel_height, kernel_width;  // odd
  float bias;
  Activation activation;
  View4 x;              // float32 [batch, maps, height, width]
  const float* kernel;  // [maps, kernel_height, kernel_width]
  Matrices out;         // [batch, height, width]
};

enum ConvolveWord {
  kConvolveBatch,
  kConvolveMaps,
  kConvolveHeight,
  kConvolveWidth,
  kConvolveKernelHeight,
  kConvolveKernelWidth,
  kConvolveBias,
  kConvolveActivation,
  kConvolveView,                         // x: offset, strides
  kConvolveOutView = kConvolveView + 5,  // offset, strides
  kConvolveWords = kConvolveOutView + 4,
};

enum ConvolveBuffer { kConvolveX, kConvolveOut, kConvolveKernel, kConvolveBuffers };

// ---- patches ----

/** How the places of a grid, and those of a filter at each of them, lie along one side of an image. */
struct PatchSide {
  int64_t pixels;                  // of the image
  int64_t places;                  // of the grid
  int64_t taps;                    // of the filter
  int64_t step, dilation, offset;  // place i of the grid, tap j: i · step + j · dilation + offset, in steps of 1 / gap of a pixel
  int64_t gap;                     // what falls between two pixels is 0
};

/** What a filter covers at each place of a grid, as a matrix [images · height.places · width.places, height.taps · width.taps · channels].
 */
struct Patches {
  int64_t images, channels;
  PatchSide height, width;
  View4 x;  // float32 [images, height.pixels, width.pixels, channels]
};

/** out = activation(P · b + bias) for a matrix of patches P, or its transpose. */
struct PatchesArgs {
  Patches patches;
  bool transposed;
  MatmulArgs product;  // float32, without a
};

enum PatchesWord {
  kPatchesImages,
  kPatchesChannels,
  kPatchesHeight,                      // pixels, places, taps, step, dilation, offset, gap
  kPatchesWidth = kPatchesHeight + 7,  // the same
  kPatchesRows = kPatchesWidth + 7,    // of the matrix of patches: of all places of all images
  kPatchesColumns,                     // all taps of all channels
  kPatchesN,                           // columns of b and out
  kPatchesTransposed,
  kPatchesActivation,
  kPatchesX,                            // offset, strides
  kPatchesBView = kPatchesX + 5,        // [columns, n], of the transpose [rows, n]: offset, strides
  kPatchesOutView = kPatchesBView + 3,  // [rows, n], of the transpose [columns, n]: offset, strides
  kPatchesBiasOffset = kPatchesOutView + 3,
  kPatchesBiasStride,
  kPatchesWords,
};

enum PatchesBuffer { kPatchesXBuffer, kPatchesB, kPatchesOut, kPatchesBias, kPatchesBuffers };

// ---- activate ----

/** out = activation(x), for every index of the outer dimensions and along the last one (the axis). */
struct ActivateArgs {
  int64_t outer[kActivateOuterRank];
  int64_t length;  // of the axis
  Activation activation;
  AxisView x, out;
};

enum ActivateWord {
  kActivateLength,
  kActivateDtype,
  kActivateOutDtype,
  kActivateActivation,
  kActivateOuter,                                        // kActivateOuterRank sizes
  kActivateViews = kActivateOuter + kActivateOuterRank,  // x out, each: offset, outer strides, axis stride
  kActivateWords = kActivateViews + 2 * (1 + kActivateOuterRank + 1),
};

enum ActivateBuffer { kActivateX, kActivateOut, kActivateBuffers };

// ---- rotary ----

/** out = x with each pair of a row turned by its angle, along the last dimension (the axis), for every index of the outer dimensions. */
struct RotaryArgs {
  int64_t outer[kRotaryOuterRank];
  int64_t length;    // of the axis, even
  bool interleaved;  // pairs are (2i, 2i + 1), else (i, i + length / 2)
  AxisView x, out;
  AxisView table;  // float32, axis stride 1: the cosines of a row's pairs, then their sines
};

enum RotaryWord {
  kRotaryLength,
  kRotaryDtype,
  kRotaryOutDtype,
  kRotaryInterleaved,                              // 0 or 1
  kRotaryOuter,                                    // kRotaryOuterRank sizes
  kRotaryViews = kRotaryOuter + kRotaryOuterRank,  // x out table, each: offset, outer strides, axis stride
  kRotaryWords = kRotaryViews + 3 * (1 + kRotaryOuterRank + 1),
};

enum RotaryBuffer { kRotaryX, kRotaryOut, kRotaryTable, kRotaryBuffers };

// ---- merge ----

/** The attention over all keys from the attention over parts of them: out = Σ wₚ·outputₚ, wₚ = exp(logSumExpₚ − logSumExp). */
struct MergeArgs {
  int64_t batch, heads, query_length, value_dim, parts;
  View4 out;
  float* log_sum_exp;  // [batch, heads, query_length]
  const float* sinks;  // [heads], or null
  // Part p's tensors are read one at a time (read_merge_part): there may be any number of them.
  const double* part_words;
  const Buffer* part_buffers;
  DType dtype;
};

struct MergePart {
  View4 output;
  View4 log_sum_exp;  // float32; [batch, head, query], column_stride 0
};

enum MergeWord {
  kMergeBatch,
  kMergeHeads,
  kMergeQueryLength,
  kMergeValueDim,
  kMergeParts,
  kMergeDtype,
  kMergeOutDtype,
  kMergeOut,                        // offset, 4 strides
  kMergePartWords = kMergeOut + 5,  // for each part: output's offset and 4 strides, logSumExp's offset and 3 strides
  kMergeWordsPerPart = 9,
};

enum MergeBuffer {
  kMergeOutBuffer,
  kMergeLogSumExpBuffer,
  kMergeSinksBuffer,
  kMergePartBuffers,  // for each part: output, logSumExp
};

// ---- reading ----

Status read_attention(Words words, Buffers buffers, AttentionArgs* args);
Status read_cache_attention(Words words, Buffers buffers, AttentionArgs* args);
Status read_backward(Words words, Buffers buffers, BackwardArgs* args);
Status read_append(Words words, Buffers buffers, AppendArgs* args);
Status read_matmul(Words words, Buffers buffers, MatmulArgs* args);
Status read_softmax(Words words, Buffers buffers, SoftmaxArgs* args);
Status read_convert(Words words, Buffers buffers, ConvertArgs* args);
Status read_norm(Words words, Buffers buffers, NormArgs* args);
Status read_pool(Words words, Buffers buffers, PoolArgs* args);
Status read_multiply(Words words, Buffers buffers, MultiplyArgs* args);
Status read_patches(Words words, Buffers buffers, PatchesArgs* args);
Status read_convolve(Words words, Buffers buffers, ConvolveArgs* args);
Status read_activate(Words words, Buffers buffers, ActivateArgs* args);
Status read_rotary(Words words, Buffers buffers, RotaryArgs* args);
Status read_softmax_backward(Words words, Buffers buffers, SoftmaxBackwardArgs* args);
Status read_norm_backward(Words words, Buffers buffers, NormBackwardArgs* args);
Status read_activate_backward(Words words, Buffers buffers, ActivateBackwardArgs* args);
Status read_merge(Words words, Buffers buffers, MergeArgs* args);  // checks every part too
MergePart read_merge_part(const MergeArgs& args, int64_t part);

}  // namespace fovea
