// Parts of the keys merged into the whole: softmax is associative once the sums travel along (Milakov & Gimelshein 2018, §3.1):
// L = ln Σₚ e^Lₚ, out = Σₚ e^(Lₚ − L) · outₚ. A part whose rows saw nothing (Lₚ = −∞) is not read.
#pragma once

#include "../kernels.h"
#include "mask.inl"

namespace fovea {
namespace {

template <class V>
void merge(const MergeArgs& args, int64_t begin, int64_t end, float* scratch) {
  const int64_t padded = round_up(args.value_dim, V::lanes);
  float* sum = scratch;
  float* part_row = sum + padded;
  for (int64_t row = begin; row < end; row++) {
    const int64_t query = row % args.query_length;
    const int64_t head = row / args.query_length % args.heads;
    const int64_t batch = row / args.query_length / args.heads;
    const auto offset = [=](const View4& view) { return batch * view.batch_stride + head * view.head_stride + query * view.row_stride; };
    const float sink = args.sinks ? args.sinks[head] : -kInfinity;
    // As NaN is greater than nothing, row_max is a number; a part of NaN makes the sum NaN below.
    float row_max = sink > -kInfinity ? sink : -kInfinity;
    for (int64_t p = 0; p < args.parts; p++) {
      const View4 part = read_merge_part(args, p).log_sum_exp;
      const float value = static_cast<const float*>(part.data)[offset(part)];
      if (value > row_max) row_max = value;
    }
    const float base = row_max > -kInfinity ? row_max : 0.0f;
    float row_sum = exp2<V>((sink - base) * kLog2e);
    for (int64_t c = 0; c < padded; c++) sum[c] = 0;
    for (int64_t p = 0; p < args.parts; p++) {
      const MergePart part = read_merge_part(args, p);
      const float value = static_cast<const float*>(part.log_sum_exp.data)[offset(part.log_sum_exp)];
      if (value == -kInfinity) continue;
      const float weight = exp2<V>((value - base) * kLog2e);
      row_sum += weight;
      const View4& from = part.output;
      widen<V>(element(static_cast<const void*>(from.data), from.dtype, offset(from)), from.dtype, from.column_stride, args.value_dim,
               part_row);
      for (int64_t c = 0; c < padded; c += V::lanes) mul_add(V::set(weight), V::load(part_row + c), V::load(sum + c)).store(sum + c);
    }
    const float factor = row_sum == 0.0f ? 0.0f : 1.0f / row_sum;
    for (int64_t c = 0; c < padded; c += V::lanes) mul(V::load(sum + c), V::set(factor)).store(sum + c);
    narrow<V>(sum, args.value_dim, element(args.out.data, args.out.dtype, offset(args.out)), args.out.dtype, args.out.column_stride);
    args.log_sum_exp[row] = row_sum == 0.0f ? -kInfinity : base + log_natural(row_sum);
  }
}

template <class V>
int64_t merge_scratch(const MergeArgs& args) {
  return 2 * round_up(args.value_dim, V::lanes);
}

}  // namespace
}  // namespace fovea
