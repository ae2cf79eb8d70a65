// Softmax over one axis: out = e^(s − max s) / Σ e^(s − max s), s = scale · x; masked lanes are s = −∞.
// Contiguous axis: one row at a time. Strided axis: lanes across the last outer dimension, the maximum and the sum streamed
// (Milakov & Gimelshein 2018), so that the memory is read twice and written once.
#pragma once

#include "../kernels.h"
#include "mask.inl"

namespace fovea {
namespace {

/** Where the outer index lies in one view, in elements. */
inline int64_t outer_offset(const SoftmaxArgs& args, const AxisView& view, int64_t index) {
  int64_t offset = 0;
  for (int d = kSoftmaxOuterRank - 1; d >= 0; d--) {
    offset += index % args.outer[d] * view.outer_strides[d];
    index /= args.outer[d];
  }
  return offset;
}

/** A stretch of x and of its mask: n elements, a stride apart. */
struct Stretch {
  int64_t x_offset, x_stride, mask_offset, mask_stride, n;
};

/** to[i] = scale · x, −∞ where the mask is zero and from n to the next whole vector. */
template <class V>
inline void softmax_scores(const SoftmaxArgs& args, Stretch at, float* to) {
  widen<V>(element(static_cast<const void*>(args.x.data), args.x.dtype, at.x_offset), args.x.dtype, at.x_stride, at.n, to);
  const V scale = V::set(args.scale);
  const int64_t padded = round_up(at.n, V::lanes);
  fill_masked(to, at.n, padded);
  for (int64_t i = 0; i < padded; i += V::lanes) mul(V::load(to + i), scale).store(to + i);
  if (args.mask.data) mask_row<V>(static_cast<const uint8_t*>(args.mask.data) + at.mask_offset, at.mask_stride, at.n, to);
  fill_masked(to, at.n, padded);
}

/** 1/sum, 0 for an empty row, NaN where the maximum is +∞. */
template <class V>
inline V softmax_factor(V row_max, V row_sum) {
  return select(is_masked(row_max), V::set(0.0f), add(div(V::set(1.0f), row_sum), sub(row_max, row_max)));
}

/** One row: its scores stay in cache for three passes. */
template <class V>
inline void softmax_row(const SoftmaxArgs& args, int64_t index, float* scores) {
  const int64_t padded = round_up(args.length, V::lanes);
  softmax_scores<V>(
      args,
      {outer_offset(args, args.x, index), args.x.axis_stride, outer_offset(args, args.mask, index), args.mask.axis_stride, args.length},
      scores);
  V row_max = V::set(-kInfinity);
  for (int64_t i = 0; i < padded; i += V::lanes) row_max = max(V::load(scores + i), row_max);
  row_max = V::set(reduce_max(row_max));
  const V base = finite_base(row_max);
  V row_sum = V::set(0.0f);
  for (int64_t i = 0; i < padded; i += V::lanes) {
    const V score = V::load(scores + i);
    const V weight = exp_of_difference(sub(score, base));
    row_sum = add(row_sum, select(is_masked(score), V::set(0.0f), weight));
    select(is_masked(score), score, weight).store(scores + i);  // what is masked stays −∞: a row of NaN must not reach it
  }
  const V factor = softmax_factor(row_max, V::set(reduce_add(row_sum)));
  for (int64_t i = 0; i < padded; i += V::lanes) {
    const V weight = V::load(scores + i);
    select(is_masked(weight), V::set(0.0f), mul(weight, factor)).store(scores + i);
  }
  narrow<V>(scores, args.length, element(args.out.data, args.out.dtype, outer_offset(args, args.out, index)), args.out.dtype,
            args.out.axis_stride);
}

/** One step of the streaming softmax in every lane: one exponential, of −|score − maximum|, serves both cases. */
template <class V>
inline void softmax_step(V score, V& row_max, V& row_sum) {
  const V distance = sub(score, row_max);
  const V zero = V::set(0.0f);
  const V weight = select(is_masked(score), zero, exp_of_difference(min(distance, sub(zero, distance))));
  row_sum = select(less(row_max, score), mul_add(row_sum, weight, V::set(1.0f)), add(row_sum, weight));
  row_max = max(score, row_max);
}

/** `count` neighbours along the last outer dimension, side by side. */
template <class V>
inline void softmax_columns(const SoftmaxArgs& args, int64_t index, int64_t count, float* scratch) {
  constexpr int last = kSoftmaxOuterRank - 1;
  const int64_t padded = round_up(count, V::lanes);
  float* row_max = scratch;
  float* row_sum = row_max + kSoftmaxColumns;
  float* scores = row_sum + kSoftmaxColumns;
  fill_masked(row_max, 0, padded);
  for (int64_t i = 0; i < padded; i++) row_sum[i] = 0;
  Stretch at = {outer_offset(args, args.x, index), args.x.outer_strides[last], outer_offset(args, args.mask, index),
                args.mask.outer_strides[last], count};
  const Stretch begin = at;
  for (int64_t t = 0; t < args.length; t++, at.x_offset += args.x.axis_stride, at.mask_offset += args.mask.axis_stride) {
    softmax_scores<V>(args, at, scores);
    for (int64_t i = 0; i < padded; i += V::lanes) {
      V m = V::load(row_max + i), sum = V::load(row_sum + i);
      softmax_step(V::load(scores + i), m, sum);
      m.store(row_max + i);
      sum.store(row_sum + i);
    }
  }
  for (int64_t i = 0; i < padded; i += V::lanes) {
    const V m = V::load(row_max + i);
    softmax_factor(m, V::load(row_sum + i)).store(row_sum + i);
    finite_base(m).store(row_max + i);
  }
  at = begin;
  int64_t out = outer_offset(args, args.out, index);
  for (int64_t t = 0; t < args.length; t++, out += args.out.axis_stride) {
    softmax_scores<V>(args, at, scores);
    for (int64_t i = 0; i < padded; i += V::lanes) {
      const V score = V::load(scores + i);
      const V weight = mul(exp_of_difference(sub(score, V::load(row_max + i))), V::load(row_sum + i));
      select(is_masked(score), V::set(0.0f), weight).store(scores + i);
    }
    narrow<V>(scores, count, element(args.out.data, args.out.dtype, out), args.out.dtype, args.out.outer_strides[last]);
    at.x_offset += args.x.axis_stride;
    at.mask_offset += args.mask.axis_stride;
  }
}

template <class V>
void softmax(const SoftmaxArgs& args, int64_t begin, int64_t end, float* scratch) {
  const int64_t columns = args.outer[kSoftmaxOuterRank - 1];
  const bool side_by_side = args.x.axis_stride != 1 && columns > 1;
  while (begin < end) {
    const int64_t count = smaller(smaller(columns - begin % columns, end - begin), kSoftmaxColumns);
    if (side_by_side) {
      softmax_columns<V>(args, begin, count, scratch);
      begin += count;
    } else {
      softmax_row<V>(args, begin++, scratch);
    }
  }
}

template <class V>
int64_t softmax_scratch(const SoftmaxArgs& args) {
  return larger(round_up(args.length, V::lanes), 3 * kSoftmaxColumns);
}

}  // namespace
}  // namespace fovea
