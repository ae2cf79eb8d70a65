// Softmax over one axis: out = e^(s − max s) / Σ e^(s − max s), s = scale · x; masked lanes are s = −∞.
#pragma once

#include "softmax_columns.inl"
#include "softmax_rows.inl"

namespace fovea {
namespace {

/** Lanes run across the last outer dimension rather than along an axis whose elements lie apart. */
inline bool softmax_side_by_side(const SoftmaxArgs& args) { return args.x.axis_stride != 1 && args.outer[kSoftmaxOuterRank - 1] > 1; }

template <class V>
void softmax(const SoftmaxArgs& args, int64_t begin, int64_t end, float* scratch) {
  const int64_t columns = args.outer[kSoftmaxOuterRank - 1];
  const bool side_by_side = softmax_side_by_side(args);
  while (begin < end) {
    if (side_by_side) {
      const int64_t count = smaller(smaller(columns - begin % columns, end - begin), softmax_columns_of(args.length));
      softmax_columns<V>(args, begin, count, scratch);
      begin += count;
    } else {
      softmax_row<V>(args, begin++, scratch);
    }
  }
}

template <class V>
int64_t softmax_scratch(const SoftmaxArgs& args) {
  if (softmax_side_by_side(args)) return softmax_columns_scratch<V>(args.length);
  return round_up(smaller(args.length, kSoftmaxBlock), V::lanes);
}

}  // namespace
}  // namespace fovea
