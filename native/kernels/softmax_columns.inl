// Softmax along a strided axis: lanes run across the dimension beside it, so that nothing is transposed. The axis is walked in
// steps of a few rows: m' = max(m, their maximum), their e^(s − m') stay in a tile in cache beside m', ℓ = e^(m − m')·ℓ + Σ
// (Milakov & Gimelshein 2018). On the way out each step's weights are multiplied by e^(m' − m)/ℓ of the final m and ℓ: the memory is
// read once and written once, for one exponential an element. An axis whose tile would leave the cache is read a second time instead.
#pragma once

#include "softmax_scores.inl"

namespace fovea {
namespace {

/** Rows of a step: they lie in registers while their maximum is found. */
constexpr int kSoftmaxStep = 8;
/** Elements of a tile. */
constexpr int64_t kSoftmaxTile = 1 << 18;

/** Columns of a tile: at least two cache lines wide, for the memory's sake. */
constexpr int64_t softmax_columns_of(int64_t length) {
  const int64_t fit = kSoftmaxTile / (length + 1) / 64 * 64;
  return fit < 64 ? 64 : fit < kSoftmaxColumns ? fit : kSoftmaxColumns;
}
constexpr bool softmax_keeps(int64_t length) { return length <= kSoftmaxTile / 32; }
constexpr int64_t softmax_steps(int64_t length) { return length / kSoftmaxStep + length % kSoftmaxStep; }

/** `count` neighbours along the last outer dimension, from `index` on, side by side. */
template <class V>
struct SoftmaxColumns {
  const SoftmaxArgs& args;
  int64_t count, x, mask, out;
  int64_t width;  // of a row of what follows: count in whole vectors
  float *row_max, *row_sum, *room;
  float* tile;      // [length][width] weights, or one step of them
  float* step_max;  // [steps][width], where the tile is kept

  static constexpr int last = kSoftmaxOuterRank - 1;

  Stretch stretch(int64_t t) const {
    return {x + t * args.x.axis_stride, args.x.outer_strides[last], mask + t * args.mask.axis_stride, args.mask.outer_strides[last], count};
  }

  /** Rows [t, t + Rows): their weights into `to`, m and ℓ moved on. */
  template <int Rows, class T>
  void step(const T* scores, int64_t row_stride, V scale, float* to) const {
    for (int64_t c = 0; c < count; c += V::lanes) {
      const int64_t n = smaller(V::lanes, count - c);
      V score[Rows];
      V most = V::load(row_max + c);
      const V before = most;
#pragma GCC unroll 8
      for (int r = 0; r < Rows; r++) {
        const T* from = scores + r * row_stride + c;
        if (c % kFetched == 0) __builtin_prefetch(from + Rows * row_stride);
        score[r] = n == V::lanes ? mul(V::load(from), scale) : part_of_scores(from, n, scale);
        most = max(score[r], most);
      }
      const V base = finite_base(most);
      V sum = mul(V::load(row_sum + c), exp_of_difference(sub(before, base)));
#pragma GCC unroll 8
      for (int r = 0; r < Rows; r++) {
        const V weight = exp_of_difference(sub(score[r], base));
        sum = add(sum, weight);
        weight.store(to + r * width + c);
      }
      most.store(row_max + c);
      sum.store(row_sum + c);
    }
  }

  template <int Rows>
  void rows(int64_t t, float* to) const {
    const bool direct = args.x.outer_strides[last] == 1 && !args.mask.data;
    if (direct) {
      with_type(args.x.dtype, [&](auto type) {
        step<Rows>(static_cast<const decltype(type)*>(args.x.data) + x + t * args.x.axis_stride, args.x.axis_stride, V::set(args.scale),
                   to);
      });
    } else {
      for (int r = 0; r < Rows; r++) softmax_scores<V>(args, stretch(t + r), to + r * width);
      step<Rows>(static_cast<const float*>(to), width, V::set(1.0f), to);
    }
  }

