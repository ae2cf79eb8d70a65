// The gradients of norm.inl: with g = d_out · γ, r = 1 / √(σ² + ε) and x̂ = (x − μ) · r, a row has
//
//   d_x = r · (g − Σ g / n − x̂ · Σ g·x̂ / n), without Σ g / n where no mean was taken off
//
// and adds d_out · x̂ to the gradient of γ, d_out to that of β. A row comes from memory once; its mean and variance are computed again.
#pragma once

#include "../kernels.h"
#include "norm.inl"

namespace fovea {
namespace {

/** to, d_gamma and d_beta as above; `to` may be x, and so may `room`, for one more row. d_beta null: not wanted. */
template <class V>
inline void norm_backward_row(const NormBackwardArgs& args, const float* x, const float* d_out, const float* gamma, float* to,
                              float* d_gamma, float* d_beta, float* room) {
  const int64_t n = args.views.length;
  const Normal row = normal_of<V>(x, n, 0, args.centered, args.epsilon, room);
  const float* const from = row.x;
  const float share = 1.0f / static_cast<float>(n);
  const V mean = V::set(row.mean), factor = V::set(row.factor), unit = V::set(row.unit), zero = V::set(0.0f);
  const auto normalised = [=](V value) { return mul(sub(value, mean), factor); };

  const float sum =
      args.centered ? row_total<V>(d_out, n, 0, zero, [=](V d, V so_far, auto load) { return mul_add(d, load(gamma), so_far); }) : 0.0f;
  const float product = row_total<V>(
      d_out, n, 0, zero, [=](V d, V so_far, auto load) { return mul_add(mul(d, load(gamma)), normalised(load(from)), so_far); });
  each_vector<V>(d_gamma, n, d_gamma, [=](V so_far, auto load) { return mul_add(load(d_out), normalised(load(from)), so_far); });
  if (d_beta) each_vector<V>(d_beta, n, d_beta, [=](V so_far, auto load) { return add(so_far, load(d_out)); });

  const V common = V::set(sum * share), along = V::set(product * share);
  each_vector<V>(from, n, to, [=](V value, auto load) {
    const V rest = sub(sub(mul(load(d_out), load(gamma)), common), mul(normalised(value), along));
    return mul(mul(rest, factor), unit);  // r itself may be subnormal
  });
}

template <class V>
void norm_backward(const NormBackwardArgs& args, int64_t begin, int64_t end, float* d_gamma, float* d_beta, float* scratch) {
  const GradientViews& views = args.views;
  const int64_t n = views.length, padded = round_up(n, V::lanes);
  const float* const gamma = contiguous(args.gamma, args.gamma_stride, n, 1.0f, scratch + 2 * padded);
  for (; begin < end; begin++) {
    const float* const x = row_of<V>(views.x, outer_offset(views.outer, views.x, begin), views.x.axis_stride, n, scratch);
    const float* const d_out =
        row_of<V>(views.d_out, outer_offset(views.outer, views.d_out, begin), views.d_out.axis_stride, n, scratch + padded);
    put_row<V>(views.d_x, outer_offset(views.outer, views.d_x, begin), views.d_x.axis_stride, n, scratch,
               [&](float* to) { norm_backward_row<V>(args, x, d_out, gamma, to, d_gamma, args.d_beta ? d_beta : nullptr, scratch); });
  }
}

template <class V>
int64_t norm_backward_scratch(const NormBackwardArgs& args) {
  return 3 * round_up(args.views.length, V::lanes);
}

template <class V>
void add_up(const float* parts, int64_t part_stride, int64_t count, int64_t n, float* to, int64_t to_stride, float* scratch) {
  for (int64_t i = 0; i < n; i++) scratch[i] = 0.0f;
  for (int64_t part = 0; part < count; part++) {
    const float* const from = parts + part * part_stride;
    each_vector<V>(scratch, n, scratch, [=](V sum, auto load) { return add(sum, load(from)); });
  }
  narrow<V>(scratch, n, to, DType::float32, to_stride);
}

}  // namespace
}  // namespace fovea
