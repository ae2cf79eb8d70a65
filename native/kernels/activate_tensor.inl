// An activation of a tensor, element by element. float32 that is contiguous on both sides goes from register to register, as fast as memory
// brings it; all else through scratch, a block that stays in L1 at a time.
#pragma once

#include "../kernels.h"
#include "activation.inl"
#include "rows.inl"

namespace fovea {
namespace {

/** Elements that pass through scratch at once. */
constexpr int64_t kActivateBlock = 2048;

/** n elements of one row, the first of them at these places. */
template <class V>
inline void activate_stretch(const ActivateArgs& args, int64_t x, int64_t out, int64_t n, float* scratch) {
  const void* from = element(static_cast<const void*>(args.x.data), args.x.dtype, x);
  void* const to = element(args.out.data, args.out.dtype, out);
  int64_t done = 0;
  if (is_plain(args.x) && is_plain(args.out)) {
    done = n / V::lanes * V::lanes;
    activate<V>(args.activation, static_cast<const float*>(from), static_cast<float*>(to), 0, 1, done);
  }
  for (; done < n; done += kActivateBlock) {
    const int64_t count = smaller(kActivateBlock, n - done);
    widen<V>(element(from, args.x.dtype, done * args.x.axis_stride), args.x.dtype, args.x.axis_stride, count, scratch);
    activate<V>(args.activation, scratch, scratch, 0, 1, round_up(count, V::lanes));  // what is behind them is thrown away
    narrow<V>(scratch, count, element(to, args.out.dtype, done * args.out.axis_stride), args.out.dtype, args.out.axis_stride);
  }
}

template <class V>
void activate_tensor(const ActivateArgs& args, int64_t begin, int64_t end, float* scratch) {
  while (begin < end) {
    const int64_t at = begin % args.length;
    const int64_t n = smaller(args.length - at, end - begin);
    const int64_t row = begin / args.length;
    activate_stretch<V>(args, outer_offset(args.outer, args.x, row) + at * args.x.axis_stride,
                        outer_offset(args.outer, args.out, row) + at * args.out.axis_stride, n, scratch);
    begin += n;
  }
}

template <class V>
int64_t activate_scratch(const ActivateArgs& args) {
  return round_up(smaller(args.length, kActivateBlock), V::lanes);
}

}  // namespace
}  // namespace fovea
