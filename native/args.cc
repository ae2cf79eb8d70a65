// Reads a call's words and buffers into the structs of args.h, and refuses whatever would let a kernel leave a buffer.
// Compiled for wasm too: no libc, no std::, no exceptions.
#include "reader.h"

namespace fovea {
namespace {

enum class Need { always, optional };

View4 read_view4(Reader& in, Need need, int64_t word, int64_t buffer, DType dtype, int64_t element, const int64_t (&sizes)[4]) {
  int64_t strides[4];
  void* data =
      need == Need::always ? in.view(word, buffer, element, sizes, strides) : in.optional_view(word, buffer, element, sizes, strides);
  return {data, dtype, strides[0], strides[1], strides[2], strides[3]};
}

static_assert(kConvertOuterRank == kSoftmaxOuterRank && kNormOuterRank == kSoftmaxOuterRank, "one reader for all");
static_assert(kActivateOuterRank == kSoftmaxOuterRank && kRotaryOuterRank == kSoftmaxOuterRank, "and for these");
static_assert(kSoftmaxLength == 0 && kConvertLength == 0 && kNormLength == 0 && kActivateLength == 0 && kRotaryLength == 0, "one place");
static_assert(kGradientLength == 0, "and for these");

/** Sizes of the outer dimensions, then of the axis. */
using AxisSizes = int64_t[kSoftmaxOuterRank + 1];

/** The sizes of an op along an axis. Apart, as the next one is: eight ops read so, and in a wasm module it would be there five times. */
__attribute__((noinline)) void read_sizes(Reader& in, int64_t outer_word, int64_t (&outer)[kSoftmaxOuterRank], int64_t* length,
                                          AxisSizes& sizes) {
  for (int i = 0; i < kSoftmaxOuterRank; ++i) sizes[i] = outer[i] = in.size(outer_word + i);
  sizes[kSoftmaxOuterRank] = *length = in.size(kSoftmaxLength);
  in.limit_work(sizes);
}

__attribute__((noinline)) AxisView read_axis(Reader& in, Need need, int64_t word, int64_t buffer, DType dtype, int64_t element,
                                             const AxisSizes& sizes) {
  int64_t strides[kSoftmaxOuterRank + 1];
  AxisView view = {};
  view.data =
      need == Need::always ? in.view(word, buffer, element, sizes, strides) : in.optional_view(word, buffer, element, sizes, strides);
  view.dtype = dtype;
  for (int i = 0; i < kSoftmaxOuterRank; ++i) view.outer_strides[i] = strides[i];
  view.axis_stride = strides[kSoftmaxOuterRank];
  return view;
}

/** What the scores are made of; the sizes are read. */
void read_score(Reader& in, AttentionArgs* args) {
  const int64_t hq = args->query_heads, d = args->head_dim;
  const int64_t dk = args->key_dim = in.size(kAttentionKeyDim);
  const int64_t u = args->units = in.size(kAttentionUnits);
  const Score score = args->score = in.choice<Score, Score::additive>(kAttentionScore);
  const bool general = score == Score::general, additive = score == Score::additive;
  args->gamma = static_cast<float>(in.number(kAttentionGamma));
  args->value_share = 1;
  in.limit_work({args->batch, hq, args->query_length, d, general ? dk : u});
  in.limit_work({args->batch, hq, args->key_length, dk, u});
  const auto matrix = [&](int64_t word, int64_t buffer, int64_t rows, int64_t columns) {
    int64_t strides[3];
    const void* data = in.optional_view(word, buffer, sizeof(float), {hq, rows, columns}, strides);
    return ScoreWeight{static_cast<const float*>(data), strides[0], strides[1], strides[2]};
  };
  const auto row = [&](int64_t word, int64_t buffer) {
    int64_t strides[2];
    const void* data = in.optional_view(word, buffer, sizeof(float), {hq, u}, strides);
    return ScoreWeight{static_cast<const float*>(data), strides[0], 0, strides[1]};
  };
  args->query_weight = matrix(kAttentionQueryWeight, kAttentionQueryWeightBuffer, d, general ? dk : u);
  args->key_weight = matrix(kAttentionKeyWeight, kAttentionKeyWeightBuffer, dk, u);
  args->score_bias = row(kAttentionScoreBias, kAttentionScoreBiasBuffer);
  args->score_vector = row(kAttentionScoreVector, kAttentionScoreVectorBuffer);
  const bool has_query_weight = in.lends(kAttentionQueryWeightBuffer), has_key_weight = in.lends(kAttentionKeyWeightBuffer);
  const bool has_bias = in.lends(kAttentionScoreBiasBuffer), has_vector = in.lends(kAttentionScoreVectorBuffer);
  if (additive) {
    in.require(has_query_weight || d == u || d == 0 || u == 0, Status::bad_words);
    in.require(has_key_weight || dk == u || dk == 0 || u == 0, Status::bad_words);
    in.require(has_vector || u == 0 || hq == 0, Status::buffer_missing);
  } else {
    in.require(!has_key_weight && !has_bias && !has_vector && u == 0, Status::bad_words);
    in.require(general ? has_query_weight || d == 0 || dk == 0 || hq == 0 : !has_query_weight && dk == d, Status::bad_words);
  }
}

/** All of an attention but its keys and values. */
void read_rules(Reader& in, AttentionArgs* args) {
  const int64_t b = args->batch = in.size(kAttentionBatch);
  const int64_t hq = args->query_heads = in.size(kAttentionQueryHeads);
  const int64_t hkv = args->kv_heads = in.size(kAttentionKvHeads);
  const int64_t sq = args->query_length = in.size(kAttentionQueryLength);
  const int64_t skv = args->key_length = in.size(kAttentionKeyLength);
  const int64_t d = args->head_dim = in.size(kAttentionHeadDim);
  const int64_t dv = args->value_dim = in.size(kAttentionValueDim);
  in.require(hkv == 0 ? hq == 0 : hq % hkv == 0, Status::bad_words);
  in.limit_work({b, hq, sq, skv, d > dv ? d : dv});
  in.limit_work({b, hkv, skv, d > dv ? d : dv});

  const DType dtype = in.dtype(kAttentionDtype);
  const DType out_dtype = in.out_dtype(kAttentionOutDtype, dtype);
  args->scale = static_cast<float>(in.number(kAttentionScale));
  args->softcap = static_cast<float>(in.number(kAttentionSoftcap));
  read_score(in, args);
  args->window_left = in.bound(kAttentionWindowLeft);
  args->window_right = in.bound(kAttentionWindowRight);
  args->query_offset = in.whole(kAttentionQueryOffset);

  const auto view = [&](Need need, int buffer, DType type, int64_t element, const int64_t(&sizes)[4]) {
    return read_view4(in, need, kAttentionViews + 5 * buffer, buffer, type, element, sizes);  // views and buffers: one order
  };
  args->q = view(Need::always, kAttentionQ, dtype, element_bytes(dtype), {b, hq, sq, d});
  args->out = view(Need::always, kAttentionOut, out_dtype, element_bytes(out_dtype), {b, hq, sq, dv});
  args->mask = view(Need::optional, kAttentionMask, DType::float32, sizeof(uint8_t), {b, hq, sq, skv});
  args->bias = view(Need::optional, kAttentionBias, DType::float32, sizeof(float), {b, hq, sq, skv});

  args->alibi = in.optional_array<const float>(kAttentionAlibi, {hq});
  args->sinks = in.optional_array<const float>(kAttentionSinks, {hq});
  args->key_lengths = in.optional_array<const int32_t>(kAttentionKeyLengths, {b});
  args->query_lengths = in.optional_array<const int32_t>(kAttentionQueryLengths, {b});
  args->query_offsets = in.optional_array<const int32_t>(kAttentionQueryOffsets, {b});
  args->weights = in.optional_array<float>(kAttentionWeights, {b, hq, sq, skv});
  args->log_sum_exp = in.optional_array<float>(kAttentionLogSumExp, {b, hq, sq});
}

/** How a block's parts follow one another, in the order of Pages. */
void lay_out(Reader& in, int64_t kv_heads, int64_t head_dim, int64_t value_dim, Pages* pages) {
  const int64_t tokens = pages->block_tokens, width = element_bytes(pages->dtype);
  in.limit_work({kv_heads, tokens, head_dim > value_dim ? head_dim : value_dim, 16});
  if (in.status() != Status::ok) return;
  const auto rounded = [](int64_t bytes) { return (bytes + 63) / 64 * 64; };
  const int64_t scales = pages->dtype == DType::int8 ? rounded(kv_heads * tokens * int64_t{sizeof(float)}) : 0;
  pages->values = rounded(kv_heads * tokens * head_dim * width);
  pages->key_scales = pages->values + rounded(kv_heads * tokens * value_dim * width);
  pages->value_scales = pages->key_scales + scales;
  pages->bytes = pages->value_scales + scales;
}

/** The blocks of every row, each with room for its tokens up to `more` past its end. */
void read_pages(Reader& in, Words words, int64_t batch, int64_t more, int64_t word, int64_t buffer, Pages* pages) {
  in.require(pages->block_tokens > 0 && batch <= (words.count - word) / kPageWordsPerRow, Status::bad_words);
  if (in.status() != Status::ok) return;
  const int64_t count = in.buffer_count() > buffer ? in.buffer_count() - buffer : 0;
  for (int64_t row = 0; row < batch; ++row) {
    const int64_t at = word + kPageWordsPerRow * row;
    const int64_t first = in.size(at + kPageFirst), end = in.size(at + kPageEnd);
    const int64_t begin = in.size(at + kPageBegin), blocks = in.size(at + kPageBlocks);
    in.require(first <= end, Status::bad_words);
    in.require(static_cast<double>(begin) + static_cast<double>(blocks) <= static_cast<double>(count), Status::buffer_missing);
    in.require(static_cast<double>(blocks) * static_cast<double>(pages->block_tokens) >= static_cast<double>(end - first + more),
               Status::buffer_short);
  }
  pages->blocks = in.blocks(buffer, count, pages->bytes);
  pages->rows = in.words_from(word);
}

}  // namespace

Status read_attention(Words words, Buffers buffers, AttentionArgs* args) {
  if (words.count < kAttentionWords) return Status::bad_words;
  Reader in(words, buffers);
  read_rules(in, args);
  const DType dtype = args->q.dtype;
  const auto view = [&](int buffer, int64_t width) {
    return read_view4(in, Need::always, kAttentionViews + 5 * buffer, buffer, dtype, element_bytes(dtype),
                      {args->batch, args->kv_heads, args->key_length, width});
  };
  args->k = view(kAttentionK, args->key_dim);
  args->v = view(kAttentionV, args->value_dim);
  return in.status();
}

namespace {

/** Each of the shape of the weight that it belongs to; what the score has not is not written. */
void read_score_gradients(Reader& in, BackwardArgs* args) {
  const AttentionArgs& forward = args->forward;
  const int64_t hq = forward.query_heads, d = forward.head_dim, dk = forward.key_dim, u = forward.units;
  const auto matrix = [&](int64_t word, int64_t buffer, int64_t rows, int64_t columns) {
    int64_t strides[3];
    void* data = in.optional_view(word, buffer, sizeof(float), {hq, rows, columns}, strides);
    return ScoreGradient{static_cast<float*>(data), strides[0], strides[1], strides[2]};
  };
  const auto row = [&](int64_t word, int64_t buffer) {
    int64_t strides[2];
    void* data = in.optional_view(word, buffer, sizeof(float), {hq, u}, strides);
    return ScoreGradient{static_cast<float*>(data), strides[0], 0, strides[1]};
  };
  const int64_t columns = forward.score == Score::general ? dk : u;
  args->d_query_weight = matrix(kBackwardQueryWeight, kBackwardDQueryWeight, d, columns);
  args->d_key_weight = matrix(kBackwardKeyWeight, kBackwardDKeyWeight, dk, u);
  args->d_score_bias = row(kBackwardScoreBias, kBackwardDScoreBias);
  args->d_score_vector = row(kBackwardScoreVector, kBackwardDScoreVector);
}

}  // namespace

Status read_backward(Words words, Buffers buffers, BackwardArgs* args) {
  if (words.count < kBackwardWords) return Status::bad_words;
  AttentionArgs& forward = args->forward;
  const Status status = read_attention(words, buffers, &forward);
  if (status != Status::ok) return status;
  Reader in(words, buffers);
  const int64_t b = forward.batch, hq = forward.query_heads, hkv = forward.kv_heads, sq = forward.query_length, skv = forward.key_length;
  const DType dtype = forward.q.dtype, of_out = in.out_dtype(kBackwardDOutDtype, dtype);
  const auto view = [&](int which, Need need, DType type, const int64_t(&sizes)[4]) {
    return read_view4(in, need, kBackwardViews + 5 * which, kBackwardDOut + which, type, element_bytes(type), sizes);
  };
  args->d_out = view(0, Need::always, of_out, {b, hq, sq, forward.value_dim});
  args->d_query = view(1, Need::always, dtype, {b, hq, sq, forward.head_dim});
  args->d_key = view(2, Need::always, dtype, {b, hkv, skv, forward.key_dim});
  args->d_value = view(3, Need::always, dtype, {b, hkv, skv, forward.value_dim});
  args->d_bias = view(4, Need::optional, DType::float32, {b, hq, sq, skv});
  args->d_sinks = in.optional_array<float>(kBackwardDSinks, {b, hq});
  in.require(forward.log_sum_exp || b * hq * sq == 0, Status::buffer_missing);
  in.require(!forward.weights && (!args->d_sinks || forward.sinks), Status::bad_words);
  read_score_gradients(in, args);
  return in.status();
}

Status read_cache_attention(Words words, Buffers buffers, AttentionArgs* args) {
  if (words.count < kCacheAttentionRows) return Status::bad_words;
  Reader in(words, buffers);
  read_rules(in, args);
  args->key_lengths = nullptr;  // the rows' own words say where they end
  Pages& pages = args->pages;
  pages.dtype = in.kept_dtype(kCacheAttentionDtype);
  pages.block_tokens = in.size(kCacheAttentionBlockTokens);
  lay_out(in, args->kv_heads, args->key_dim, args->value_dim, &pages);
  read_pages(in, words, args->batch, 0, kCacheAttentionRows, kCacheAttentionBlocks, &pages);
  in.require(args->kv_heads > 0, Status::bad_words);
  return in.status();
}

Status read_append(Words words, Buffers buffers, AppendArgs* args) {
  if (words.count < kAppendRows) return Status::bad_words;
  Reader in(words, buffers);
  const int64_t b = args->batch = in.size(kAppendBatch);
  const int64_t h = args->kv_heads = in.size(kAppendKvHeads);
  const int64_t n = args->length = in.size(kAppendLength);
  const int64_t d = args->head_dim = in.size(kAppendHeadDim);
  const int64_t dv = args->value_dim = in.size(kAppendValueDim);
  in.limit_work({b, h, n, d > dv ? d : dv});
  const DType dtype = in.dtype(kAppendDtype);
  args->pages.dtype = in.kept_dtype(kAppendCacheDtype);
  in.require(dtype == DType::float32 || dtype == args->pages.dtype, Status::bad_words);
  args->pages.block_tokens = in.size(kAppendBlockTokens);
  args->k = read_view4(in, Need::always, kAppendViews, kAppendK, dtype, element_bytes(dtype), {b, h, n, d});
  args->v = read_view4(in, Need::always, kAppendViews + 5, kAppendV, dtype, element_bytes(dtype), {b, h, n, dv});
  lay_out(in, h, d, dv, &args->pages);
  read_pages(in, words, b, n, kAppendRows, kAppendBlocks, &args->pages);
  return in.status();
}

namespace {

/** The panels of a packed b lie in one piece, whatever the batch; its strides say nothing but that. */
void read_panels(Reader& in, MatmulArgs* args) {
  constexpr int64_t widest = 1024;
  const int64_t width = args->panel;
  in.require(width <= widest, Status::bad_words);
  if (in.status() != Status::ok) return;
  const int64_t columns = (args->n + width - 1) / width * width;
  in.limit_work({columns, args->k});
  if (in.status() != Status::ok) return;
  int64_t strides[kMatmulBatchRank + 2];
  constexpr int64_t word = kMatmulViews + (1 + kMatmulBatchRank + 2) * kMatmulB;
  args->b.data = in.view(word, kMatmulB, element_bytes(args->b.dtype), {1, 1, 1, 1, 1, 1, 1, columns * args->k}, strides);
  in.require(strides[kMatmulBatchRank + 1] == 1, Status::bad_words);
  if (args->b.dtype == DType::int8) args->scales = in.array<const float>(kMatmulScales, {columns});
}

}  // namespace

Status read_matmul(Words words, Buffers buffers, MatmulArgs* args) {
  constexpr int kRank = kMatmulBatchRank + 2;
  if (words.count < kMatmulWords) return Status::bad_words;
  Reader in(words, buffers);
  const int64_t m = args->m = in.size(kMatmulM);
  const int64_t n = args->n = in.size(kMatmulN);
  const int64_t k = args->k = in.size(kMatmulK);
  int64_t work[kMatmulBatchRank + 3];
  for (int i = 0; i < kMatmulBatchRank; ++i) work[i] = args->batch[i] = in.size(kMatmulBatch + i);
  work[kMatmulBatchRank] = m;
  work[kMatmulBatchRank + 1] = n;
  work[kMatmulBatchRank + 2] = k;
  in.limit_work(work);

  const DType dtype = in.dtype(kMatmulDtype);
  const DType out_dtype = in.out_dtype(kMatmulOutDtype, dtype);
  args->activation = in.choice<Activation, Activation::sigmoid>(kMatmulActivation);
  const auto matrix = [&](int buffer, DType type, int64_t rows, int64_t columns) {
    int64_t sizes[kRank], strides[kRank];
    for (int i = 0; i < kMatmulBatchRank; ++i) sizes[i] = args->batch[i];
    sizes[kRank - 2] = rows;
    sizes[kRank - 1] = columns;
    MatrixView view = {};
    view.data = in.view(kMatmulViews + (1 + kRank) * buffer, buffer, element_bytes(type), sizes, strides);
    view.dtype = type;
    for (int i = 0; i < kMatmulBatchRank; ++i) view.batch_strides[i] = strides[i];
    view.row_stride = strides[kRank - 2];
    view.column_stride = strides[kRank - 1];
    return view;
  };
  args->a = matrix(kMatmulA, dtype, m, k);
  args->b = {};
  args->b.dtype = in.kept_dtype(kMatmulBDtype);
  args->panel = in.size(kMatmulPanel);
  args->scales = nullptr;
  if (args->panel > 0) {
    read_panels(in, args);
  } else {
    in.require(args->b.dtype == dtype, Status::bad_words);
    args->b = matrix(kMatmulB, dtype, k, n);
  }
  args->out = matrix(kMatmulOut, out_dtype, m, n);

  int64_t bias_strides[1];
  args->bias = static_cast<const float*>(in.optional_view(kMatmulBiasOffset, kMatmulBias, sizeof(float), {n}, bias_strides));
  args->bias_stride = bias_strides[0];
  return in.status();
}

Status read_softmax(Words words, Buffers buffers, SoftmaxArgs* args) {
  if (words.count < kSoftmaxWords) return Status::bad_words;
  Reader in(words, buffers);
  AxisSizes sizes;
  read_sizes(in, kSoftmaxOuter, args->outer, &args->length, sizes);

  const DType dtype = in.dtype(kSoftmaxDtype);
  const DType out_dtype = in.out_dtype(kSoftmaxOutDtype, dtype);
  args->scale = static_cast<float>(in.number(kSoftmaxScale));
  const auto axis = [&](Need need, int buffer, DType type, int64_t element) {
    return read_axis(in, need, kSoftmaxViews + (2 + kSoftmaxOuterRank) * buffer, buffer, type, element, sizes);
  };
  args->x = axis(Need::always, kSoftmaxX, dtype, element_bytes(dtype));
  args->out = axis(Need::always, kSoftmaxOut, out_dtype, element_bytes(out_dtype));
  args->mask = axis(Need::optional, kSoftmaxMask, DType::float32, sizeof(uint8_t));
  return in.status();
}

Status read_convert(Words words, Buffers buffers, ConvertArgs* args) {
  if (words.count < kConvertWords) return Status::bad_words;
  Reader in(words, buffers);
  AxisSizes sizes;
  read_sizes(in, kConvertOuter, args->outer, &args->length, sizes);
  const auto axis = [&](int buffer, DType type) {
    return read_axis(in, Need::always, kConvertViews + (2 + kConvertOuterRank) * buffer, buffer, type, element_bytes(type), sizes);
  };
  args->x = axis(kConvertX, in.dtype(kConvertDtype));
  args->out = axis(kConvertOut, in.dtype(kConvertOutDtype));
  return in.status();
}

Status read_norm(Words words, Buffers buffers, NormArgs* args) {
  if (words.count < kNormWords) return Status::bad_words;
  Reader in(words, buffers);
  AxisSizes sizes;
  read_sizes(in, kNormOuter, args->outer, &args->length, sizes);
  const DType dtype = in.dtype(kNormDtype);
  const DType out_dtype = in.out_dtype(kNormOutDtype, dtype);
  const int64_t centered = in.size(kNormCentered);
  in.require(centered <= 1, Status::bad_words);
  args->centered = centered == 1;
  args->epsilon = static_cast<float>(in.number(kNormEpsilon));
  const auto axis = [&](int buffer, DType type) {
    return read_axis(in, Need::always, kNormViews + (2 + kNormOuterRank) * buffer, buffer, type, element_bytes(type), sizes);
  };
  args->x = axis(kNormX, dtype);
  args->out = axis(kNormOut, out_dtype);
  const auto row = [&](int word, int buffer, int64_t* stride) {
    int64_t strides[1];
    const void* data = in.optional_view(word, buffer, sizeof(float), {args->length}, strides);
    *stride = strides[0];
    return static_cast<const float*>(data);
  };
  args->gamma = row(kNormGammaOffset, kNormGamma, &args->gamma_stride);
  args->beta = row(kNormBetaOffset, kNormBeta, &args->beta_stride);
  return in.status();
}

Status read_activate(Words words, Buffers buffers, ActivateArgs* args) {
  if (words.count < kActivateWords) return Status::bad_words;
  Reader in(words, buffers);
  AxisSizes sizes;
  read_sizes(in, kActivateOuter, args->outer, &args->length, sizes);
  const DType dtype = in.dtype(kActivateDtype);
  const DType out_dtype = in.out_dtype(kActivateOutDtype, dtype);
  args->activation = in.choice<Activation, Activation::sigmoid>(kActivateActivation);
  in.require(args->activation != Activation::none, Status::bad_words);
  const auto axis = [&](int buffer, DType type) {
    return read_axis(in, Need::always, kActivateViews + (2 + kActivateOuterRank) * buffer, buffer, type, element_bytes(type), sizes);
  };
  args->x = axis(kActivateX, dtype);
  args->out = axis(kActivateOut, out_dtype);
  return in.status();
}

Status read_rotary(Words words, Buffers buffers, RotaryArgs* args) {
  if (words.count < kRotaryWords) return Status::bad_words;
  Reader in(words, buffers);
  AxisSizes sizes;
  read_sizes(in, kRotaryOuter, args->outer, &args->length, sizes);
  const DType dtype = in.dtype(kRotaryDtype);
  const DType out_dtype = in.out_dtype(kRotaryOutDtype, dtype);
  const int64_t interleaved = in.size(kRotaryInterleaved);
  in.require(interleaved <= 1 && args->length % 2 == 0, Status::bad_words);
  args->interleaved = interleaved == 1;
  const auto axis = [&](int buffer, DType type) {
    return read_axis(in, Need::always, kRotaryViews + (2 + kRotaryOuterRank) * buffer, buffer, type, element_bytes(type), sizes);
  };
  args->x = axis(kRotaryX, dtype);
  args->out = axis(kRotaryOut, out_dtype);
  args->table = axis(kRotaryTable, DType::float32);
  in.require(args->table.axis_stride == 1, Status::bad_words);
  return in.status();
}

namespace {

void read_gradient(Reader& in, GradientViews* views) {
  AxisSizes sizes;
  read_sizes(in, kGradientOuter, views->outer, &views->length, sizes);
  const auto axis = [&](int buffer, DType type) {
    return read_axis(in, Need::always, kGradientViews + (2 + kSoftmaxOuterRank) * buffer, buffer, type, element_bytes(type), sizes);
  };
  views->x = axis(kGradientX, in.dtype(kGradientDtype));
  views->d_out = axis(kGradientDOut, in.dtype(kGradientDOutDtype));
  views->d_x = axis(kGradientDX, in.dtype(kGradientDXDtype));
}

}  // namespace

Status read_softmax_backward(Words words, Buffers buffers, SoftmaxBackwardArgs* args) {
  if (words.count < kSoftmaxBackwardWords) return Status::bad_words;
  Reader in(words, buffers);
  read_gradient(in, &args->views);
  args->scale = static_cast<float>(in.number(kSoftmaxBackwardScale));
  return in.status();
}

Status read_norm_backward(Words words, Buffers buffers, NormBackwardArgs* args) {
  if (words.count < kNormBackwardWords) return Status::bad_words;
  Reader in(words, buffers);
  read_gradient(in, &args->views);
  const int64_t centered = in.size(kNormBackwardCentered);
  in.require(centered <= 1, Status::bad_words);
  args->centered = centered == 1;
  args->epsilon = static_cast<float>(in.number(kNormBackwardEpsilon));
  const auto row = [&](Need need, int which, int64_t* stride) {
    const int word = kNormBackwardRows + 2 * which, buffer = kNormBackwardGamma + which;
    int64_t strides[1];
    void* data = need == Need::always ? in.view(word, buffer, sizeof(float), {args->views.length}, strides)
                                      : in.optional_view(word, buffer, sizeof(float), {args->views.length}, strides);
    *stride = strides[0];
    return static_cast<float*>(data);
  };
  args->gamma = row(Need::optional, 0, &args->gamma_stride);
  args->d_gamma = row(Need::always, 1, &args->d_gamma_stride);
  args->d_beta = row(Need::optional, 2, &args->d_beta_stride);
  return in.status();
}

Status read_activate_backward(Words words, Buffers buffers, ActivateBackwardArgs* args) {
  if (words.count < kActivateBackwardWords) return Status::bad_words;
  Reader in(words, buffers);
  read_gradient(in, &args->views);
  args->activation = in.choice<Activation, Activation::sigmoid>(kActivateBackwardActivation);
  in.require(args->activation != Activation::none, Status::bad_words);
  return in.status();
}

namespace {

Matrices read_matrices(Reader& in, Need need, int64_t word, int64_t buffer, const int64_t (&sizes)[3]) {
  int64_t strides[3];
  void* data = need == Need::always ? in.view(word, buffer, sizeof(float), sizes, strides)
                                    : in.optional_view(word, buffer, sizeof(float), sizes, strides);
  return {static_cast<float*>(data), strides[0], strides[1], strides[2]};
}

/** A list of numbers for each of the batch. */
Matrices read_lists(Reader& in, Need need, int64_t word, int64_t buffer, const int64_t (&sizes)[2]) {
  int64_t strides[2];
  void* data = need == Need::always ? in.view(word, buffer, sizeof(float), sizes, strides)
                                    : in.optional_view(word, buffer, sizeof(float), sizes, strides);
  return {static_cast<float*>(data), strides[0], strides[1], strides[1]};
}

}  // namespace

Status read_pool(Words words, Buffers buffers, PoolArgs* args) {
  if (words.count < kPoolWords) return Status::bad_words;
  Reader in(words, buffers);
  const int64_t b = args->batch = in.size(kPoolBatch);
  const int64_t r = args->rows = in.size(kPoolRows);
  const int64_t c = args->columns = in.size(kPoolColumns);
  in.limit_work({b, r, c});
  args->x = read_matrices(in, Need::always, kPoolX, kPoolXBuffer, {b, r, c});
  args->factor = read_lists(in, Need::optional, kPoolFactor, kPoolFactorBuffer, {b, c});
  args->mean = read_lists(in, Need::always, kPoolMean, kPoolMeanBuffer, {b, r});
  args->max = read_lists(in, Need::always, kPoolMax, kPoolMaxBuffer, {b, r});
  return in.status();
}

Status read_multiply(Words words, Buffers buffers, MultiplyArgs* args) {
  if (words.count < kMultiplyWords) return Status::bad_words;
  Reader in(words, buffers);
  const int64_t b = args->batch = in.size(kMultiplyBatch);
  const int64_t r = args->rows = in.size(kMultiplyRows);
  const int64_t c = args->columns = in.size(kMultiplyColumns);
  in.limit_work({b, r, c});
  const auto view = [&](Need need, int buffer) { return read_matrices(in, need, kMultiplyViews + 4 * buffer, buffer, {b, r, c}); };
  args->x = view(Need::always, kMultiplyX);
  args->out = view(Need::always, kMultiplyOut);
  args->y = view(Need::optional, kMultiplyY);
  args->z = view(Need::optional, kMultiplyZ);
  args->plus = view(Need::optional, kMultiplyPlus);
  in.require(args->z.column_stride == 0, Status::bad_words);
  return in.status();
}

Status read_convolve(Words words, Buffers buffers, ConvolveArgs* args) {
  if (words.count < kConvolveWords) return Status::bad_words;
  Reader in(words, buffers);
  const int64_t b = args->batch = in.size(kConvolveBatch);
  const int64_t m = args->maps = in.size(kConvolveMaps);
  const int64_t h = args->height = in.size(kConvolveHeight);
  const int64_t w = args->width = in.size(kConvolveWidth);
  const int64_t kh = args->kernel_height = in.size(kConvolveKernelHeight);
  const int64_t kw = args->kernel_width = in.size(kConvolveKernelWidth);
  in.require(kh % 2 == 1 && kw % 2 == 1, Status::bad_words);
  in.limit_work({b, m, h, w, kh, kw});
  args->bias = static_cast<float>(in.number(kConvolveBias));
  args->activation = in.choice<Activation, Activation::sigmoid>(kConvolveActivation);
  args->x = read_view4(in, Need::always, kConvolveView, kConvolveX, DType::float32, sizeof(float), {b, m, h, w});
  args->kernel = in.array<const float>(kConvolveKernel, {m, kh, kw});
  args->out = read_matrices(in, Need::always, kConvolveOutView, kConvolveOut, {b, h, w});
  return in.status();
}

namespace {

/** The words of one side; kPatchesHeight or kPatchesWidth. All are so small that no place of a tap can overflow. */
PatchSide read_side(Reader& in, int64_t word) {
  constexpr int64_t most = int64_t{1} << 30;
  const PatchSide side = {in.size(word),      in.size(word + 1),  in.size(word + 2), in.size(word + 3),
                          in.whole(word + 4), in.whole(word + 5), in.size(word + 6)};
  const int64_t values[] = {side.places, side.taps, side.step, side.dilation, -side.dilation, side.offset, -side.offset, side.gap};
  for (const int64_t value : values) in.require(value <= most, Status::bad_words);
  in.require(side.gap > 0, Status::bad_words);
  return side;
}

MatrixView read_matrix2(Reader& in, int64_t word, int64_t buffer, int64_t rows, int64_t columns) {
  int64_t strides[2];
  MatrixView view = {};
  view.data = in.view(word, buffer, sizeof(float), {rows, columns}, strides);
  view.row_stride = strides[0];
  view.column_stride = strides[1];
  return view;
}

}  // namespace

Status read_patches(Words words, Buffers buffers, PatchesArgs* args) {
  if (words.count < kPatchesWords) return Status::bad_words;
  Reader in(words, buffers);
  Patches& p = args->patches;
  const int64_t images = p.images = in.size(kPatchesImages), channels = p.channels = in.size(kPatchesChannels);
  p.height = read_side(in, kPatchesHeight);
  p.width = read_side(in, kPatchesWidth);
  const int64_t rows = in.size(kPatchesRows), columns = in.size(kPatchesColumns), n = in.size(kPatchesN);
  in.limit_work({images, p.height.places, p.width.places, p.height.taps, p.width.taps, channels, n});
  in.limit_work({images, p.height.pixels, p.width.pixels, channels});
  const int64_t transposed = in.size(kPatchesTransposed);
  in.require(transposed <= 1, Status::bad_words);
  if (in.status() != Status::ok) return in.status();
  in.require(rows == images * p.height.places * p.width.places, Status::bad_words);
  in.require(columns == p.height.taps * p.width.taps * channels, Status::bad_words);
  if (in.status() != Status::ok) return in.status();

  args->transposed = transposed == 1;
  MatmulArgs& product = args->product;
  for (int64_t& size : product.batch) size = 1;
  const int64_t m = product.m = args->transposed ? columns : rows;
  const int64_t k = product.k = args->transposed ? rows : columns;
  product.n = n;
  product.activation = in.choice<Activation, Activation::sigmoid>(kPatchesActivation);
  p.x = read_view4(in, Need::always, kPatchesX, kPatchesXBuffer, DType::float32, sizeof(float),
                   {images, p.height.pixels, p.width.pixels, channels});
  product.b = read_matrix2(in, kPatchesBView, kPatchesB, k, n);
  product.out = read_matrix2(in, kPatchesOutView, kPatchesOut, m, n);
  int64_t bias_strides[1];
  product.bias = static_cast<const float*>(in.optional_view(kPatchesBiasOffset, kPatchesBias, sizeof(float), {n}, bias_strides));
  product.bias_stride = bias_strides[0];
  return in.status();
}

namespace {

MergePart read_part(Reader& in, const MergeArgs& args, int64_t part, int64_t first_word, int64_t first_buffer) {
  const int64_t word = first_word + kMergeWordsPerPart * part;
  const int64_t buffer = first_buffer + 2 * part;
  const int64_t rows[3] = {args.batch, args.heads, args.query_length};
  int64_t strides[3];
  MergePart read = {};
  read.output = read_view4(in, Need::always, word, buffer, args.dtype, element_bytes(args.dtype),
                           {args.batch, args.heads, args.query_length, args.value_dim});
  read.log_sum_exp.data = in.view(word + 5, buffer + 1, sizeof(float), rows, strides);
  read.log_sum_exp.batch_stride = strides[0];
  read.log_sum_exp.head_stride = strides[1];
  read.log_sum_exp.row_stride = strides[2];
  return read;
}

}  // namespace

Status read_merge(Words words, Buffers buffers, MergeArgs* args) {
  if (words.count < kMergePartWords) return Status::bad_words;
  Reader in(words, buffers);
  const int64_t b = args->batch = in.size(kMergeBatch);
  const int64_t h = args->heads = in.size(kMergeHeads);
  const int64_t sq = args->query_length = in.size(kMergeQueryLength);
  const int64_t dv = args->value_dim = in.size(kMergeValueDim);
  const int64_t parts = args->parts = in.size(kMergeParts);
  if (parts > (words.count - kMergePartWords) / kMergeWordsPerPart) return Status::bad_words;
  in.limit_work({b, h, sq, dv, parts});

  args->dtype = in.dtype(kMergeDtype);
  const DType out_dtype = in.out_dtype(kMergeOutDtype, args->dtype);
  args->out = read_view4(in, Need::always, kMergeOut, kMergeOutBuffer, out_dtype, element_bytes(out_dtype), {b, h, sq, dv});
  args->log_sum_exp = in.array<float>(kMergeLogSumExpBuffer, {b, h, sq});
  args->sinks = in.optional_array<const float>(kMergeSinksBuffer, {h});
  for (int64_t part = 0; part < parts; ++part) read_part(in, *args, part, kMergePartWords, kMergePartBuffers);
  args->part_words = words.data + kMergePartWords;
  args->part_buffers = buffers.count > kMergePartBuffers ? buffers.data + kMergePartBuffers : nullptr;
  return in.status();
}

MergePart read_merge_part(const MergeArgs& args, int64_t part) {
  const Words words = {args.part_words, kMergeWordsPerPart * args.parts};
  const Buffers buffers = {args.part_buffers, args.part_buffers == nullptr ? 0 : 2 * args.parts};
  Reader in(words, buffers);
  return read_part(in, args, part, 0, 0);
}

}  // namespace fovea
