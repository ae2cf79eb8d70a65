// Softmax of one row at a time, its elements read and written in their own order. A row that fits the caches: the maximum; e^(s − max)
// into out and its sum; times 1/sum. A longer one is read twice and written once, maximum and sum streamed block by block
// (Milakov & Gimelshein 2018). Four sums and maxima side by side hide the latency of each.
#pragma once

#include "softmax_scores.inl"

namespace fovea {
namespace {

/** Elements of a row that stay in cache between two passes. */
constexpr int64_t kSoftmaxBlock = 1 << 15;

constexpr int kSideBySide = 4;

template <class V, class T>
inline float row_maximum(const T* x, int64_t n, V scale) {
  V most[kSideBySide] = {V::set(-kInfinity), V::set(-kInfinity), V::set(-kInfinity), V::set(-kInfinity)};
  int64_t i = 0;
  for (; i + kSideBySide * V::lanes <= n; i += kSideBySide * V::lanes) {
#pragma GCC unroll 4
    for (int j = 0; j < kSideBySide; j++) most[j] = max(mul(V::load(x + i + j * V::lanes), scale), most[j]);  // NaN is passed over
  }
  for (; i + V::lanes <= n; i += V::lanes) most[0] = max(mul(V::load(x + i), scale), most[0]);
  if (i < n) most[1] = max(part_of_scores(x + i, n - i, scale), most[1]);
  return reduce_max(max(max(most[0], most[1]), max(most[2], most[3])));
}

/** Gives each vector of e^(s − base) and its place to `put(weights, i, count)`, count ≤ lanes; returns the sum of all. */
template <class V, class T, class Put>
inline float row_weights(const T* x, int64_t n, V scale, V base, Put put) {
  V sum[kSideBySide] = {V::set(0.0f), V::set(0.0f), V::set(0.0f), V::set(0.0f)};
  const auto weigh = [&](V score, V& into, int64_t i, int64_t count) {
    const V weight = exp_of_difference(sub(score, base));
    into = add(into, weight);
    put(weight, i, count);
  };
  int64_t i = 0;
  for (; i + kSideBySide * V::lanes <= n; i += kSideBySide * V::lanes) {
#pragma GCC unroll 4
    for (int j = 0; j < kSideBySide; j++) weigh(mul(V::load(x + i + j * V::lanes), scale), sum[j], i + j * V::lanes, V::lanes);
  }
  for (; i + V::lanes <= n; i += V::lanes) weigh(mul(V::load(x + i), scale), sum[0], i, V::lanes);
  if (i < n) weigh(part_of_scores(x + i, n - i, scale), sum[1], i, n - i);
  return reduce_add(add(add(sum[0], sum[1]), add(sum[2], sum[3])));
}

template <class V>
inline void store_count(V x, float* to, int64_t count) {
  count == V::lanes ? x.store(to) : store_part(x, to, count);
}

/** One row: where it begins in x, mask and out, and its pieces. */
template <class V>
struct SoftmaxRow {
  const SoftmaxArgs& args;
  int64_t x, mask, out;
  float* room;  // kSoftmaxBlock floats

  Stretch stretch(int64_t at, int64_t n) const {
    return {x + at * args.x.axis_stride, args.x.axis_stride, mask + at * args.mask.axis_stride, args.mask.axis_stride, n};
  }
  /** Where weights from `at` on are computed: in out if it is made for that. */
  float* weights(int64_t at) const { return is_plain(args.out) ? static_cast<float*>(args.out.data) + out + at : room; }
  void finish(const float* from, int64_t at, int64_t n) const {
    if (from != room) return;
    narrow<V>(room, n, element(args.out.data, args.out.dtype, out + at * args.out.axis_stride), args.out.dtype, args.out.axis_stride);
  }
  int64_t block(int64_t at) const { return smaller(kSoftmaxBlock, args.length - at); }

  /** A NaN that is seen, or +∞: NaN wherever the score is not −∞, and there 0. */
  void spoil() const {
    for (int64_t at = 0; at < args.length; at += kSoftmaxBlock) {
      const int64_t n = block(at);
      softmax_scores<V>(args, stretch(at, n), room);
      for (int64_t i = 0; i < n; i++) room[i] = room[i] == -kInfinity ? 0.0f : __builtin_nanf("");
      narrow<V>(room, n, element(args.out.data, args.out.dtype, out + at * args.out.axis_stride), args.out.dtype, args.out.axis_stride);
    }
  }

  /** All in one block: one exponential an element. */
  void run_short() const {
    const int64_t n = args.length;
    float* const to = weights(0);
    float row_sum = 0;
    with_scores<V>(args, stretch(0, n), room, [&](const auto* scores, V scale) {
      const V base = finite_base(V::set(row_maximum(scores, n, scale)));
      const auto* const next = scores + args.x.outer_strides[kSoftmaxOuterRank - 1];  // nothing of use where they were gathered
      row_sum = row_weights(scores, n, scale, base, [=](V weight, int64_t i, int64_t count) {
        if (i % kFetched == 0) __builtin_prefetch(next + i);
        store_count(weight, to + i, count);
      });
    });
    if (row_sum != row_sum) return spoil();
    const V factor = softmax_factor(V::set(row_sum));
    int64_t i = 0;
    for (; i + V::lanes <= n; i += V::lanes) mul(V::load(to + i), factor).store(to + i);
    if (i < n) store_part(mul(load_part<V>(to + i, n - i), factor), to + i, n - i);
    finish(to, 0, n);
  }

  void run_long() const {
    float row_max = -kInfinity, row_sum = 0;
    for (int64_t at = 0; at < args.length; at += kSoftmaxBlock) {
      const int64_t n = block(at);
      with_scores<V>(args, stretch(at, n), room, [&](const auto* scores, V scale) {
        const float before = row_max, most = row_maximum(scores, n, scale);
        row_max = most > row_max ? most : row_max;
        const float base = row_max > -kInfinity ? row_max : 0.0f;
        const float kept = exp_of_difference<V>(before - base);
        row_sum = row_sum * kept + row_weights(scores, n, scale, V::set(base), [](V, int64_t, int64_t) {});
      });
    }
    if (row_sum != row_sum) return spoil();
    const V base = finite_base(V::set(row_max)), factor = softmax_factor(V::set(row_sum));
    for (int64_t at = 0; at < args.length; at += kSoftmaxBlock) {
      const int64_t n = block(at);
      float* const to = weights(at);
      with_scores<V>(args, stretch(at, n), room, [&](const auto* scores, V scale) {
        row_weights(scores, n, scale, base, [=](V weight, int64_t i, int64_t count) { store_count(mul(weight, factor), to + i, count); });
      });
      finish(to, at, n);
    }
  }
};

template <class V>
inline void softmax_row(const SoftmaxArgs& args, int64_t index, float* scratch) {
  const SoftmaxRow<V> row = {args, outer_offset(args.outer, args.x, index), outer_offset(args.outer, args.mask, index),
                             outer_offset(args.outer, args.out, index), scratch};
  args.length <= kSoftmaxBlock ? row.run_short() : row.run_long();
}

}  // namespace
}  // namespace fovea