  void write(const float* from, int64_t t) const {
    narrow<V>(from, count, element(args.out.data, args.out.dtype, out + t * args.out.axis_stride), args.out.dtype,
              args.out.outer_strides[last]);
  }

  /** Rows [t, t + n) of the kept tile, whose weights are measured from `most`, into out. */
  void write_kept(int64_t t, int64_t n, const float* most) const {
    for (int64_t c = 0; c < width; c += V::lanes) {
      mul(exp_of_difference(sub(V::load(most + c), V::load(row_max + c))), V::load(row_sum + c)).store(room + c);
    }
    const bool direct = args.out.dtype == DType::float32 && args.out.outer_strides[last] == 1;
    for (int64_t r = t; r < t + n; r++) {
      float* from = tile + r * width;
      float* to = direct ? static_cast<float*>(args.out.data) + out + r * args.out.axis_stride : from;
      int64_t c = 0;
      for (; c + V::lanes <= count; c += V::lanes) mul(V::load(from + c), V::load(room + c)).store(to + c);
      if (c < count) store_part(mul(V::load(from + c), V::load(room + c)), to + c, count - c);
      if (!direct) write(from, r);
    }
  }

  /** Reads x again: for an axis whose weights were not kept, and where a NaN must not reach what is −∞. */
  void write_again() const {
    for (int64_t t = 0; t < args.length; t++) {
      softmax_scores<V>(args, stretch(t), room);
      for (int64_t c = 0; c < width; c += V::lanes) {
        const V score = V::load(room + c);
        const V weight = mul(exp_of_difference(sub(score, V::load(row_max + c))), V::load(row_sum + c));
        zero_where(is_masked(score), weight).store(room + c);
      }
      write(room, t);
    }
  }

  void run() const {
    const bool keeps = softmax_keeps(args.length);
    fill_masked(row_max, 0, width);
    for (int64_t c = 0; c < width; c++) row_sum[c] = 0;
    const auto walk = [&](auto each) {
      int64_t t = 0, step = 0;
      for (; t + kSoftmaxStep <= args.length; t += kSoftmaxStep)
        each(
            t, step++, [&](float* to) { rows<kSoftmaxStep>(t, to); }, kSoftmaxStep);
      for (; t < args.length; t++)
        each(
            t, step++, [&](float* to) { rows<1>(t, to); }, 1);
    };
    walk([&](int64_t t, int64_t step, auto weigh, int) {
      weigh(keeps ? tile + t * width : tile);
      if (keeps)
        for (int64_t c = 0; c < width; c += V::lanes) V::load(row_max + c).store(step_max + step * width + c);
    });
    bool sound = true;
    for (int64_t c = 0; c < width; c += V::lanes) {
      const V factor = softmax_factor(V::load(row_sum + c));
      factor.store(row_sum + c);
      finite_base(V::load(row_max + c)).store(row_max + c);
    }
    for (int64_t c = 0; c < count; c++) sound &= row_sum[c] == row_sum[c];
    if (!keeps || !sound) return write_again();
    walk([&](int64_t t, int64_t step, auto, int n) { write_kept(t, n, step_max + step * width); });
  }
};

template <class V>
inline void softmax_columns(const SoftmaxArgs& args, int64_t index, int64_t count, float* scratch) {
  const int64_t width = round_up(count, V::lanes);
  float* const tile = scratch + 3 * width;
  const int64_t kept = softmax_keeps(args.length) ? args.length : kSoftmaxStep;
  SoftmaxColumns<V>{args,
                    count,
                    outer_offset(args.outer, args.x, index),
                    outer_offset(args.outer, args.mask, index),
                    outer_offset(args.outer, args.out, index),
                    width,
                    scratch,
                    scratch + width,
                    scratch + 2 * width,
                    tile,
                    tile + kept * width}
      .run();
}

template <class V>
int64_t softmax_columns_scratch(int64_t length) {
  const int64_t rows = softmax_keeps(length) ? length + softmax_steps(length) : kSoftmaxStep;
  return (3 + rows) * round_up(softmax_columns_of(length), V::lanes);
}

}  // namespace
}  // namespace fovea
