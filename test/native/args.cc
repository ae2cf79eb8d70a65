// Lying calls: words and buffers that do not belong together must give a status, never a read or a write outside a buffer.
//
// Every buffer, and the scratch too, lies against memory that must not be touched, so a kernel that leaves it ends the program.
// What args.cc decides is compared with the same decision made here in 128-bit integers.
#include "../../native/args.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <memory>
#include <numeric>
#include <optional>

#include "../../native/call.h"
#include "../../native/dispatch.h"
#include "../../native/serial.h"
#include "check.h"
#include "guarded.h"

namespace {

using namespace fovea;

std::mt19937 random_bits(42);
int64_t below(int64_t n) { return static_cast<int64_t>(random_bits() % static_cast<uint64_t>(n)); }
bool one_in(int64_t n) { return below(n) == 0; }

// ---- a call and what it should lead to ----

/** A tensor of a call: where its words begin, and what it is made of. */
struct Tensor {
  int buffer;
  int word;  // of its offset; −1: contiguous from the start
  int64_t element;
  std::vector<int> sizes;  // words that hold them
  bool written, optional;
  bool rows = false;  // its last stride is 1
  int panel = -1;     // the word of b's panel width: without gaps from the offset on, the last size rounded up to whole panels
  bool flat = false;  // the same along its last dimension
};

struct Shape {
  Op op;
  std::vector<double> words;
  std::vector<Tensor> tensors;
  std::vector<int> size_words;
  int buffers;
};

struct Memory {
  std::optional<GuardedMemory<char>> bytes;
  int64_t count = 0;
};

using Wide = __int128;

bool is_size(double word) { return word >= 0 && word <= 0x1p53 && word == std::trunc(word); }

/** Whether every tensor lies in its buffer, in integers that cannot overflow: sizes and strides are below 2^54. */
bool fits(const Shape& shape, const std::vector<Buffer>& buffers) {
  for (const Tensor& tensor : shape.tensors) {
    const Buffer buffer = buffers[tensor.buffer];
    const bool strided = tensor.word >= 0 && tensor.panel < 0;
    const auto width = tensor.panel < 0 ? Wide{1} : static_cast<Wide>(shape.words[tensor.panel]);
    Wide last = tensor.word < 0 ? 0 : static_cast<Wide>(shape.words[tensor.word]), count = 1;
    bool empty = false;
    for (size_t i = 0; i < tensor.sizes.size(); ++i) {
      auto size = static_cast<Wide>(shape.words[tensor.sizes[i]]);
      empty = empty || size == 0;
      if (i + 1 == tensor.sizes.size() && width > 1) size = (size + width - 1) / width * width;
      const Wide huge = Wide{1} << 60;
      if (!strided) count = count * size > huge ? huge : count * size;
      if (strided) last += (size - 1) * static_cast<Wide>(shape.words[tensor.word + 1 + i]);
    }
    if (empty) continue;
    if (buffer.data == nullptr) {
      if (!tensor.optional) return false;
      continue;
    }
    const Wide end = tensor.word < 0 ? count : strided ? last + 1 : last + count;
    if (end > buffer.bytes / tensor.element || reinterpret_cast<uintptr_t>(buffer.data) % tensor.element != 0) return false;
  }
  return true;
}

/** Strides of dimensions in any order, with a gap now and then, or none where the dimension broadcasts. */
void lay_out(Shape& shape) {
  for (const Tensor& tensor : shape.tensors) {
    if (tensor.word < 0) continue;
    shape.words[tensor.word] = static_cast<double>(one_in(2) ? 0 : below(9));
    if (tensor.panel >= 0) continue;
    double stride = one_in(4) ? static_cast<double>(1 + below(3)) : 1;
    std::vector<int> order(tensor.sizes.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random_bits);
    if (tensor.rows) {
      stride = 1;
      std::iter_swap(order.begin(), std::find(order.begin(), order.end(), static_cast<int>(order.size()) - 1));
    }
    for (const int i : order) {
      const bool is_flat = tensor.flat && i + 1 == static_cast<int>(order.size());
      const bool fixed = tensor.rows && i + 1 == static_cast<int>(order.size());
      shape.words[tensor.word + 1 + i] = is_flat || (!tensor.written && !fixed && one_in(8)) ? 0 : stride;
      stride *= std::max(1.0, shape.words[tensor.sizes[i]]);
      if (one_in(4)) stride += static_cast<double>(below(5));
    }
  }
}

int64_t bytes_needed(const Shape& shape, const Tensor& tensor) {
  const bool strided = tensor.word >= 0 && tensor.panel < 0;
  const double width = tensor.panel < 0 ? 1 : shape.words[tensor.panel];
  double end = strided ? shape.words[tensor.word] + 1 : 1;
  for (size_t i = 0; i < tensor.sizes.size(); ++i) {
    double size = shape.words[tensor.sizes[i]];
    if (size == 0) return 0;
    if (i + 1 == tensor.sizes.size()) size = std::ceil(size / width) * width;
    end = strided ? end + (size - 1) * shape.words[tensor.word + 1 + static_cast<int>(i)] : end * size;
  }
  if (tensor.word >= 0 && !strided) end += shape.words[tensor.word];
  return static_cast<int64_t>(end) * tensor.element;
}

double small_size() {
  constexpr int64_t sizes[] = {0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 65, 97};
  return static_cast<double>(sizes[below(std::size(sizes))]);
}

double dtype_pair(std::vector<double>& words, int in, int out) {
  words[in] = static_cast<double>(below(3));
  words[out] = one_in(2) ? 0 : words[in];
  return words[in];
}

/** A score of any kind, and what belongs to it: weights may be missing where q and k are as wide as their products. */
void add_score(Shape& shape) {
  auto& w = shape.words;
  const auto score = static_cast<Score>(below(6));
  const bool general = score == Score::general, additive = score == Score::additive;
  w[kAttentionScore] = static_cast<double>(score);
  w[kAttentionGamma] = 0.5;
  w[kAttentionKeyDim] = general || (additive && one_in(2)) ? small_size() : w[kAttentionHeadDim];
  w[kAttentionUnits] = additive ? (one_in(2) ? w[kAttentionHeadDim] : small_size()) : 0;
  shape.size_words.push_back(kAttentionKeyDim);
  shape.size_words.push_back(kAttentionUnits);
  const int hq = kAttentionQueryHeads, d = kAttentionHeadDim, dk = kAttentionKeyDim, u = kAttentionUnits;
  const auto weight = [&](int buffer, int word, std::vector<int> sizes, bool optional) {
    shape.tensors.push_back({buffer, word, 4, std::move(sizes), false, optional});
  };
  if (general) weight(kAttentionQueryWeightBuffer, kAttentionQueryWeight, {hq, d, dk}, false);
  if (!additive) return;
  weight(kAttentionQueryWeightBuffer, kAttentionQueryWeight, {hq, d, u}, w[d] == w[u]);
  weight(kAttentionKeyWeightBuffer, kAttentionKeyWeight, {hq, dk, u}, w[dk] == w[u]);
  weight(kAttentionScoreBiasBuffer, kAttentionScoreBias, {hq, u}, true);
  weight(kAttentionScoreVectorBuffer, kAttentionScoreVector, {hq, u}, false);
}

Shape attention_shape() {
  Shape shape = {Op::attention, std::vector<double>(kAttentionWords), {}, {}, kAttentionBuffers};
  auto& w = shape.words;
  for (int i = kAttentionBatch; i <= kAttentionValueDim; ++i) shape.size_words.push_back(i);
  w[kAttentionBatch] = static_cast<double>(below(3));
  w[kAttentionKvHeads] = static_cast<double>(1 + below(2));
  w[kAttentionQueryHeads] = w[kAttentionKvHeads] * static_cast<double>(1 + below(3));
  for (const int i : {kAttentionQueryLength, kAttentionKeyLength, kAttentionHeadDim, kAttentionValueDim}) w[i] = small_size();
  dtype_pair(w, kAttentionDtype, kAttentionOutDtype);
  w[kAttentionScale] = 0.3;
  w[kAttentionSoftcap] = one_in(3) ? 5 : 0;
  for (const int i : {kAttentionWindowLeft, kAttentionWindowRight}) w[i] = one_in(2) ? HUGE_VAL : static_cast<double>(below(40));
  w[kAttentionQueryOffset] = static_cast<double>(below(60) - 30);

  const int64_t in = element_bytes(static_cast<DType>(w[kAttentionDtype])), out = element_bytes(static_cast<DType>(w[kAttentionOutDtype]));
  const int b = kAttentionBatch, hq = kAttentionQueryHeads, hkv = kAttentionKvHeads, sq = kAttentionQueryLength;
  const int skv = kAttentionKeyLength, d = kAttentionHeadDim, dv = kAttentionValueDim;
  const auto view = [&](int buffer, int64_t element, std::vector<int> sizes, bool optional) {
    shape.tensors.push_back({buffer, kAttentionViews + 5 * buffer, element, std::move(sizes), buffer == kAttentionOut, optional});
  };
  const auto array = [&](int buffer, std::vector<int> sizes) {
    shape.tensors.push_back({buffer, -1, 4, std::move(sizes), buffer >= kAttentionWeights, true});
  };
  view(kAttentionQ, in, {b, hq, sq, d}, false);
  view(kAttentionK, in, {b, hkv, skv, kAttentionKeyDim}, false);
  view(kAttentionV, in, {b, hkv, skv, dv}, false);
  view(kAttentionOut, out, {b, hq, sq, dv}, false);
  view(kAttentionMask, 1, {b, hq, sq, skv}, true);
  view(kAttentionBias, 4, {b, hq, sq, skv}, true);
  array(kAttentionAlibi, {hq});
  array(kAttentionSinks, {hq});
  for (const int buffer : {kAttentionKeyLengths, kAttentionQueryLengths, kAttentionQueryOffsets}) array(buffer, {b});
  array(kAttentionWeights, {b, hq, sq, skv});
  array(kAttentionLogSumExp, {b, hq, sq});
  add_score(shape);
  return shape;
}

/** As attention, whose results are read. */
Shape backward_shape() {
  Shape shape = attention_shape();
  auto& w = shape.words;
  shape.op = Op::attention_backward;
  shape.buffers = kBackwardBuffers;
  shape.words.resize(kBackwardWords);
  std::erase_if(shape.tensors, [](const Tensor& tensor) { return tensor.buffer == kAttentionWeights; });
  for (Tensor& tensor : shape.tensors) {
    tensor.written = false;
    if (tensor.buffer == kAttentionLogSumExp) tensor.optional = false;
  }
  w[kBackwardDOutDtype] = one_in(2) ? 0 : w[kAttentionDtype];
  const int64_t in = element_bytes(static_cast<DType>(w[kAttentionDtype])), seed = element_bytes(static_cast<DType>(w[kBackwardDOutDtype]));
  const int b = kAttentionBatch, hq = kAttentionQueryHeads, hkv = kAttentionKvHeads, sq = kAttentionQueryLength;
  const int skv = kAttentionKeyLength, d = kAttentionHeadDim, dv = kAttentionValueDim;
  const auto view = [&](int which, int64_t element, std::vector<int> sizes, bool optional) {
    shape.tensors.push_back({kBackwardDOut + which, kBackwardViews + 5 * which, element, std::move(sizes), which > 0, optional});
  };
  view(0, seed, {b, hq, sq, dv}, false);
  view(1, in, {b, hq, sq, d}, false);
  view(2, in, {b, hkv, skv, kAttentionKeyDim}, false);
  view(3, in, {b, hkv, skv, dv}, false);
  view(4, 4, {b, hq, sq, skv}, true);
  const int dk = kAttentionKeyDim, u = kAttentionUnits;
  const auto weight = [&](int buffer, int word, std::vector<int> sizes) {
    shape.tensors.push_back({buffer, word, 4, std::move(sizes), true, true});
  };
  weight(kBackwardDQueryWeight, kBackwardQueryWeight, {hq, d, w[kAttentionScore] == static_cast<double>(Score::general) ? dk : u});
  weight(kBackwardDKeyWeight, kBackwardKeyWeight, {hq, dk, u});
  weight(kBackwardDScoreBias, kBackwardScoreBias, {hq, u});
  weight(kBackwardDScoreVector, kBackwardScoreVector, {hq, u});
  return shape;
}

Shape matmul_shape() {
  Shape shape = {Op::matmul, std::vector<double>(kMatmulWords), {}, {}, kMatmulBuffers};
  auto& w = shape.words;
  std::vector<int> batch;
  for (int i = 0; i < kMatmulBatchRank; ++i) {
    batch.push_back(kMatmulBatch + i);
    w[kMatmulBatch + i] = i < 4 ? 1 : static_cast<double>(below(4));
  }
  for (const int i : {kMatmulM, kMatmulN, kMatmulK}) w[i] = small_size();
  w[kMatmulBDtype] = dtype_pair(w, kMatmulDtype, kMatmulOutDtype);
  w[kMatmulActivation] = static_cast<double>(below(5));
  shape.size_words = batch;
  for (const int i : {kMatmulM, kMatmulN, kMatmulK}) shape.size_words.push_back(i);
  const auto matrix = [&](int buffer, int dtype, int rows, int columns) {
    std::vector<int> sizes = batch;
    sizes.push_back(rows);
    sizes.push_back(columns);
    const int word = kMatmulViews + (1 + kMatmulBatchRank + 2) * buffer;
    shape.tensors.push_back({buffer, word, element_bytes(static_cast<DType>(w[dtype])), sizes, buffer == kMatmulOut, false});
  };
  matrix(kMatmulA, kMatmulDtype, kMatmulM, kMatmulK);
  matrix(kMatmulB, kMatmulDtype, kMatmulK, kMatmulN);
  matrix(kMatmulOut, kMatmulOutDtype, kMatmulM, kMatmulN);
  shape.tensors.push_back({kMatmulBias, kMatmulBiasOffset, 4, {kMatmulN}, false, true});
  return shape;
}

/** A packed b: panels as wide as some target's, of each dtype that there is. */
Shape packed_matmul_shape() {
  Shape shape = matmul_shape();
  auto& w = shape.words;
  constexpr int widths[] = {8, 12, 16, 32};
  w[kMatmulPanel] = widths[below(std::size(widths))];
  w[kMatmulBDtype] = static_cast<double>(below(4));
  Tensor& b = shape.tensors[1];
  b.element = element_bytes(static_cast<DType>(w[kMatmulBDtype]));
  b.sizes = {kMatmulK, kMatmulN};
  b.panel = kMatmulPanel;
  for (int i = 0; i < kMatmulBatchRank + 2; ++i) w[b.word + 1 + i] = i == kMatmulBatchRank + 1;
  if (w[kMatmulBDtype] == 3) shape.tensors.push_back({kMatmulScales, -1, 4, {kMatmulN}, false, false, false, kMatmulPanel});
  return shape;
}

Shape softmax_shape() {
  Shape shape = {Op::softmax, std::vector<double>(kSoftmaxWords), {}, {}, kSoftmaxBuffers};
  auto& w = shape.words;
  std::vector<int> sizes;
  for (int i = 0; i < kSoftmaxOuterRank; ++i) {
    sizes.push_back(kSoftmaxOuter + i);
    w[kSoftmaxOuter + i] = i < 5 ? 1 : static_cast<double>(below(20));
  }
  sizes.push_back(kSoftmaxLength);
  w[kSoftmaxLength] = small_size();
  w[kSoftmaxScale] = one_in(2) ? 1 : -0.5;
  dtype_pair(w, kSoftmaxDtype, kSoftmaxOutDtype);
  shape.size_words = sizes;
  const auto view = [&](int buffer, int64_t element) {
    const int word = kSoftmaxViews + (1 + kSoftmaxOuterRank + 1) * buffer;
    shape.tensors.push_back({buffer, word, element, sizes, buffer == kSoftmaxOut, buffer == kSoftmaxMask});
  };
  view(kSoftmaxX, element_bytes(static_cast<DType>(w[kSoftmaxDtype])));
  view(kSoftmaxOut, element_bytes(static_cast<DType>(w[kSoftmaxOutDtype])));
  view(kSoftmaxMask, 1);
  return shape;
}

/** What the gradients along an axis have in common. */
Shape gradient_shape(Op op, int words, int buffers) {
  Shape shape = {op, std::vector<double>(static_cast<size_t>(words)), {}, {}, buffers};
  auto& w = shape.words;
  std::vector<int> sizes;
  for (int i = 0; i < kSoftmaxOuterRank; ++i) {
    sizes.push_back(kGradientOuter + i);
    w[kGradientOuter + i] = i < 5 ? 1 : static_cast<double>(below(20));
  }
  sizes.push_back(kGradientLength);
  w[kGradientLength] = small_size();
  shape.size_words = sizes;
  for (const int buffer : {kGradientX, kGradientDOut, kGradientDX}) {
    const int dtype = kGradientDtype + buffer, word = kGradientViews + (1 + kSoftmaxOuterRank + 1) * buffer;
    w[dtype] = static_cast<double>(below(3));
    shape.tensors.push_back({buffer, word, element_bytes(static_cast<DType>(w[dtype])), sizes, buffer == kGradientDX, false});
  }
  return shape;
}

Shape softmax_backward_shape() {
  Shape shape = gradient_shape(Op::softmax_backward, kSoftmaxBackwardWords, kGradientBuffers);
  shape.words[kSoftmaxBackwardScale] = -0.5;
  return shape;
}

Shape norm_backward_shape() {
  Shape shape = gradient_shape(Op::norm_backward, kNormBackwardWords, kNormBackwardBuffers);
  shape.words[kNormBackwardCentered] = static_cast<double>(below(2));
  shape.words[kNormBackwardEpsilon] = 0.25;
  for (const int buffer : {kNormBackwardGamma, kNormBackwardDGamma, kNormBackwardDBeta}) {
    const int word = kNormBackwardRows + 2 * (buffer - kNormBackwardGamma);
    shape.tensors.push_back({buffer, word, 4, {kGradientLength}, buffer != kNormBackwardGamma, buffer != kNormBackwardDGamma});
  }
  return shape;
}

Shape activate_backward_shape() {
  Shape shape = gradient_shape(Op::activate_backward, kActivateBackwardWords, kGradientBuffers);
  shape.words[kActivateBackwardActivation] = static_cast<double>(1 + below(4));
  return shape;
}

Shape activate_shape() {
  Shape shape = {Op::activate, std::vector<double>(kActivateWords), {}, {}, kActivateBuffers};
  auto& w = shape.words;
  std::vector<int> sizes;
  for (int i = 0; i < kActivateOuterRank; ++i) {
    sizes.push_back(kActivateOuter + i);
    w[kActivateOuter + i] = i < 5 ? 1 : static_cast<double>(below(20));
  }
  sizes.push_back(kActivateLength);
  w[kActivateLength] = small_size();
  w[kActivateActivation] = static_cast<double>(1 + below(4));
  dtype_pair(w, kActivateDtype, kActivateOutDtype);
  shape.size_words = sizes;
  const auto view = [&](int buffer, int dtype) {
    const int word = kActivateViews + (1 + kActivateOuterRank + 1) * buffer;
    shape.tensors.push_back({buffer, word, element_bytes(static_cast<DType>(w[dtype])), sizes, buffer == kActivateOut, false});
  };
  view(kActivateX, kActivateDtype);
  view(kActivateOut, kActivateOutDtype);
  return shape;
}

Shape rotary_shape() {
  Shape shape = {Op::rotary, std::vector<double>(kRotaryWords), {}, {}, kRotaryBuffers};
  auto& w = shape.words;
  std::vector<int> sizes;
  for (int i = 0; i < kRotaryOuterRank; ++i) {
    sizes.push_back(kRotaryOuter + i);
    w[kRotaryOuter + i] = i < 4 ? 1 : static_cast<double>(below(9));
  }
  sizes.push_back(kRotaryLength);
  w[kRotaryLength] = 2 * small_size();
  w[kRotaryInterleaved] = static_cast<double>(below(2));
  dtype_pair(w, kRotaryDtype, kRotaryOutDtype);
  shape.size_words = sizes;
  const auto view = [&](int buffer, int64_t element) {
    const int word = kRotaryViews + (1 + kRotaryOuterRank + 1) * buffer;
    shape.tensors.push_back({buffer, word, element, sizes, buffer == kRotaryOut, false, buffer == kRotaryTable});
  };
  view(kRotaryX, element_bytes(static_cast<DType>(w[kRotaryDtype])));
  view(kRotaryOut, element_bytes(static_cast<DType>(w[kRotaryOutDtype])));
  view(kRotaryTable, 4);
  return shape;
}

Shape merge_shape() {
  const int parts = static_cast<int>(below(4));
  Shape shape = {Op::merge, std::vector<double>(kMergePartWords + kMergeWordsPerPart * parts), {}, {}, kMergePartBuffers + 2 * parts};
  auto& w = shape.words;
  w[kMergeBatch] = static_cast<double>(below(3));
  w[kMergeHeads] = static_cast<double>(1 + below(3));
  w[kMergeQueryLength] = small_size();
  w[kMergeValueDim] = small_size();
  w[kMergeParts] = parts;
  dtype_pair(w, kMergeDtype, kMergeOutDtype);
  shape.size_words = {kMergeBatch, kMergeHeads, kMergeQueryLength, kMergeValueDim};
  const std::vector<int> rows = {kMergeBatch, kMergeHeads, kMergeQueryLength};
  const std::vector<int> sizes = {kMergeBatch, kMergeHeads, kMergeQueryLength, kMergeValueDim};
  const int64_t in = element_bytes(static_cast<DType>(w[kMergeDtype])), out = element_bytes(static_cast<DType>(w[kMergeOutDtype]));
  shape.tensors.push_back({kMergeOutBuffer, kMergeOut, out, sizes, true, false});
  shape.tensors.push_back({kMergeLogSumExpBuffer, -1, 4, rows, true, false});
  shape.tensors.push_back({kMergeSinksBuffer, -1, 4, {kMergeHeads}, false, true});
  for (int part = 0; part < parts; ++part) {
    const int word = kMergePartWords + kMergeWordsPerPart * part;
    shape.tensors.push_back({kMergePartBuffers + 2 * part, word, in, sizes, false, false});
    shape.tensors.push_back({kMergePartBuffers + 2 * part + 1, word + 5, 4, rows, false, false});
  }
  return shape;
}

Shape pool_shape() {
  Shape shape = {Op::pool, std::vector<double>(kPoolWords), {}, {}, kPoolBuffers};
  shape.size_words = {kPoolBatch, kPoolRows, kPoolColumns};
  for (const int word : shape.size_words) shape.words[word] = small_size();
  shape.tensors.push_back({kPoolXBuffer, kPoolX, 4, {kPoolBatch, kPoolRows, kPoolColumns}, false, false});
  shape.tensors.push_back({kPoolFactorBuffer, kPoolFactor, 4, {kPoolBatch, kPoolColumns}, false, true});
  shape.tensors.push_back({kPoolMeanBuffer, kPoolMean, 4, {kPoolBatch, kPoolRows}, true, false});
  shape.tensors.push_back({kPoolMaxBuffer, kPoolMax, 4, {kPoolBatch, kPoolRows}, true, false});
  return shape;
}

Shape multiply_shape() {
  Shape shape = {Op::multiply, std::vector<double>(kMultiplyWords), {}, {}, kMultiplyBuffers};
  shape.size_words = {kMultiplyBatch, kMultiplyRows, kMultiplyColumns};
  for (const int word : shape.size_words) shape.words[word] = small_size();
  for (const int buffer : {kMultiplyX, kMultiplyOut, kMultiplyY, kMultiplyZ, kMultiplyPlus}) {
    const bool optional = buffer == kMultiplyY || buffer == kMultiplyZ || buffer == kMultiplyPlus;
    shape.tensors.push_back({buffer, kMultiplyViews + 4 * buffer, 4, shape.size_words, buffer == kMultiplyOut, optional});
    shape.tensors.back().flat = buffer == kMultiplyZ;
  }
  return shape;
}

Shape patches_shape() {
  Shape shape = {Op::patches, std::vector<double>(kPatchesWords), {}, {}, kPatchesBuffers};
  auto& w = shape.words;
  shape.size_words = {kPatchesImages, kPatchesChannels, kPatchesHeight, kPatchesWidth, kPatchesRows, kPatchesColumns, kPatchesN};
  w[kPatchesImages] = static_cast<double>(below(3));
  w[kPatchesChannels] = static_cast<double>(below(2) == 0 ? 1 + below(4) : 1 + below(40));
  w[kPatchesN] = small_size();
  for (const int side : {kPatchesHeight, kPatchesWidth}) {
    w[side] = static_cast<double>(below(7));
    w[side + 1] = static_cast<double>(below(7));
    w[side + 2] = static_cast<double>(1 + below(4));
    w[side + 3] = static_cast<double>(below(4));
    w[side + 4] = static_cast<double>(below(7)) - 3;
    w[side + 5] = static_cast<double>(below(9)) - 4;
    w[side + 6] = static_cast<double>(1 + below(3));
  }
  w[kPatchesRows] = w[kPatchesImages] * w[kPatchesHeight + 1] * w[kPatchesWidth + 1];
  w[kPatchesColumns] = w[kPatchesChannels] * w[kPatchesHeight + 2] * w[kPatchesWidth + 2];
  const bool transposed = below(2) == 0;
  w[kPatchesTransposed] = transposed;
  w[kPatchesActivation] = static_cast<double>(below(5));
  const int m = transposed ? kPatchesColumns : kPatchesRows, k = transposed ? kPatchesRows : kPatchesColumns;
  shape.tensors.push_back({kPatchesXBuffer, kPatchesX, 4, {kPatchesImages, kPatchesHeight, kPatchesWidth, kPatchesChannels}, false, false});
  shape.tensors.push_back({kPatchesB, kPatchesBView, 4, {k, kPatchesN}, false, false});
  shape.tensors.push_back({kPatchesOut, kPatchesOutView, 4, {m, kPatchesN}, true, false});
  shape.tensors.push_back({kPatchesBias, kPatchesBiasOffset, 4, {kPatchesN}, false, true});
  return shape;
}

Shape convolve_shape() {
  Shape shape = {Op::convolve, std::vector<double>(kConvolveWords), {}, {}, kConvolveBuffers};
  auto& w = shape.words;
  shape.size_words = {kConvolveBatch, kConvolveMaps, kConvolveHeight, kConvolveWidth, kConvolveKernelHeight, kConvolveKernelWidth};
  for (const int word : {kConvolveBatch, kConvolveMaps, kConvolveHeight}) w[word] = static_cast<double>(below(5));
  w[kConvolveWidth] = small_size();
  for (const int word : {kConvolveKernelHeight, kConvolveKernelWidth}) w[word] = static_cast<double>(2 * below(4) + 1);
  w[kConvolveBias] = 0.5;
  w[kConvolveActivation] = static_cast<double>(below(5));
  shape.tensors.push_back({kConvolveX, kConvolveView, 4, {kConvolveBatch, kConvolveMaps, kConvolveHeight, kConvolveWidth}, false, false});
  shape.tensors.push_back({kConvolveOut, kConvolveOutView, 4, {kConvolveBatch, kConvolveHeight, kConvolveWidth}, true, false});
  shape.tensors.push_back({kConvolveKernel, -1, 4, {kConvolveMaps, kConvolveKernelHeight, kConvolveKernelWidth}, false, false});
  return shape;
}

/** Reads a call of any of the ops above without running it. */
Status read_only(Op op, Words words, Buffers buffers) {
  const auto read = [&](auto reader, auto args) { return reader(words, buffers, &args); };
  switch (op) {
    case Op::attention:
      return read(read_attention, AttentionArgs());
    case Op::attention_backward:
      return read(read_backward, BackwardArgs());
    case Op::matmul:
      return read(read_matmul, MatmulArgs());
    case Op::softmax:
      return read(read_softmax, SoftmaxArgs());
    case Op::pool:
      return read(read_pool, PoolArgs());
    case Op::multiply:
      return read(read_multiply, MultiplyArgs());
    case Op::patches:
      return read(read_patches, PatchesArgs());
    case Op::convolve:
      return read(read_convolve, ConvolveArgs());
    case Op::activate:
      return read(read_activate, ActivateArgs());
    case Op::softmax_backward:
      return read(read_softmax_backward, SoftmaxBackwardArgs());
    case Op::norm_backward:
      return read(read_norm_backward, NormBackwardArgs());
    case Op::activate_backward:
      return read(read_activate_backward, ActivateBackwardArgs());
    case Op::rotary:
      return read(read_rotary, RotaryArgs());
    default:
      return read(read_merge, MergeArgs());
  }
}

// ---- running one ----

/** Scratch that ends where untouchable memory begins, and an end to calls that would go on for ever. */
struct FuzzHost : SerialHost {
  using Block = std::optional<GuardedMemory<char>>;

