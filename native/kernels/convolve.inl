// A convolution of some maps to one, not flipped, zero outside: out = bias + Σ kernel[m, i, j] · x[m, y + i − kh/2, x + j − kw/2].
// Row after row of the maps is laid out with its zeros, and lanes run along the row of out that it is added to.
#pragma once

#include "../kernels.h"
#include "rows.inl"

namespace fovea {
namespace {

/** sums += Σ_j kernel[j] · row[x + j] for every x of a row of whole vectors. */
template <class V>
inline void convolve_row(const float* row, const float* kernel, int64_t kernel_width, int64_t width, float* sums) {
  for (int64_t x = 0; x < width; x += V::lanes) {
    V sum = V::load(sums + x);
    for (int64_t j = 0; j < kernel_width; j++) sum = mul_add(V::load(row + x + j), V::set(kernel[j]), sum);
    sum.store(sums + x);
  }
}

template <class V>
void convolve(const ConvolveArgs& args, int64_t begin, int64_t end, float* scratch) {
  const int64_t kh = args.kernel_height, kw = args.kernel_width;
  const int64_t width = round_up(args.width, V::lanes);
  float *const sums = scratch, *const padded = scratch + width;
  for (int64_t i = 0; i < width + kw; i++) padded[i] = 0.0f;
  for (; begin < end; begin++) {
    const int64_t batch = begin / args.height, y = begin % args.height;
    for (int64_t i = 0; i < width; i++) sums[i] = args.bias;
    for (int64_t m = 0; m < args.maps; m++) {
      const float* const map = static_cast<const float*>(args.x.data) + batch * args.x.batch_stride + m * args.x.head_stride;
      const int64_t first = larger(0, kh / 2 - y), last = smaller(kh, args.height + kh / 2 - y);
      for (int64_t i = first; i < last; i++) {
        const float* const row = map + (y + i - kh / 2) * args.x.row_stride;
        widen<V>(row, DType::float32, args.x.column_stride, args.width, padded + kw / 2);
        convolve_row<V>(padded, args.kernel + (m * kh + i) * kw, kw, width, sums);
      }
    }
    float* const out = args.out.data + batch * args.out.batch_stride + y * args.out.row_stride;
    narrow<V>(sums, args.width, out, DType::float32, args.out.column_stride);
  }
}

template <class V>
int64_t convolve_scratch(const ConvolveArgs& args) {
  return 2 * round_up(args.width, V::lanes) + args.kernel_width;
}

}  // namespace
}  // namespace fovea
