// A tensor in another dtype: out = x, rounded to nearest even where out is narrower. Rows that are contiguous on both sides go from
// register to register, others through scratch.
#pragma once

#include "../kernels.h"
#include "rows.inl"

namespace fovea {
namespace {

/** Elements that pass through scratch at once. */
constexpr int64_t kConvertBlock = 4096;

/** n elements of one row, the first of them at these places. */
template <class V>
inline void convert_stretch(const ConvertArgs& args, int64_t x, int64_t out, int64_t n, float* scratch) {
  const void* from = element(static_cast<const void*>(args.x.data), args.x.dtype, x);
  void* const to = element(args.out.data, args.out.dtype, out);
  int64_t done = 0;
  if (args.x.axis_stride == 1 && args.out.axis_stride == 1) {
    done = n / V::lanes * V::lanes;
    with_type(args.x.dtype, [=](auto x_type) {
      with_type(args.out.dtype, [=](auto out_type) {
        for (int64_t i = 0; i < done; i += V::lanes)
          V::load(static_cast<const decltype(x_type)*>(from) + i).store(static_cast<decltype(out_type)*>(to) + i);
      });
    });
  }
  for (; done < n; done += kConvertBlock) {
    const int64_t count = smaller(kConvertBlock, n - done);
    widen<V>(element(from, args.x.dtype, done * args.x.axis_stride), args.x.dtype, args.x.axis_stride, count, scratch);
    narrow<V>(scratch, count, element(to, args.out.dtype, done * args.out.axis_stride), args.out.dtype, args.out.axis_stride);
  }
}

template <class V>
void convert(const ConvertArgs& args, int64_t begin, int64_t end, float* scratch) {
  while (begin < end) {
    const int64_t at = begin % args.length;
    const int64_t n = smaller(args.length - at, end - begin);
    const int64_t row = begin / args.length;
    convert_stretch<V>(args, outer_offset(args.outer, args.x, row) + at * args.x.axis_stride,
                       outer_offset(args.outer, args.out, row) + at * args.out.axis_stride, n, scratch);
    begin += n;
  }
}

template <class V>
int64_t convert_scratch(const ConvertArgs& args) {
  return smaller(args.length, kConvertBlock);
}

}  // namespace
}  // namespace fovea