  FuzzHost() : SerialHost(take<&FuzzHost::shared>, take<&FuzzHost::scratch>, end) {}
  template <Block FuzzHost::*block>
  static void* take(Host* host, int64_t bytes) {
    if (bytes < 0 || bytes > 64 << 20) return nullptr;
    auto& memory = static_cast<FuzzHost*>(host)->*block;
    memory.emplace(static_cast<size_t>((bytes + 63) / 64 * 64));
    std::memset(memory->data(), 0xff, static_cast<size_t>(bytes));  // NaN: whatever is read before it is written shows
    return memory->data();
  }
  static bool end(Host* host) { return ++static_cast<FuzzHost*>(host)->tasks > 200; }

  Block shared, scratch;
  int tasks = 0;
};

uint32_t checksum(const Buffer& buffer) {
  uint32_t sum = 2166136261u;
  for (int64_t i = 0; i < buffer.bytes; ++i) sum = (sum ^ static_cast<uint8_t>(static_cast<char*>(buffer.data)[i])) * 16777619u;
  return sum;
}

void fill(char* data, int64_t bytes) {
  for (int64_t i = 0; i + 4 <= bytes; i += 4) {
    const float value =
        one_in(50) ? special_values()[below(static_cast<int64_t>(special_values().size()))] : static_cast<float>(below(2001) - 1000) / 500;
    const auto length = static_cast<int32_t>(below(9) - 4);  // of a sequence, perhaps, which another thread has made negative
    if (one_in(4))
      std::memcpy(data + i, &length, 4);
    else
      std::memcpy(data + i, &value, 4);
  }
}

/** A word that is none, or one that is too much: of the kinds that have overflowed in other people's code. */
double lie(double truth) {
  const double lies[] = {NAN,    HUGE_VAL, -HUGE_VAL,  -1,     0.5,    truth + 1, truth * 2,      truth - 1, 0x1p31, 0x1p32,
                         0x1p52, 0x1p53,   0x1p53 + 2, 0x1p62, 0x1p63, 0x1p64,    0x1p32 + truth, 1e300,     -0.0};
  return lies[below(std::size(lies))];
}

double work_of(const Shape& shape) {
  double work = 1;
  for (const int word : shape.size_words) work *= std::max(1.0, shape.words[word]);
  return work;
}

/** Does the verdict hold, on every target of this CPU? Lies in up to three words and two buffers. */
void run_one(Test& test, Shape shape, int lying_words, bool lying_buffers) {
  lay_out(shape);
  std::vector<Memory> memory(shape.buffers);
  std::vector<Buffer> buffers(shape.buffers, Buffer{nullptr, 0});
  const Shape honest = shape;
  for (const Tensor& tensor : shape.tensors) {
    if (tensor.optional && one_in(2)) continue;
    int64_t bytes = bytes_needed(shape, tensor);
    if (lying_buffers && one_in(4)) bytes = std::max<int64_t>(0, bytes - 1 - below(tensor.element));
    if (lying_buffers && one_in(10)) continue;
    Memory& mine = memory[tensor.buffer];
    // Against the end, so that what is behind shows; or against the beginning, where there is room for an odd address.
    const Edge edge = one_in(2) || bytes % tensor.element != 0 ? Edge::begin : Edge::end;
    const int64_t shift = lying_buffers && edge == Edge::begin && one_in(6) ? 1 : 0;
    mine.bytes.emplace(static_cast<size_t>(bytes + shift), edge);
    fill(mine.bytes->data(), bytes + shift);
    buffers[tensor.buffer] = {mine.bytes->data() + shift, bytes};
  }
  for (int i = 0; i < lying_words; ++i) {
    double& word = shape.words[below(static_cast<int64_t>(shape.words.size()))];
    word = lie(word);
  }
  // Tensors' elements and the number of parts follow from words that a lie may have changed: only what the lies left is judged here.
  bool whole = true;
  for (const double word : shape.words) whole = whole && is_size(word);
  const bool same_kind = [&] {
    switch (shape.op) {
      case Op::attention:
        return shape.words[kAttentionDtype] == honest.words[kAttentionDtype] &&
               shape.words[kAttentionOutDtype] == honest.words[kAttentionOutDtype];
      case Op::attention_backward:
        return shape.words[kAttentionDtype] == honest.words[kAttentionDtype] &&
               shape.words[kAttentionOutDtype] == honest.words[kAttentionOutDtype] &&
               shape.words[kBackwardDOutDtype] == honest.words[kBackwardDOutDtype] &&
               shape.words[kAttentionScore] == honest.words[kAttentionScore];
      case Op::matmul:
        return shape.words[kMatmulDtype] == honest.words[kMatmulDtype] && shape.words[kMatmulOutDtype] == honest.words[kMatmulOutDtype] &&
               shape.words[kMatmulBDtype] == honest.words[kMatmulBDtype] &&
               (shape.words[kMatmulPanel] > 0) == (honest.words[kMatmulPanel] > 0);
      case Op::softmax:
        return shape.words[kSoftmaxDtype] == honest.words[kSoftmaxDtype] && shape.words[kSoftmaxOutDtype] == honest.words[kSoftmaxOutDtype];
      case Op::merge:
        return shape.words[kMergeDtype] == honest.words[kMergeDtype] && shape.words[kMergeOutDtype] == honest.words[kMergeOutDtype] &&
               shape.words[kMergeParts] == honest.words[kMergeParts];
      case Op::pool:
      case Op::multiply:
      case Op::convolve:
        return true;
      case Op::patches:
        return shape.words[kPatchesTransposed] == honest.words[kPatchesTransposed] &&
               shape.words[kPatchesRows] == honest.words[kPatchesRows] && shape.words[kPatchesColumns] == honest.words[kPatchesColumns];
      case Op::activate:
        return shape.words[kActivateDtype] == honest.words[kActivateDtype] &&
               shape.words[kActivateOutDtype] == honest.words[kActivateOutDtype];
      case Op::softmax_backward:
      case Op::norm_backward:
      case Op::activate_backward:
        return shape.words[kGradientDtype] == honest.words[kGradientDtype] &&
               shape.words[kGradientDOutDtype] == honest.words[kGradientDOutDtype] &&
               shape.words[kGradientDXDtype] == honest.words[kGradientDXDtype];
      case Op::rotary:
        return shape.words[kRotaryDtype] == honest.words[kRotaryDtype] && shape.words[kRotaryOutDtype] == honest.words[kRotaryOutDtype];
      case Op::convert:  // as softmax's tensors are read
      case Op::norm:
      case Op::cache_attention:  // whose pages test_page_lies looks at
      case Op::append:
        break;
    }
    return false;
  }();

  for (const Kernels* kernels : all_targets()) {
    if (!missing_features(*kernels).empty()) continue;
    std::vector<uint32_t> before;  // another target may have run what this one refuses
    for (const Buffer& buffer : buffers) before.push_back(checksum(buffer));
    const Words words = {shape.words.data(), static_cast<int64_t>(shape.words.size())};
    const Buffers lent = {buffers.data(), static_cast<int64_t>(buffers.size())};
    FuzzHost host;
    // A call that is right and would take for ever is read only: one row, of 2^40 times the same element, is one task.
    const bool run = work_of(shape) <= 0x1p22;
    Status status;
    if (run) {
      status = run_call(shape.op, *kernels, words, lent, &host);
    } else {
      status = read_only(shape.op, words, lent);
    }
    const bool foreign = shape.op == Op::matmul && shape.words[kMatmulPanel] != 0 && shape.words[kMatmulPanel] != kernels->tile.columns;
    if (foreign && run) {
      test.check(status != Status::ok && status <= Status::misaligned, "%s: ran on the panels of another target", kernels->name);
      if (lying_words == 0 && !lying_buffers) continue;
    }
    const bool refused = status != Status::ok && status != Status::aborted && status != Status::out_of_memory;
    if (lying_words == 0 && !lying_buffers)
      test.check(!refused, "%s: an honest call gave status %d", kernels->name, static_cast<int>(status));
    if (!refused && whole && same_kind) test.check(fits(shape, buffers), "%s: accepted what does not fit", kernels->name);
    if (refused && whole && same_kind && lying_words == 0 && !foreign)
      test.check(!fits(shape, buffers), "%s: refused what fits", kernels->name);
    test.check(status >= Status::ok && status <= Status::aborted, "%s: status %d", kernels->name, static_cast<int>(status));
    for (const Tensor& tensor : shape.tensors) {
      const bool may_change = tensor.written && run && !refused;
      if (!may_change)
        test.check(checksum(buffers[tensor.buffer]) == before[tensor.buffer], "%s: buffer %d changed", kernels->name, tensor.buffer);
    }
  }
}

void fuzz(const char* op, Shape (*make)(), int rounds) {
  const std::string name = op;
  {
    Test test(name + ": honest calls run");
    for (int i = 0; i < rounds; ++i) run_one(test, make(), 0, false);
  }
  {
    Test test(name + ": buffers that are missing, short or odd");
    for (int i = 0; i < rounds; ++i) run_one(test, make(), 0, true);
  }
  Test test(name + ": words that lie");
  for (int i = 0; i < rounds; ++i) run_one(test, make(), 1 + static_cast<int>(below(3)), one_in(4));
}

// ---- one lie at a time ----

struct Lie {
  const char* name;
  std::function<void(std::vector<double>&, std::vector<Buffer>&)> tell;
  Status expected;
};

void test_lies() {
  alignas(64) static float memory[64];
  const std::vector<double> words = [] {
    std::vector<double> w = {1, 2, 1, 2, 3, 4, 4, 0, 0, 0.5, 0, HUGE_VAL, HUGE_VAL, 1, 0, 4, 0, 0};
    for (const auto& view : std::initializer_list<std::vector<double>>{
             {0, 16, 8, 4, 1}, {0, 12, 12, 4, 1}, {0, 12, 12, 4, 1}, {0, 16, 8, 4, 1}, {0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}}) {
      w.insert(w.end(), view.begin(), view.end());
    }
    w.resize(kAttentionWords);
    return w;
  }();
  using W = std::vector<double>;
  using B = std::vector<Buffer>;
  const auto word = [](int index, double value) { return [=](W& w, B&) { w[index] = value; }; };
  const Lie lies[] = {
      {"none", [](W&, B&) {}, Status::ok},
      {"no words", [](W& w, B&) { w.clear(); }, Status::bad_words},
      {"a word too few", [](W& w, B&) { w.pop_back(); }, Status::bad_words},
      {"a negative size", word(kAttentionBatch, -1), Status::bad_words},
      {"half a key", word(kAttentionKeyLength, 2.5), Status::bad_words},
      {"NaN heads", word(kAttentionQueryHeads, NAN), Status::bad_words},
      {"infinitely many queries", word(kAttentionQueryLength, HUGE_VAL), Status::bad_words},
      {"a size past 2^53", word(kAttentionHeadDim, 0x1p53 + 2), Status::bad_words},
      {"sizes whose product passes 2^63", [](W& w, B&) { w[kAttentionBatch] = w[kAttentionQueryLength] = 0x1p40; }, Status::bad_words},
      {"keys enough for 2^32 bytes more", word(kAttentionKeyLength, 0x1p30 + 3), Status::buffer_short},
      {"query heads that are no multiple", word(kAttentionKvHeads, 4), Status::bad_words},
      {"no key heads", word(kAttentionKvHeads, 0), Status::bad_words},
      {"a dtype that is none", word(kAttentionDtype, 3), Status::bad_words},
      {"an output dtype that is neither", word(kAttentionOutDtype, 1), Status::bad_words},
      {"a NaN scale", word(kAttentionScale, NAN), Status::bad_words},
      {"a window that is none", word(kAttentionWindowLeft, NAN), Status::bad_words},
      {"a window to minus infinity", word(kAttentionWindowRight, -HUGE_VAL), Status::bad_words},
      {"half an offset", word(kAttentionQueryOffset, 0.5), Status::bad_words},
      {"a negative stride", word(kAttentionViews + 3, -4), Status::bad_words},
      {"a stride that wraps to 0 in 64 bits", word(kAttentionViews + 1, 0x1p62), Status::bad_words},
      {"a stride that leaves the buffer", word(kAttentionViews + 3, 5), Status::buffer_short},
      {"an offset of one too many", word(kAttentionViews, 1), Status::buffer_short},
      {"an offset of 2^53", word(kAttentionViews, 0x1p53), Status::buffer_short},
      {"no query", [](W&, B& b) { b[kAttentionQ] = {}; }, Status::buffer_missing},
      {"no buffers", [](W&, B& b) { b.clear(); }, Status::buffer_missing},
      {"a byte too few", [](W&, B& b) { b[kAttentionV].bytes -= 1; }, Status::buffer_short},
      {"a detached output", [](W&, B& b) { b[kAttentionOut].bytes = 0; }, Status::buffer_short},
      {"an odd address", [](W&, B& b) { b[kAttentionK].data = reinterpret_cast<char*>(memory) + 1; }, Status::misaligned},
      {"sinks for one head of two",
       [](W&, B& b) {
         b[kAttentionSinks] = {memory, 4};
       },
       Status::buffer_short},
      {"weights that are too short",
       [](W&, B& b) {
         b[kAttentionWeights] = {memory, 44};
       },
       Status::buffer_short},
      {"a mask that ends early",
       [](W& w, B& b) {
         b[kAttentionMask] = {memory, 2}, w[kAttentionViews + 24] = 1;
       },
       Status::buffer_short},
      {"an offset of a mask that is not there", word(kAttentionViews + 5 * kAttentionMask, NAN), Status::ok},
      {"a stride of a mask that is not there", word(kAttentionViews + 5 * kAttentionMask + 3, 7), Status::ok},
      {"a mask that lies nowhere",
       [](W& w, B& b) {
         b[kAttentionMask] = {memory, 64}, w[kAttentionViews + 5 * kAttentionMask] = NAN;
       },
       Status::bad_words},
      {"a score that is none", word(kAttentionScore, 6), Status::bad_words},
      {"keys of another width and no weight", word(kAttentionKeyDim, 3), Status::bad_words},
      {"units of a score that has none", word(kAttentionUnits, 3), Status::bad_words},
      {"a NaN gamma", word(kAttentionGamma, NAN), Status::bad_words},
      {"a general score without its weight", word(kAttentionScore, 4), Status::bad_words},
      {"a weight of a score that has none",
       [](W&, B& b) {
         b[kAttentionQueryWeightBuffer] = {memory, 256};
       },
       Status::bad_words},
      {"a weight that is too short",
       [](W& w, B& b) {
         w[kAttentionScore] = 4, w[kAttentionQueryWeight + 2] = 4, w[kAttentionQueryWeight + 3] = 1;
         b[kAttentionQueryWeightBuffer] = {memory, 63};
       },
       Status::buffer_short},
      {"an additive score without its vector", [](W& w, B&) { w[kAttentionScore] = 5, w[kAttentionUnits] = 4; }, Status::buffer_missing},
      {"no batch, and no buffers either", [](W& w, B& b) { w[kAttentionBatch] = 0, b.clear(); }, Status::ok},
      {"words wrong and buffers missing: the words", [](W& w, B& b) { w[kAttentionScale] = NAN, b.clear(); }, Status::bad_words},
  };
  for (const Lie& lie : lies) {
    Test test(std::string("attention with ") + lie.name);
    W w = words;
    B b(kAttentionBuffers, Buffer{nullptr, 0});
    b[kAttentionQ] = b[kAttentionOut] = {memory, 64};
    b[kAttentionK] = b[kAttentionV] = {memory, 48};
    lie.tell(w, b);
    AttentionArgs args;
    const Status got = read_attention({w.data(), static_cast<int64_t>(w.size())}, {b.data(), static_cast<int64_t>(b.size())}, &args);
    test.check(got == lie.expected, "status %d, expected %d", static_cast<int>(got), static_cast<int>(lie.expected));
    test.check(args.mask.data || args.mask.row_stride == 0, "a mask that is not there has a stride");
  }
}

/** The panels of a packed b. */
void test_panel_lies() {
  alignas(64) static float memory[256];
  using W = std::vector<double>;
  using B = std::vector<Buffer>;
  // a is [2, 3]; b is [3, 9] as int8, in two panels of 8: 48 bytes, and 16 scales.
  W words = {2, 9, 3, 0, 3, 0, 0, 8, 1, 1, 1, 1, 1, 1};
  for (const W& view : {W{0, 0, 0, 0, 0, 0, 0, 3, 1}, W{0, 0, 0, 0, 0, 0, 0, 0, 1}, W{0, 0, 0, 0, 0, 0, 0, 9, 1}, W{0, 0}})
    words.insert(words.end(), view.begin(), view.end());
  const auto word = [](int index, double value) { return [=](W& w, B&) { w[static_cast<size_t>(index)] = value; }; };
  constexpr int b_view = kMatmulViews + kMatmulBatchRank + 3;
  const Lie lies[] = {
      {"none", [](W&, B&) {}, Status::ok},
      {"a word too few", [](W& w, B&) { w.pop_back(); }, Status::bad_words},
      {"half a column a panel", word(kMatmulPanel, 0.5), Status::bad_words},
      {"a negative panel", word(kMatmulPanel, -8), Status::bad_words},
      {"NaN columns a panel", word(kMatmulPanel, NAN), Status::bad_words},
      {"a panel of 2^53 columns", word(kMatmulPanel, 0x1p53), Status::bad_words},
      {"a wider panel", word(kMatmulPanel, 17), Status::buffer_short},
      {"no panel, but int8", word(kMatmulPanel, 0), Status::bad_words},
      {"a dtype that is none", word(kMatmulBDtype, 4), Status::bad_words},
      {"float32, which takes four times as much", word(kMatmulBDtype, 0), Status::buffer_short},
      {"a column of the third panel", word(kMatmulN, 17), Status::buffer_short},
      {"a row more", word(kMatmulK, 4), Status::buffer_short},
      {"2^50 rows, whose panels overflow", word(kMatmulK, 0x1p50), Status::buffer_short},
      {"2^53 rows", word(kMatmulK, 0x1p53), Status::bad_words},
      {"gaps in the panels", word(b_view + 8, 2), Status::bad_words},
      {"an offset of one too many", word(b_view, 1), Status::buffer_short},
      {"an offset of 2^53", word(b_view, 0x1p53), Status::buffer_short},
      {"no panels", [](W&, B& b) { b[kMatmulB] = {}; }, Status::buffer_missing},
      {"panels of a byte less", [](W&, B& b) { b[kMatmulB].bytes -= 1; }, Status::buffer_short},
      {"no scales", [](W&, B& b) { b[kMatmulScales] = {}; }, Status::buffer_missing},
      {"scales for the nine columns alone", [](W&, B& b) { b[kMatmulScales].bytes = 36; }, Status::buffer_short},
      {"odd scales", [](W&, B& b) { b[kMatmulScales].data = reinterpret_cast<char*>(memory) + 1; }, Status::misaligned},
      {"odd panels of float32",
       [](W& w, B& b) {
         w[kMatmulBDtype] = 0, b[kMatmulB] = {reinterpret_cast<char*>(memory) + 2, 192};
       },
       Status::misaligned},
      {"no columns, and no panels either", [](W& w, B& b) { w[kMatmulN] = 0, b[kMatmulB] = b[kMatmulScales] = {}; }, Status::ok},
  };
  for (const Lie& lie : lies) {
    Test test(std::string("a packed b with ") + lie.name);
    W w = words;
    B b = {{memory, 24}, {memory, 48}, {memory, 72}, {nullptr, 0}, {memory, 64}};
    lie.tell(w, b);
    MatmulArgs args;
    const Status got = read_matmul({w.data(), static_cast<int64_t>(w.size())}, {b.data(), static_cast<int64_t>(b.size())}, &args);
    test.check(got == lie.expected, "status %d, expected %d", static_cast<int>(got), static_cast<int>(lie.expected));
  }
}

/** The pages of a cache: rows that lie about their blocks, blocks that are not whole. */
void test_page_lies() {
  alignas(64) static float memory[64];
  using W = std::vector<double>;
  using B = std::vector<Buffer>;
  // Two tokens of one head, to positions 3 and 4 of a row of two blocks of four tokens; a block is 2 · 4 · 4 · 4 bytes.
  const W append = {1, 1, 2, 4, 4, 0, 0, 4, 0, 8, 8, 4, 1, 0, 8, 8, 4, 1, 0, 3, 0, 2};
  W attend = {1, 2, 1, 2, 5, 4, 4, 0, 0, 0.5, 0, HUGE_VAL, 0, 3, 0, 4, 0, 0};
  for (const W& view : {W{0, 16, 8, 4, 1}, W(5), W(5), W{0, 16, 8, 4, 1}, W(5), W(5), W(14), W{0, 4, 0, 5, 0, 2}})
    attend.insert(attend.end(), view.begin(), view.end());
  const auto word = [](int from_end, double value) { return [=](W& w, B&) { w[w.size() - static_cast<size_t>(from_end)] = value; }; };
  const Lie lies[] = {
      {"none", [](W&, B&) {}, Status::ok},
      {"a row too few", [](W& w, B&) { w.pop_back(); }, Status::bad_words},
      {"a first token past its end", word(4, 6), Status::bad_words},
      {"a negative end", word(3, -1), Status::bad_words},
      {"an end past its blocks", word(3, 9), Status::buffer_short},
      {"a block too few", word(1, 1), Status::buffer_short},
      {"blocks past the last", word(2, 1), Status::buffer_missing},
      {"2^53 blocks", word(1, 0x1p53), Status::buffer_missing},
      {"half a block", word(1, 1.5), Status::bad_words},
      {"no block", [](W&, B& b) { b.back() = {}; }, Status::buffer_missing},
      {"a block of a byte less", [](W&, B& b) { b.back().bytes -= 1; }, Status::buffer_short},
      {"an odd block", [](W&, B& b) { b.back().data = reinterpret_cast<char*>(memory) + 2; }, Status::misaligned},
  };
  const auto told = [](const Lie& lie, const char* op, W w, B b, Status (*read)(Words, Buffers)) {
    Test test(std::string(op) + " with " + lie.name);
    b.push_back({memory, 128});
    b.push_back({memory, 128});
    lie.tell(w, b);
    const Status got = read({w.data(), static_cast<int64_t>(w.size())}, {b.data(), static_cast<int64_t>(b.size())});
    test.check(got == lie.expected, "status %d, expected %d", static_cast<int>(got), static_cast<int>(lie.expected));
  };
  for (const Lie& lie : lies) {
    told(lie, "append", append, {{memory, 32}, {memory, 32}}, [](Words words, Buffers buffers) {
      AppendArgs args;
      return read_append(words, buffers, &args);
    });
    B b(kAttentionBuffers, Buffer{nullptr, 0});
    b[kAttentionQ] = b[kAttentionOut] = {memory, 64};
    told(lie, "attention over a cache", attend, b, [](Words words, Buffers buffers) {
      AttentionArgs args;
      return read_cache_attention(words, buffers, &args);
    });
  }
  const Lie dtypes[] = {
      {"a dtype that is none", [](W& w, B&) { w[kAppendCacheDtype] = 4; }, Status::bad_words},
      {"blocks of no tokens", [](W& w, B&) { w[kAppendBlockTokens] = 0; }, Status::bad_words},
      {"blocks of 2^40 tokens", [](W& w, B&) { w[kAppendBlockTokens] = 0x1p40; }, Status::buffer_short},
      {"blocks of 2^53 tokens", [](W& w, B&) { w[kAppendBlockTokens] = 0x1p53; }, Status::bad_words},
      {"halves of another kind", [](W& w, B&) { w[kAppendDtype] = 1, w[kAppendCacheDtype] = 2; }, Status::bad_words},
      {"int8, whose scales do not fit", [](W& w, B& b) { w[kAppendCacheDtype] = 3, b.back().bytes = 128 + 127; }, Status::buffer_short},
  };
  for (const Lie& lie : dtypes)
    told(lie, "append", append, {{memory, 32}, {memory, 32}}, [](Words words, Buffers buffers) {
      AppendArgs args;
      return read_append(words, buffers, &args);
    });
}

}  // namespace

int main(int count, char** arguments) {
  const int rounds = count > 1 ? std::atoi(arguments[1]) : 400;
  test_lies();
  test_page_lies();
  test_panel_lies();
  fuzz("attention", attention_shape, rounds);
  fuzz("attention backward", backward_shape, rounds);
  fuzz("softmax backward", softmax_backward_shape, rounds);
  fuzz("norm backward", norm_backward_shape, rounds);
  fuzz("activate backward", activate_backward_shape, rounds);
  fuzz("matmul", matmul_shape, rounds);
  fuzz("matmul of a packed b", packed_matmul_shape, rounds);
  fuzz("softmax", softmax_shape, rounds);
  fuzz("merge", merge_shape, rounds);
  fuzz("pool", pool_shape, rounds);
  fuzz("multiply", multiply_shape, rounds);
  fuzz("patches", patches_shape, rounds);
  fuzz("convolve", convolve_shape, rounds);
  fuzz("activate", activate_shape, rounds);
  fuzz("rotary", rotary_shape, rounds);
  return finish();
}
