// The gradient of a softmax over one axis, from what came out of it:
//
//   d_x = scale · y · (d_out − Σ y · d_out)
//
// in two passes, row by row; where the axis is strided, neighbours beside it go together, as in softmax. Where y is 0 (what was masked, or
// is too small to be told from it) d_out does not count, NaN or not, and d_x is 0.
#pragma once

#include "../kernels.h"
#include "math.inl"
#include "rows.inl"

namespace fovea {
namespace {

/** y · value, and 0 where y is 0. */
template <class V>
inline V weighed(V y, V value) {
  return zero_where(less(magnitude(y), V::set(0x1p-149f)), mul(y, value));
}

/** Some neighbours of y and d_out, as they lie or widened, and what becomes of them. */
template <class V>
struct SoftmaxGradient {
  const GradientViews& views;
  V scale;
  float* room;  // of 3 stretches

  const float* y(int64_t at, int64_t stride, int64_t n) const { return row_of<V>(views.x, at, stride, n, room); }
  const float* d_out(int64_t at, int64_t stride, int64_t n) const { return row_of<V>(views.d_out, at, stride, n, room + kSoftmaxColumns); }

  /** @param total gives Σ y · d_out of a place of y, by the loader of each_vector */
  template <class Total>
  void put(const float* y, const float* d_out, int64_t at, int64_t stride, int64_t n, const Total& total) const {
    const V factor = scale;
    put_row<V>(views.d_x, at, stride, n, room + 2 * kSoftmaxColumns, [=](float* to) {
      each_vector<V>(y, n, to, [=](V value, auto load) { return mul(factor, weighed(value, sub(load(d_out), total(load)))); });
    });
  }
};

/** One index of the outer dimensions, a stretch of the axis after another. */
template <class V>
inline void softmax_backward_row(const SoftmaxGradient<V>& gradient, int64_t index) {
  const GradientViews& views = gradient.views;
  const int64_t y_at = outer_offset(views.outer, views.x, index), d_out_at = outer_offset(views.outer, views.d_out, index);
  const int64_t d_x_at = outer_offset(views.outer, views.d_x, index);
  const int64_t y_stride = views.x.axis_stride, d_out_stride = views.d_out.axis_stride, d_x_stride = views.d_x.axis_stride;
  float sum = 0.0f;
  for (int64_t j = 0; j < views.length; j += kSoftmaxColumns) {
    const int64_t n = smaller(kSoftmaxColumns, views.length - j);
    const float* const d_out = gradient.d_out(d_out_at + j * d_out_stride, d_out_stride, n);
    sum += row_total<V>(gradient.y(y_at + j * y_stride, y_stride, n), n, 0, V::set(0.0f),
                        [=](V value, V so_far, auto load) { return add(so_far, weighed(value, load(d_out))); });
  }
  const V total = V::set(sum);
  for (int64_t j = 0; j < views.length; j += kSoftmaxColumns) {
    const int64_t n = smaller(kSoftmaxColumns, views.length - j);
    gradient.put(gradient.y(y_at + j * y_stride, y_stride, n), gradient.d_out(d_out_at + j * d_out_stride, d_out_stride, n),
                 d_x_at + j * d_x_stride, d_x_stride, n, [=](auto) { return total; });
  }
}

/** At most kSoftmaxColumns indices that are neighbours in the last outer dimension; their sums lie in `sums`. */
template <class V>
inline void softmax_backward_columns(const SoftmaxGradient<V>& gradient, int64_t index, int64_t n, float* sums) {
  const GradientViews& views = gradient.views;
  constexpr int last = kSoftmaxOuterRank - 1;
  const int64_t y_at = outer_offset(views.outer, views.x, index), d_out_at = outer_offset(views.outer, views.d_out, index);
  const int64_t d_x_at = outer_offset(views.outer, views.d_x, index);
  for (int64_t i = 0; i < n; i++) sums[i] = 0.0f;
  const auto y = [&](int64_t j) { return gradient.y(y_at + j * views.x.axis_stride, views.x.outer_strides[last], n); };
  const auto d_out = [&](int64_t j) { return gradient.d_out(d_out_at + j * views.d_out.axis_stride, views.d_out.outer_strides[last], n); };
  for (int64_t j = 0; j < views.length; j++) {
    const float *const row = y(j), *const seed = d_out(j);
    each_vector<V>(sums, n, sums, [=](V sum, auto load) { return add(sum, weighed(load(row), load(seed))); });
  }
  for (int64_t j = 0; j < views.length; j++)
    gradient.put(y(j), d_out(j), d_x_at + j * views.d_x.axis_stride, views.d_x.outer_strides[last], n,
                 [=](auto load) { return load(sums); });
}

template <class V>
void softmax_backward(const SoftmaxBackwardArgs& args, int64_t begin, int64_t end, float* scratch) {
  const GradientViews& views = args.views;
  const SoftmaxGradient<V> gradient = {views, V::set(args.scale), scratch + kSoftmaxColumns};
  const int64_t columns = views.outer[kSoftmaxOuterRank - 1];
  const bool side_by_side = views.x.axis_stride != 1 && columns > 1;
  while (begin < end) {
    const int64_t count = side_by_side ? smaller(smaller(columns - begin % columns, end - begin), kSoftmaxColumns) : 1;
    if (side_by_side)
      softmax_backward_columns<V>(gradient, begin, count, scratch);
    else
      softmax_backward_row<V>(gradient, begin);
    begin += count;
  }
}

template <class V>
int64_t softmax_backward_scratch(const SoftmaxBackwardArgs&) {
  return 4 * kSoftmaxColumns;
}

}  // namespace
}  // namespace fovea
