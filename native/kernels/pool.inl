// Mean and maximum along the columns of [batch, rows, columns], both in one pass: of x, or of x times a factor that all rows share.
//
// Columns that are neighbours: four rows at once, four vectors of each added up in pairs before they meet its sum. Columns that lie apart:
// lanes run across rows, so that nothing is transposed; eight columns a step are added up in pairs before they meet the sums, which wait in
// L1. Rows that are no whole vector, or lie apart as well, pass through scratch. What is done at once lies far apart: a core reads several
// stretches of memory side by side faster than one, and what each needs next is asked for.
#pragma once

#include "../kernels.h"
#include "math.inl"
#include "rows.inl"

namespace fovea {
namespace {

/** Stretches of memory that are read side by side: columns of a step, and rows whose columns are neighbours. */
constexpr int kPoolStep = 8;
constexpr int kPoolRows = 4;

/** Of a row whose sum is NaN: whether some x · factor is, which a maximum passes over, or Infinity has only met −Infinity. */
__attribute__((noinline)) bool holds_nan(const PoolArgs& args, int64_t batch, int64_t row) {
  const float* const x = args.x.data + batch * args.x.batch_stride + row * args.x.row_stride;
  const float* const factor = args.factor.data ? args.factor.data + batch * args.factor.batch_stride : nullptr;
  for (int64_t i = 0; i < args.columns; i++) {
    const float value = x[i * args.x.column_stride] * (factor ? factor[i * args.factor.column_stride] : 1.0f);
    if (value != value) return true;
  }
  return false;
}

/** What the columns of one row of this batch come to. */
inline void write_pooled(const PoolArgs& args, int64_t batch, int64_t row, float sum, float most) {
  const int64_t n = args.columns;
  float* const mean = args.mean.data + batch * args.mean.batch_stride + row * args.mean.row_stride;
  float* const max = args.max.data + batch * args.max.batch_stride + row * args.max.row_stride;
  *mean = n == 0 ? 0.0f : sum / static_cast<float>(n);
  *max = n == 0 ? 0.0f : most;
  if (*mean != *mean && holds_nan(args, batch, row)) *max = *mean;
}

/** Sums and maxima of `Rows` rows whose columns are neighbours. Asks for the rows that lie `ahead` of them. */
template <class V, int Rows>
inline void sum_rows(const float* x, int64_t row_stride, int64_t ahead, int64_t n, float (&sums)[Rows], float (&maxima)[Rows]) {
  constexpr int side_by_side = 4;
  const V none = V::set(-kInfinity);
  V sum[Rows], most[Rows];
  for (int row = 0; row < Rows; row++) sum[row] = V::set(0.0f), most[row] = none;
  int64_t i = 0;
  for (; i + side_by_side * V::lanes <= n; i += side_by_side * V::lanes) {
#pragma GCC unroll 4
    for (int row = 0; row < Rows; row++) {
      V value[side_by_side];
#pragma GCC unroll 4
      for (int j = 0; j < side_by_side; j++) {
        const float* const at = x + row * row_stride + i + j * V::lanes;
        if constexpr (V::prefetches) __builtin_prefetch(at + ahead);
        value[j] = V::load_streamed(at);
      }
      sum[row] = add(sum[row], add(add(value[0], value[1]), add(value[2], value[3])));
      for (int j = 0; j < side_by_side; j++) most[row] = max(value[j], most[row]);
    }
  }
  for (; i < n; i += V::lanes) {
    const int64_t left = smaller(n - i, V::lanes);
    const auto is_there = less(V::iota(), V::set(static_cast<float>(left)));
    for (int row = 0; row < Rows; row++) {
      const V value = load_first<V>(x + row * row_stride + i, left);
      sum[row] = add(sum[row], value);
      most[row] = max(select(is_there, value, none), most[row]);
    }
  }
  for (int row = 0; row < Rows; row++) sums[row] = reduce_add(sum[row]), maxima[row] = reduce_max(most[row]);
}

/** Rows r, r + step, r + 2 · step, … of this batch, times `factor` where there is one. */
template <class V, int Rows>
inline void pool_few_rows(const PoolArgs& args, int64_t batch, int64_t r, int64_t step, const float* factor, float* scratch) {
  const int64_t n = args.columns, row_stride = args.x.row_stride;
  const float* x = args.x.data + batch * args.x.batch_stride + r * row_stride;
  if (factor) {
    for (int row = 0; row < Rows; row++)
      each_vector<V>(x + row * step * row_stride, n, scratch + row * n, [=](V value, auto load) { return mul(value, load(factor)); });
    x = scratch;
  }
  float sums[Rows], maxima[Rows];
  sum_rows<V, Rows>(x, factor ? n : step * row_stride, factor ? 0 : row_stride, n, sums, maxima);
  for (int row = 0; row < Rows; row++) write_pooled(args, batch, r + row * step, sums[row], maxima[row]);
}

template <class V>
void pool_rows(const PoolArgs& args, int64_t batch, int64_t row, int64_t count, float* scratch) {
  const float* factor = args.factor.data ? args.factor.data + batch * args.factor.batch_stride : nullptr;
  if (factor) factor = contiguous(factor, args.factor.column_stride, args.columns, 1.0f, scratch + kPoolRows * args.columns);
  const int64_t step = count / kPoolRows;
  for (int64_t i = 0; i < step; i++) pool_few_rows<V, kPoolRows>(args, batch, row + i, step, factor, scratch);
  for (int64_t i = step * kPoolRows; i < count; i++) pool_few_rows<V, 1>(args, batch, row + i, 1, factor, scratch);
}

/** `Columns` columns of `count` rows, whole vectors of them: into the sums and maxima of these rows. Asks for those that lie `ahead`. */
template <class V, int Columns>
__attribute__((noinline)) void pool_step(const float* x, int64_t column_stride, int64_t ahead, int64_t count, const float* factor,
                                         int64_t factor_stride, float* sum, float* most) {
  for (int64_t r = 0; r < count; r += V::lanes) {
    V value[Columns];
#pragma GCC unroll 8
    for (int i = 0; i < Columns; i++) {
      if constexpr (V::prefetches) __builtin_prefetch(x + i * column_stride + ahead + r);
      value[i] = mul(V::load_streamed(x + i * column_stride + r), V::set(factor[i * factor_stride]));
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
  const auto pool_some = [&](auto step, int64_t at, int64_t columns, int64_t apart) {
    const float* const from = x + at * args.x.column_stride;
    const float* const factor = args.factor.data ? args.factor.data + batch * args.factor.batch_stride + at * stride : ones;
    step(from, apart * args.x.column_stride, args.x.column_stride, direct, factor, apart * stride, sum, most);
    if (direct == count) return;
    gather<V>(from, args.x.row_stride, apart * args.x.column_stride, columns, direct, count, room);
    step(room, width - direct, 0, width - direct, factor, apart * stride, sum + direct, most + direct);
  };
  const int64_t steps = args.columns / kPoolStep;
  for (int64_t at = 0; at < steps; at++) pool_some(pool_step<V, kPoolStep>, at, kPoolStep, steps);
  for (int64_t at = steps * kPoolStep; at < args.columns; at++) pool_some(pool_step<V, 1>, at, 1, 1);
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
  return args.factor.data ? (1 + kPoolRows) * args.columns : 0;
}

}  // namespace
}  // namespace fovea
