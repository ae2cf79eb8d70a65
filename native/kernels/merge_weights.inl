// The weights of a merge: e^(Lₚ − base) of a stretch of rows side by side, a row of each part below the other, and the merged
// logSumExp. The parts are read once a task into scratch, for there may be any number of them.
#pragma once

#include "../kernels.h"
#include "softmax_scores.inl"

namespace fovea {
namespace {

/** Rows of a stretch: their weights, those of some hundred parts, stay in L2. */
constexpr int64_t kMergeRows = 32;
/** Values of a row that are widened at a time. */
constexpr int64_t kMergeColumns = 256;

/** A part of the call, read once a task: its two tensors, and where the rows of the stretch begin in its output. */
struct MergeSource {
  View4 output, log_sum_exp;
  const void* rows;
};

/** A call of one query a head goes along the heads: whatever is called a query below is then a head. */
inline View4 merge_view(const MergeArgs& args, View4 view) {
  if (args.query_length == 1) {
    view.row_stride = view.head_stride;
    view.head_stride = view.batch_stride;
    view.batch_stride = 0;
  }
  return view;
}

template <class V>
struct MergeStretch {
  const MergeArgs& args;
  MergeSource* sources;
  float* weights;  // [parts][kMergeRows]; −1 where a part saw nothing
  float* factors;  // [kMergeRows]
  float* room;     // [kMergeRows][kMergeColumns] sums, or one row of them
  float* widened;  // [kMergeRows][kMergeColumns] values of a part, and a vector more
  View4 out;
  int64_t heads, queries;
  bool whole;  // the rows of every part are whole vectors in one piece

  void read_parts() {
    out = merge_view(args, args.out);
    heads = args.query_length == 1 ? args.batch : args.heads;
    queries = args.query_length == 1 ? args.heads : args.query_length;
    whole = args.value_dim >= V::lanes;
    for (int64_t p = 0; p < args.parts; p++) {
      const MergePart part = read_merge_part(args, p);
      sources[p] = {merge_view(args, part.output), merge_view(args, part.log_sum_exp), nullptr};
      whole &= part.output.column_stride == 1;
    }
  }

  /** Weights of `count` rows, not yet divided by their sum, and their logSumExp. */
  void weigh(int64_t row, int64_t count) const {
    const int64_t query = row % queries, head = row / queries % heads, batch = row / queries / heads;
    const auto offset = [=](const View4& view) { return batch * view.batch_stride + head * view.head_stride + query * view.row_stride; };
    const int64_t padded = round_up(count, V::lanes);
    for (int64_t p = 0; p < args.parts; p++) {
      MergeSource& source = sources[p];
      const View4& sums = source.log_sum_exp;
      source.rows = element(static_cast<const void*>(source.output.data), args.dtype, offset(source.output));
      float* to = weights + p * kMergeRows;
      widen<V>(static_cast<const float*>(sums.data) + offset(sums), DType::float32, sums.row_stride, count, to);
      fill_masked(to, count, padded);
    }
    fill_masked(factors, 0, padded);
    if (args.sinks)
      for (int64_t r = 0; r < count; r++) factors[r] = args.sinks[args.query_length == 1 ? query + r : head];
    float* sums = room;
    float* bases = room + kMergeRows;
    for (int64_t r = 0; r < padded; r += V::lanes) {
      const V sink = V::load(factors + r);
      // As NaN is greater than nothing, this is a number; a part of NaN makes the sum NaN below.
      V most = max(sink, V::set(-kInfinity));
      for (int64_t p = 0; p < args.parts; p++) most = max(V::load(weights + p * kMergeRows + r), most);
      const V base = finite_base(most);
      V sum = exp_of_difference(sub(sink, base));
      for (int64_t p = 0; p < args.parts; p++) {
        float* at = weights + p * kMergeRows + r;
        const V score = V::load(at);
        const V weight = exp_of_difference(sub(score, base));
        sum = add(sum, weight);
        select(is_masked(score), V::set(-1.0f), weight).store(at);
      }
      base.store(bases + r);
      sum.store(sums + r);
      softmax_factor(sum).store(factors + r);
    }
    float* to = args.log_sum_exp + row;
    for (int64_t r = 0; r < count; r++) to[r] = sums[r] == 0.0f ? -kInfinity : bases[r] + log_natural(sums[r]);
  }

  void* out_at(int64_t row, int64_t r, int64_t c) const {
    const int64_t query = row % queries, head = row / queries % heads, batch = row / queries / heads;
    const int64_t place = batch * out.batch_stride + head * out.head_stride + (query + r) * out.row_stride + c * out.column_stride;
    return element(out.data, out.dtype, place);
  }
};

}  // namespace
}  // namespace fovea
