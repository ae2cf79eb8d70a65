// Rows along an axis, wherever they lie: for kernels that work on one after another.
#pragma once

#include "convert.inl"

namespace fovea {
namespace {

/** Where the index of all dimensions but the axis, the last one fastest, lies in one view, in elements. */
template <int Rank>
inline int64_t outer_offset(const int64_t (&outer)[Rank], const AxisView& view, int64_t index) {
  int64_t offset = 0;
  for (int d = Rank - 1; d >= 0; d--) {
    offset += index % outer[d] * view.outer_strides[d];
    index /= outer[d];
  }
  return offset;
}

inline bool is_plain(const AxisView& view) { return view.dtype == DType::float32 && view.axis_stride == 1; }

}  // namespace
}  // namespace fovea
