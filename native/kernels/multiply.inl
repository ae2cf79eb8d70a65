// out = x · y · z + plus for [batch, rows, columns], each of which may lie anywhere and broadcast; z is one number a row. Memory is read
// and written once, whatever takes part.
#pragma once

#include "../kernels.h"
#include "rows.inl"

namespace fovea {
namespace {

/** Columns that pass through scratch at once, where they lie apart. */
constexpr int64_t kMultiplyBlock = 2048;

/** One stretch of a row; y and plus may be null. */
template <class V>
inline void multiply_stretch(const float* x, const float* y, float z, const float* plus, int64_t n, float* to) {
  const V factor = V::set(z);
  if (y)
    each_vector<V>(x, n, to, [=](V value, auto load) { return mul(mul(value, factor), load(y)); });
  else
    each_vector<V>(x, n, to, [=](V value, auto) { return mul(value, factor); });
  if (plus) each_vector<V>(to, n, to, [=](V value, auto load) { return add(value, load(plus)); });
}

template <class V>
void multiply(const MultiplyArgs& args, int64_t begin, int64_t end, float* scratch) {
  const int64_t count = end - begin, half = count - count / 2;
  for (int64_t i = 0; i < count; i++) {
    const int64_t index = begin + i % 2 * half + i / 2;  // rows of either half in turn: two stretches of memory come faster than one
    const int64_t batch = index / args.rows, row = index % args.rows;
    const auto place = [=](const Matrices& m) { return m.data ? m.data + batch * m.batch_stride + row * m.row_stride : nullptr; };
    const float *const x = place(args.x), *const y = place(args.y), *const z = place(args.z), *const plus = place(args.plus);
    float* const out = place(args.out);
    const bool is_scalar = y && args.y.column_stride == 0;
    const float scalar = (z ? *z : 1.0f) * (is_scalar ? *y : 1.0f);
    for (int64_t c = 0; c < args.columns; c += kMultiplyBlock) {
      const int64_t n = smaller(kMultiplyBlock, args.columns - c);
      const auto stretch = [=](const float* from, int64_t stride, int which) {
        return from ? contiguous(from + c * stride, stride, n, 0.0f, scratch + which * kMultiplyBlock) : nullptr;
      };
      const bool writes_out = args.out.column_stride == 1;
      float* const to = writes_out ? out + c : scratch;
      multiply_stretch<V>(stretch(x, args.x.column_stride, 0), is_scalar ? nullptr : stretch(y, args.y.column_stride, 1), scalar,
                          stretch(plus, args.plus.column_stride, 2), n, to);
      if (!writes_out) narrow<V>(to, n, out + c * args.out.column_stride, DType::float32, args.out.column_stride);
    }
  }
}

template <class V>
int64_t multiply_scratch(const MultiplyArgs&) {
  return 3 * kMultiplyBlock;
}

}  // namespace
}  // namespace fovea
