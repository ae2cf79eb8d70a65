// Layer normalisation (Ba, Kiros & Hinton 2016) and root mean square normalisation (Zhang & Sennrich 2019) of rows:
//
//   μ = Σ x / n, or 0 ; σ² = Σ (x − μ)² / n ; out = (x − μ) · (1 / √(σ² + ε)) · γ + β
//
// in two or three passes over a row, which comes from memory once. Four sums side by side hide the latency of each. While one row is summed
// the next is asked for.
#pragma once

#include "../kernels.h"
#include "math.inl"
#include "rows.inl"

namespace fovea {
namespace {

/** What a row is multiplied with whose squares overflow: a power of two rounds nothing. */
constexpr float kSmall = 0x1p-80f;

/** One row's mean and variance. */
struct Moments {
  float mean, variance;
};

/** @param ahead where the next row lies, which is asked for meanwhile */
template <class V>
__attribute__((noinline)) Moments moments_of(const float* x, int64_t n, int64_t ahead, bool centered) {
  const float share = 1.0f / static_cast<float>(n);
  const float mean = centered ? row_total<V>(x, n, 0, V::set(0.0f), [](V v, V sum, auto) { return add(sum, v); }) * share : 0.0f;
  const V middle = V::set(mean);
  const auto square = [=](V v, V sum, auto) {
    const V distance = sub(v, middle);
    return mul_add(distance, distance, sum);
  };
  return {mean, row_total<V>(x, n, ahead, middle, square) * share};
}

/** How a row is normalised: (x − mean) · factor; x is the row as it lies, or `unit` times it where its squares overflow. */
struct Normal {
  const float* x;
  float mean, factor, unit;
};

/** @param room for the row times `unit`; may be the row's own */
template <class V>
__attribute__((noinline)) Normal normal_of(const float* x, int64_t n, int64_t ahead, bool centered, float epsilon, float* room) {
  Moments at = moments_of<V>(x, n, ahead, centered);
  float unit = 1.0f;
  if (!(at.variance <= kLargest)) {
    each_vector<V>(x, n, room, [](V value, auto) { return mul(value, V::set(kSmall)); });
    x = room;
    at = moments_of<V>(x, n, ahead, centered);
    unit = kSmall;
    epsilon *= kSmall * kSmall;
  }
  return {x, at.mean, 1.0f / __builtin_sqrtf(at.variance + epsilon), unit};
}

/** to = the row normalised; it may be x itself, and so may `room`, for one more row. */
template <class V>
inline void norm_row(const float* x, int64_t n, int64_t ahead, bool centered, float epsilon, const float* gamma, const float* beta,
                     float* to, float* room) {
  const Normal row = normal_of<V>(x, n, ahead, centered, epsilon, room);
  const V mean = V::set(row.mean), factor = V::set(row.factor);
  each_vector<V>(row.x, n, to, [=](V value, auto load) { return mul_add(mul(sub(value, mean), factor), load(gamma), load(beta)); });
}

template <class V>
void norm(const NormArgs& args, int64_t begin, int64_t end, float* scratch) {
  const int64_t n = args.length, padded = round_up(n, V::lanes) + V::lanes;
  // gamma and beta lie to the lines of memory as out does, so that neither loads nor stores cross them
  const int64_t shift = is_plain(args.out) ? (V::lanes - to_line<V>(static_cast<const float*>(args.out.data))) % V::lanes : 0;
  const float* const gamma = copied(args.gamma, args.gamma_stride, n, 1.0f, scratch + padded + shift);
  const float* const beta = copied(args.beta, args.beta_stride, n, 0.0f, scratch + 2 * padded + shift);
  const bool reads_x = is_plain(args.x), writes_out = is_plain(args.out);
  for (int64_t place = outer_offset(args.outer, args.x, begin); begin < end; begin++) {
    const int64_t next = begin + 1 < end ? outer_offset(args.outer, args.x, begin + 1) : place;
    const void* const from = element(static_cast<const void*>(args.x.data), args.x.dtype, place);
    void* const to = element(args.out.data, args.out.dtype, outer_offset(args.outer, args.out, begin));
    if (!reads_x) widen<V>(from, args.x.dtype, args.x.axis_stride, n, scratch);
    norm_row<V>(reads_x ? static_cast<const float*>(from) : scratch, n, reads_x ? next - place : 0, args.centered, args.epsilon, gamma,
                beta, writes_out ? static_cast<float*>(to) : scratch, scratch);
    if (!writes_out) narrow<V>(scratch, n, to, args.out.dtype, args.out.axis_stride);
    place = next;
  }
}

template <class V>
int64_t norm_scratch(const NormArgs& args) {
  return 3 * (round_up(args.length, V::lanes) + V::lanes);
}

}  // namespace
}  // namespace fovea
