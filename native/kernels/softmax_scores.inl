// What both ways of softmax (softmax_rows.inl, softmax_columns.inl) begin and end with: scores out of x, weights into out.
#pragma once

#include "../kernels.h"
#include "mask.inl"
#include "rows.inl"

namespace fovea {
namespace {

/** One of so many elements, a line of float32, is asked for ahead, where exponentials leave memory idle. */
constexpr int64_t kFetched = 16;

/** A stretch of x and of its mask: n elements, a stride apart. */
struct Stretch {
  int64_t x_offset, x_stride, mask_offset, mask_stride, n;
};

/** to[i] = scale · x for i < n, −∞ where the mask is zero. */
template <class V>
inline void softmax_scores(const SoftmaxArgs& args, Stretch at, float* to) {
  widen<V>(element(static_cast<const void*>(args.x.data), args.x.dtype, at.x_offset), args.x.dtype, at.x_stride, at.n, to);
  const V scale = V::set(args.scale);
  int64_t i = 0;
  for (; i + V::lanes <= at.n; i += V::lanes) mul(V::load(to + i), scale).store(to + i);
  if (i < at.n) store_part(mul(load_part<V>(to + i, at.n - i), scale), to + i, at.n - i);
  if (args.mask.data) mask_row<V>(static_cast<const uint8_t*>(args.mask.data) + at.mask_offset, at.mask_stride, at.n, to);
}

/** Calls body with where the stretch's scores begin and their factor: in x itself if nothing but a scale changes them, else in `room`. */
template <class V, class Body>
inline void with_scores(const SoftmaxArgs& args, Stretch at, float* room, Body body) {
  if (at.x_stride == 1 && !args.mask.data) {
    with_type(args.x.dtype, [&](auto type) { body(static_cast<const decltype(type)*>(args.x.data) + at.x_offset, V::set(args.scale)); });
  } else {
    softmax_scores<V>(args, at, room);
    body(static_cast<const float*>(room), V::set(1.0f));
  }
}

/** The first n lanes as scores, −∞ in the others. */
template <class V, class T>
inline V part_of_scores(const T* x, int64_t n, V scale) {
  return select(less(V::iota(), V::set(static_cast<float>(n))), mul(load_part<V>(x, n), scale), V::set(-kInfinity));
}

/** 1/sum; 0 for what has seen nothing, NaN for what has seen NaN or +∞. */
template <class V>
inline V softmax_factor(V row_sum) {
  return select(less(V::set(0.0f), row_sum), div(V::set(1.0f), row_sum), row_sum);
}

}  // namespace
}  // namespace fovea
