// A convolution of some maps to one, not flipped, zero outside: out = f(bias + Σ kernel[m, i, j] · x[m, y + i − kh/2, x + j − kw/2]).
// Rows of the maps are laid out with their zeros, each once, where that kernel_height rows later takes its place; lanes run along a row of
// out, some vectors of it side by side, so that one sum need not wait for itself.
#pragma once

#include "../kernels.h"
#include "activation.inl"
#include "rows.inl"

namespace fovea {
namespace {

/** The rows of x around one of out, in a ring. */
struct Around {
  const float* rows;  // [maps, kernel_height, stride]; row r lies at r % kernel_height
  int64_t stride, begin, end;
};

/** to[x] = bias + Σ kernel · row[x + j], for `Vectors` vectors of row y of out. */
template <class V, int Vectors>
inline void convolve_vectors(const ConvolveArgs& args, const Around& around, int64_t y, int64_t x, float* to) {
  const int64_t kh = args.kernel_height, kw = args.kernel_width;
  V sum[Vectors];
  for (int v = 0; v < Vectors; v++) sum[v] = V::set(args.bias);
  for (int64_t m = 0; m < args.maps; m++) {
    for (int64_t r = around.begin; r < around.end; r++) {
      const float* const row = around.rows + (m * kh + r % kh) * around.stride + x;
      const float* const kernel = args.kernel + (m * kh + r - y + kh / 2) * kw;
      for (int64_t j = 0; j < kw; j++) {
        const V weight = V::set(kernel[j]);
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; v++) sum[v] = mul_add(V::load(row + j + v * V::lanes), weight, sum[v]);
      }
    }
  }
  for (int v = 0; v < Vectors; v++) sum[v].store(to + x + v * V::lanes);
}

template <class V>
void convolve(const ConvolveArgs& args, int64_t begin, int64_t end, float* scratch) {
  constexpr int side_by_side = 4;
  const int64_t kh = args.kernel_height, kw = args.kernel_width;
  const int64_t width = round_up(args.width, V::lanes), stride = width + kw;
  float *const sums = scratch, *const rows = scratch + width;
  for (int64_t i = 0; i < args.maps * kh * stride; i++) rows[i] = 0.0f;
  int64_t laid = 0;  // rows of this image, none below y - kh / 2
  for (; begin < end; begin++) {
    const int64_t batch = begin / args.height, y = begin % args.height;
    if (y == 0) laid = 0;
    const Around around = {rows, stride, larger(0, y - kh / 2), smaller(args.height, y + kh / 2 + 1)};
    for (int64_t r = larger(laid, around.begin); r < around.end; r++) {
      for (int64_t m = 0; m < args.maps; m++) {
        const float* const map = static_cast<const float*>(args.x.data) + batch * args.x.batch_stride + m * args.x.head_stride;
        widen<V>(map + r * args.x.row_stride, DType::float32, args.x.column_stride, args.width, rows + (m * kh + r % kh) * stride + kw / 2);
      }
    }
    laid = around.end;
    int64_t x = 0;
    for (; x + side_by_side * V::lanes <= width; x += side_by_side * V::lanes) convolve_vectors<V, side_by_side>(args, around, y, x, sums);
    for (; x < width; x += V::lanes) convolve_vectors<V, 1>(args, around, y, x, sums);
    activate<V>(args.activation, sums, sums, 0, 1, width);
    float* const out = args.out.data + batch * args.out.batch_stride + y * args.out.row_stride;
    narrow<V>(sums, args.width, out, DType::float32, args.out.column_stride);
  }
}

template <class V>
int64_t convolve_scratch(const ConvolveArgs& args) {
  const int64_t width = round_up(args.width, V::lanes);
  return width + args.maps * args.kernel_height * (width + args.kernel_width);
}

}  // namespace
}  // namespace fovea
