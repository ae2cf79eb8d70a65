// Rotary position embedding (Su et al. 2021): each pair of numbers of a row, (x₁, x₂), turned by its angle θ:
//
//   out₁ = x₁·cos θ − x₂·sin θ ; out₂ = x₂·cos θ + x₁·sin θ
//
// The table has the cosines of a row's pairs, then their sines. Pairs are a row's halves side by side, or neighbours (interleaved).
// Products are rounded before they are added, on every target: the bits do not depend on what fuses.
#pragma once

#include "../kernels.h"
#include "rows.inl"

namespace fovea {
namespace {

template <class V>
struct Two {
  V first, second;
};

template <class V>
inline Two<V> turned(Two<V> x, V cosine, V sine) {
  return {sub(mul(x.first, cosine), mul(x.second, sine)), add(mul(x.second, cosine), mul(x.first, sine))};
}

/** a0 b0 a1 b1 … in two vectors → a0 a1 …, b0 b1 …: the shuffle of two halves, log₂ of the lanes times. */
template <class V>
inline Two<V> parted(Two<V> x) {
#pragma GCC unroll 4
  for (int i = 1; i < V::lanes; i *= 2) x = {zip_lower(x.first, x.second), zip_upper(x.first, x.second)};
  return x;
}

/** One row of `half` pairs; it may be turned in place. Asks for the rows of x and of the table that lie `ahead`. */
template <class V>
__attribute__((noinline)) void turn_row(const float* x, const float* table, int64_t half, bool interleaved, float* out,
                                        const int64_t (&ahead)[2]) {
  const float* const sines = table + half;
  int64_t i = 0;
  if (interleaved) {
    for (; i + V::lanes <= half; i += V::lanes) {
      const Two<V> pairs = parted<V>({V::load(x + 2 * i), V::load(x + 2 * i + V::lanes)});
      const Two<V> made = turned(pairs, V::load(table + i), V::load(sines + i));
      zip_lower(made.first, made.second).store(out + 2 * i);
      zip_upper(made.first, made.second).store(out + 2 * i + V::lanes);
    }
  } else {
    for (; i + V::lanes <= half; i += V::lanes) {
      if constexpr (V::prefetches) {
        __builtin_prefetch(x + ahead[0] + i);
        __builtin_prefetch(x + half + ahead[0] + i);
        __builtin_prefetch(table + ahead[1] + i);
        __builtin_prefetch(sines + ahead[1] + i);
      }
      const Two<V> made = turned<V>({V::load(x + i), V::load(x + half + i)}, V::load(table + i), V::load(sines + i));
      made.first.store(out + i);
      made.second.store(out + half + i);
    }
  }
  for (; i < half; i++) {
    const int64_t at = interleaved ? 2 * i : i, next = interleaved ? at + 1 : half + i;
    const float first = x[at], second = x[next];
    out[at] = first * table[i] - second * sines[i];
    out[next] = second * table[i] + first * sines[i];
  }
}

template <class V>
void rotary(const RotaryArgs& args, int64_t begin, int64_t end, float* scratch) {
  const int64_t n = args.length;
  const bool reads_x = is_plain(args.x), writes_out = is_plain(args.out);
  int last = kRotaryOuterRank - 1;
  while (last > 0 && args.outer[last] == 1) last--;
  const int64_t ahead[] = {reads_x ? args.x.outer_strides[last] : 0, args.table.outer_strides[last]};
  OuterWalk<kRotaryOuterRank, 3> row = {args.outer, {&args.x, &args.out, &args.table}, {}};  // rows are short
  for (row.begin(begin); begin < end; begin++, row.next()) {
    const void* const from = element(static_cast<const void*>(args.x.data), args.x.dtype, row.at[0]);
    void* const to = element(args.out.data, args.out.dtype, row.at[1]);
    const float* const table = static_cast<const float*>(args.table.data) + row.at[2];
    if (!reads_x) widen<V>(from, args.x.dtype, args.x.axis_stride, n, scratch);
    turn_row<V>(reads_x ? static_cast<const float*>(from) : scratch, table, n / 2, args.interleaved,
                writes_out ? static_cast<float*>(to) : scratch, ahead);
    if (!writes_out) narrow<V>(scratch, n, to, args.out.dtype, args.out.axis_stride);
  }
}

template <class V>
int64_t rotary_scratch(const RotaryArgs& args) {
  return args.length;
}

}  // namespace
}  // namespace fovea
