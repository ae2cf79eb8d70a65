// The micro-kernel that matmul and attention share: a tile of RM rows × RN vectors, held in registers while k runs.
#pragma once

#include "../args.h"

namespace fovea {
namespace {

#define FOVEA_INLINE inline __attribute__((always_inline))
/** Compiled once, however often it is called: the size of the wasm counts. */
#define FOVEA_APART __attribute__((noinline))

/** What the sum over k is made of: a float32 a step … */
struct Single {
  static constexpr int64_t depth = 1;
};

/** … or two neighbours in k, both bfloat16, in the bits of one float32: half the steps. Where simd/ has pair_up and dot_pairs. */
struct Pair {
  static constexpr int64_t depth = 2;
};

/** The steps that k elements take; a pair that has no second has 0 there. */
template <class E>
constexpr int64_t steps_of(int64_t k) {
  return (k + E::depth - 1) / E::depth;
}

template <class E, class V>
FOVEA_INLINE V multiply_add(V a, V b, V c) {
  if constexpr (E::depth == 2)
    return dot_pairs(a, b, c);
  else
    return mul_add(a, b, c);
}

/** Where a's element (i, p) lies: data[i · row_stride + p · step]. A packed panel has row_stride 1 and step RM. */
struct TileRows {
  const float* data;
  int64_t row_stride, step;
};

/** Where b's row p lies: RN vectors at data + p · step. */
struct TileColumns {
  const float* data;
  int64_t step;
};

template <class V, int RM, int RN>
struct Tile {
  V acc[RM][RN];

  FOVEA_INLINE void set(float x) {
#pragma GCC unroll 16
    for (int i = 0; i < RM; i++)
#pragma GCC unroll 4
      for (int j = 0; j < RN; j++) acc[i][j] = V::set(x);
  }

  /** acc = c · factors[i]: the rescale of a streaming softmax, on the way into the registers. */
  FOVEA_INLINE void load_scaled(const float* c, int64_t row_stride, const float* factors) {
#pragma GCC unroll 16
    for (int i = 0; i < RM; i++)
#pragma GCC unroll 4
      for (int j = 0; j < RN; j++) acc[i][j] = mul(V::load(c + i * row_stride + j * V::lanes), V::set(factors[i]));
  }

  FOVEA_INLINE void load(const float* c, int64_t row_stride) {
#pragma GCC unroll 16
    for (int i = 0; i < RM; i++)
#pragma GCC unroll 4
      for (int j = 0; j < RN; j++) acc[i][j] = V::load(c + i * row_stride + j * V::lanes);
  }

  FOVEA_INLINE void add(const float* c, int64_t row_stride) {
#pragma GCC unroll 16
    for (int i = 0; i < RM; i++)
#pragma GCC unroll 4
      for (int j = 0; j < RN; j++) acc[i][j] = fovea::add(acc[i][j], V::load(c + i * row_stride + j * V::lanes));
  }

  FOVEA_INLINE void scale(float factor) {
#pragma GCC unroll 16
    for (int i = 0; i < RM; i++)
#pragma GCC unroll 4
      for (int j = 0; j < RN; j++) acc[i][j] = mul(acc[i][j], V::set(factor));
  }

  FOVEA_INLINE void store(float* c, int64_t row_stride) const {
#pragma GCC unroll 16
    for (int i = 0; i < RM; i++)
#pragma GCC unroll 4
      for (int j = 0; j < RN; j++) acc[i][j].store(c + i * row_stride + j * V::lanes);
  }

  // acc[RM × RN·lanes] += A · B over k steps of E. The order over k is fixed: the same bits in every run. Registers: see the tile
  // constants of simd/<isa>.h. The unroll pragmas keep g++ from leaving acc in memory. Rows of B that are not in L1 are asked for `ahead`.
  template <class E = Single, int ahead = 0>
  FOVEA_INLINE void accumulate(TileRows a, TileColumns b, int64_t k) {
#ifndef __clang__  // V8, which compiles what clang makes for wasm, would leave acc in memory
#pragma GCC unroll 4
#endif
    for (int64_t p = 0; p < k; p++) {
      V row[RN];
#pragma GCC unroll 4
      for (int j = 0; j < RN; j++) row[j] = V::load(b.data + j * V::lanes);
      if constexpr (ahead > 0)
#pragma GCC unroll 4
        for (int j = 0; j < RN; j++) __builtin_prefetch(b.data + ahead * b.step + j * V::lanes);
#pragma GCC unroll 16
      for (int i = 0; i < RM; i++) {
        const V x = V::set(a.data[i * a.row_stride]);
#pragma GCC unroll 4
        for (int j = 0; j < RN; j++) acc[i][j] = multiply_add<E>(x, row[j], acc[i][j]);
      }
      a.data += a.step;
      b.data += b.step;
    }
  }
};

template <int N>
struct Height {
  static constexpr int rows = N;
};

/** Calls body(Height<h>) with the lowest tile that has at least `rows` rows: what is padded is at most half of it. */
template <class V, class Body>
FOVEA_INLINE void with_height(int64_t rows, Body body) {
  constexpr int top = V::tile_rows;
  if (rows <= 1) return body(Height<1>());
  if (rows <= 2) return body(Height<2>());
  if (top > 4 && rows <= 4) return body(Height<4>());
  if (top > 8 && rows <= 8) return body(Height<(top > 8 ? 8 : top)>());
  body(Height<top>());
}

}  // namespace
}  // namespace fovea
