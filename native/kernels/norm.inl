// Layer normalisation (Ba, Kiros & Hinton 2016) and root mean square normalisation (Zhang & Sennrich 2019) of rows:
//
//   μ = Σ x / n, or 0 ; σ² = Σ (x − μ)² / n ; out = (x − μ) · (1 / √(σ² + ε)) · γ + β
//
// in two or three passes over a row, which comes from memory once. Four sums side by side hide the latency of each.
#pragma once

#include "../kernels.h"
#include "math.inl"
#include "rows.inl"

namespace fovea {
namespace {

/** Σ term(x) of a row; what is added for the lanes behind its end is term(`neutral`), to be 0. */
template <class V, class Term>
inline float row_total(const float* x, int64_t n, V neutral, const Term& term) {
  constexpr int side_by_side = 4;
  V sum[side_by_side] = {V::set(0.0f), V::set(0.0f), V::set(0.0f), V::set(0.0f)};
  int64_t i = 0;
  for (; i + side_by_side * V::lanes <= n; i += side_by_side * V::lanes) {
#pragma GCC unroll 4
    for (int j = 0; j < side_by_side; j++) sum[j] = term(V::load(x + i + j * V::lanes), sum[j]);
  }
  for (; i + V::lanes <= n; i += V::lanes) sum[0] = term(V::load(x + i), sum[0]);
  if (i < n) {
    const auto is_there = less(V::iota(), V::set(static_cast<float>(n - i)));
    sum[1] = term(select(is_there, load_part<V>(x + i, n - i), neutral), sum[1]);
  }
  return reduce_add(add(add(sum[0], sum[1]), add(sum[2], sum[3])));
}

/** What a row is multiplied with whose squares overflow: a power of two rounds nothing. */
constexpr float kSmall = 0x1p-80f;

/** One row's mean and variance. */
struct Moments {
  float mean, variance;
};

template <class V>
__attribute__((noinline)) Moments moments_of(const float* x, int64_t n, bool centered) {
  const float share = 1.0f / static_cast<float>(n);
  const float mean = centered ? row_total<V>(x, n, V::set(0.0f), [](V v, V sum) { return add(sum, v); }) * share : 0.0f;
  const V middle = V::set(mean);
  const auto square = [=](V v, V sum) {
    const V distance = sub(v, middle);
    return mul_add(distance, distance, sum);
  };
  return {mean, row_total<V>(x, n, middle, square) * share};
}

/** to = the row normalised; it may be x itself, and so may `room`, for one more row. */
template <class V>
inline void norm_row(const float* x, int64_t n, bool centered, float epsilon, const float* gamma, const float* beta, float* to,
                     float* room) {
  Moments at = moments_of<V>(x, n, centered);
  if (!(at.variance <= kLargest)) {
    each_vector<V>(x, n, room, [](V value, auto) { return mul(value, V::set(kSmall)); });
    x = room;
    at = moments_of<V>(x, n, centered);
    epsilon *= kSmall * kSmall;
  }
  const V mean = V::set(at.mean), factor = V::set(1.0f / __builtin_sqrtf(at.variance + epsilon));
  each_vector<V>(x, n, to, [=](V value, auto load) { return mul_add(mul(sub(value, mean), factor), load(gamma), load(beta)); });
}

template <class V>
void norm(const NormArgs& args, int64_t begin, int64_t end, float* scratch) {
  const int64_t n = args.length, padded = round_up(n, V::lanes);
  const float* const gamma = contiguous(args.gamma, args.gamma_stride, n, 1.0f, scratch + padded);
  const float* const beta = contiguous(args.beta, args.beta_stride, n, 0.0f, scratch + 2 * padded);
  for (; begin < end; begin++) {
    const void* const from = element(static_cast<const void*>(args.x.data), args.x.dtype, outer_offset(args.outer, args.x, begin));
    void* const to = element(args.out.data, args.out.dtype, outer_offset(args.outer, args.out, begin));
    const bool reads_x = is_plain(args.x), writes_out = is_plain(args.out);
    if (!reads_x) widen<V>(from, args.x.dtype, args.x.axis_stride, n, scratch);
    norm_row<V>(reads_x ? static_cast<const float*>(from) : scratch, n, args.centered, args.epsilon, gamma, beta,
                writes_out ? static_cast<float*>(to) : scratch, scratch);
    if (!writes_out) narrow<V>(scratch, n, to, args.out.dtype, args.out.axis_stride);
  }
}

template <class V>
int64_t norm_scratch(const NormArgs& args) {
  return 3 * round_up(args.length, V::lanes);
}

}  // namespace
}  // namespace fovea
