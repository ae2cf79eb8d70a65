// Mean and maximum along the columns of [batch, rows, columns], both in one pass: of x, or of x times a factor that all rows share.
//
// Columns that are neighbours: a row at a time, four sums and four maxima side by side. Columns that lie apart: lanes run across rows, so
// that nothing is transposed; eight columns a step are added up in pairs before they meet the sums, which wait in L1. Rows that are no
// whole vector, or lie apart as well, pass through scratch.
#pragma once

#include "../kernels.h"
#include "math.inl"
#include "rows.inl"

namespace fovea {
namespace {

/** Columns of a step, side by side. */
constexpr int kPoolStep = 8;

/** A maximum passes over NaN, a sum does not: where it is NaN, this tells whether x · factor is, or Infinity has met −Infinity. */
__attribute__((noinline)) bool holds_nan(const float* x, int64_t stride, const float* factor, int64_t factor_stride, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    const float value = x[i * stride] * (factor ? factor[i * factor_stride] : 1.0f);
    if (value != value) return true;
  }
  return false;
}

/** What the columns of one row of this batch come to. */
__attribute__((noinline)) void write_pooled(const PoolArgs& args, int64_t batch, int64_t row, float sum, float most) {
  const int64_t n = args.columns;
  float* const mean = args.mean.data + batch * args.mean.batch_stride + row * args.mean.row_stride;
  float* const max = args.max.data + batch * args.max.batch_stride + row * args.max.row_stride;
  *mean = n == 0 ? 0.0f : sum / static_cast<float>(n);
  *max = n == 0 ? 0.0f : most;
  if (*mean == *mean) return;
  const float* const x = args.x.data + batch * args.x.batch_stride + row * args.x.row_stride;
  const float* const factor = args.factor.data ? args.factor.data + batch * args.factor.batch_stride : nullptr;
  if (holds_nan(x, args.x.column_stride, factor, args.factor.column_stride, n)) *max = *mean;
}

/** Sum and maximum of one row whose columns are neighbours. */
template <class V>
inline void pool_row(const float* x, int64_t n, float* total, float* largest) {
  constexpr int side_by_side = 4;
  const V none = V::set(-kInfinity);
  V sum[side_by_side], most[side_by_side];
  for (int j = 0; j < side_by_side; j++) sum[j] = V::set(0.0f), most[j] = none;
  int64_t i = 0;
  for (; i + side_by_side * V::lanes <= n; i += side_by_side * V::lanes) {
#pragma GCC unroll 4
    for (int j = 0; j < side_by_side; j++) {
      const V value = V::load(x + i + j * V::lanes);
      sum[j] = add(sum[j], value);
      most[j] = max(value, most[j]);
    }
  }
  for (; i < n; i += V::lanes) {
    const int64_t left = smaller(n - i, V::lanes);
    const V value = load_first<V>(x + i, left);
    sum[0] = add(sum[0], value);
    most[0] = max(select(less(V::iota(), V::set(static_cast<float>(left))), value, none), most[0]);
  }
  *total = reduce_add(add(add(sum[0], sum[1]), add(sum[2], sum[3])));
  *largest = reduce_max(max(max(most[0], most[1]), max(most[2], most[3])));
}

template <class V>
void pool_rows(const PoolArgs& args, int64_t batch, int64_t row, int64_t count, float* scratch) {
  const int64_t n = args.columns;
  const float* factor = args.factor.data ? args.factor.data + batch * args.factor.batch_stride : nullptr;
  if (factor) factor = contiguous(factor, args.factor.column_stride, n, 1.0f, scratch + n);
  for (const int64_t end = row + count; row < end; row++) {
    const float* x = args.x.data + batch * args.x.batch_stride + row * args.x.row_stride;
    if (factor) {
      each_vector<V>(x, n, scratch, [=](V value, auto load) { return mul(value, load(factor)); });
      x = scratch;
    }
    float sum, most;
    pool_row<V>(x, n, &sum, &most);
    write_pooled(args, batch, row, sum, most);
  }
}

/** `Columns` columns of `count` rows, whole vectors of them: into the sums and maxima of these rows. */
template <class V, int Columns>
__attribute__((noinline)) void pool_step(const float* x, int64_t column_stride, int64_t count, const float* factor, int64_t factor_stride,
                                         float* sum, float* most) {
  for (int64_t r = 0; r < count; r += V::lanes) {
    V value[Columns];
#pragma GCC unroll 8
    for (int i = 0; i < Columns; i++) {
      if constexpr (V::prefetches) __builtin_prefetch(x + (i + Columns) * column_stride + r);
      value[i] = mul(V::load(x + i * column_stride + r), V::set(factor[i * factor_stride]));
    }
    V largest = V::load(most + r);
#pragma GCC unroll 8
    for (int i = 0; i < Columns; i++) largest = max(value[i], largest);
    largest.store(most + r);
#pragma GCC unroll 3
    for (int half = Columns / 2; half > 0; half /= 2) {
#pragma GCC unroll 4
      for (int i = 0; i < half; i++) value[i] = add(value[i], value[i + half]);
    }
    add(V::load(sum + r), value[0]).store(sum + r);
  }
}

/** Rows [from, count) of a step, filled up to whole vectors in `room`. */
template <class V>
inline void gather(const float* x, int64_t row_stride, int64_t column_stride, int64_t columns, int64_t from, int64_t count, float* room) {
  const int64_t width = round_up(count - from, V::lanes);
  for (int64_t i = 0; i < columns * width; i++) room[i] = 0.0f;
  for (int64_t i = 0; i < columns; i++)
    widen<V>(x + i * column_stride + from * row_stride, DType::float32, row_stride, count - from, room + i * width);
}

template <class V>
void pool_columns(const PoolArgs& args, int64_t batch, int64_t row, int64_t count, float* scratch) {
  static constexpr float ones[kPoolStep] = {1, 1, 1, 1, 1, 1, 1, 1};
  const int64_t width = round_up(count, V::lanes);
  float *const sum = scratch, *const most = sum + width, *const room = most + width;
  for (int64_t r = 0; r < width; r++) sum[r] = 0.0f, most[r] = -kInfinity;
  const float* const x = args.x.data + batch * args.x.batch_stride + row * args.x.row_stride;
  const int64_t stride = args.factor.data ? args.factor.column_stride : 0;
  const int64_t direct = args.x.row_stride == 1 ? count / V::lanes * V::lanes : 0;
  for (int64_t at = 0; at < args.columns;) {
    const bool is_whole = at + kPoolStep <= args.columns;
    const int64_t columns = is_whole ? kPoolStep : 1;
    const auto step = is_whole ? pool_step<V, kPoolStep> : pool_step<V, 1>;
    const float* const from = x + at * args.x.column_stride;
    const float* const factor = args.factor.data ? args.factor.data + batch * args.factor.batch_stride + at * stride : ones;
    step(from, args.x.column_stride, direct, factor, stride, sum, most);
    if (direct < count) {
      gather<V>(from, args.x.row_stride, args.x.column_stride, columns, direct, count, room);
      step(room, width - direct, width - direct, factor, stride, sum + direct, most + direct);
    }
    at += columns;
  }
  for (int64_t r = 0; r < count; r++) write_pooled(args, batch, row + r, sum[r], most[r]);
}

inline bool pool_side_by_side(const PoolArgs& args) { return args.x.column_stride != 1; }

template <class V>
void pool(const PoolArgs& args, int64_t begin, int64_t end, float* scratch) {
  const bool side_by_side = pool_side_by_side(args);
  while (begin < end) {
    const int64_t batch = begin / args.rows, row = begin % args.rows;
    if (args.columns == 0) {  // there may be no x
      write_pooled(args, batch, row, 0.0f, 0.0f);
      begin++;
      continue;
    }
    int64_t count = smaller(args.rows - row, end - begin);
    if (side_by_side) count = smaller(count, kSoftmaxColumns);
    const auto kernel = side_by_side ? pool_columns<V> : pool_rows<V>;
    kernel(args, batch, row, count, scratch);
    begin += count;
  }
}

template <class V>
int64_t pool_scratch(const PoolArgs& args) {
  if (pool_side_by_side(args)) return (2 + kPoolStep) * round_up(smaller(args.rows, kSoftmaxColumns), V::lanes);
  return args.factor.data ? 2 * args.columns : 0;
}

}  // namespace
}  // namespace fovea
