// A packed b, as packMatrix leaves it: panels as wide as the micro-kernel's tile, each k long, of float32, of bfloat16, or of int8 with a
// scale a column. Many rows of a read its blocks as float32; few rows read each panel once, in its own type.
#pragma once

#include "micro.inl"
#include "pack.inl"

namespace fovea {
namespace {

/** The columns of b in one block of k, as panels whose rows are `step` apart. */
struct BlockColumns {
  const float* data;
  int64_t panel, step;

  TileColumns at(int64_t index) const { return {data + index * panel, step}; }
};

/** Panel i is data[i][k][width], width = tile_vectors · lanes. */
struct Panels {
  const void* data;
  DType dtype;
  const float* scales;  // [n, rounded up to whole panels], of int8
  int64_t k;
};

/** to[r · width + c] = from[r · width + c] · scales[c] */
template <class V, class T>
inline void widen_scaled(const T* from, int64_t rows, const float* scales, float* to) {
  constexpr int RN = V::tile_vectors;
  V scale[RN];
  for (int j = 0; j < RN; j++) scale[j] = V::load(scales + j * V::lanes);
  for (int64_t r = 0; r < rows; r++, from += RN * V::lanes, to += RN * V::lanes)
    for (int j = 0; j < RN; j++) mul(V::load(from + j * V::lanes), scale[j]).store(to + j * V::lanes);
}

/** Rows [p, p + depth) of the panels that hold `columns` columns from `column` on: float32 where it lies, all else widened or paired into
 * `to`. */
template <class V, class E>
inline BlockColumns block_of_panels(const Panels& b, int64_t column, int64_t columns, int64_t p, int64_t depth, float* to) {
  constexpr int64_t width = V::tile_vectors * V::lanes;
  const int64_t panel = b.k * width;
  const void* first = element(b.data, b.dtype, column / width * panel + p * width);
  if (b.dtype == DType::float32) return {static_cast<const float*>(first), panel, width};
  for (int64_t c = 0; c < columns; c += width) {
    const void* from = element(first, b.dtype, c / width * panel);
    float* block = to + c / width * steps_of<E>(depth) * width;
    if constexpr (E::depth == 2)
      pack_pairs<V>({from, b.dtype, width, 1}, depth, width, width, block);
    else if (b.scales)
      widen_scaled<V>(static_cast<const int8_t*>(from), depth, b.scales + column + c, block);
    else
      widen<V>(from, b.dtype, 1, depth * width, block);
  }
  return {to, steps_of<E>(depth) * width, width};
}

// acc[RM × RN·lanes] += a[RM] · b[RN·lanes], where a's rows are `a_row_stride` apart.
template <class V, int RM, class T>
FOVEA_INLINE void add_panel_row(const float* a, int64_t a_row_stride, const T* b, V (&acc)[RM][V::tile_vectors]) {
  V row[V::tile_vectors];
#pragma GCC unroll 4
  for (int j = 0; j < V::tile_vectors; j++) row[j] = V::load(b + j * V::lanes);
#pragma GCC unroll 4
  for (int i = 0; i < RM; i++) {
    const V x = V::set(a[i * a_row_stride]);
#pragma GCC unroll 4
    for (int j = 0; j < V::tile_vectors; j++) acc[i][j] = mul_add(x, row[j], acc[i][j]);
  }
}

// sums[RM × RN·lanes] = A[RM × k] · panel. One or two rows alone would wait for their own sums, so each quarter or half of k has
// accumulators of its own: RM · chains · RN ≤ 12 registers, RN of the panel, 1 of a. They read the panel as so many streams; in wasm they
// take its rows in turn.
template <class V, int RM, class T>
inline void stream_panel(const float* a, int64_t k, const T* panel, float* sums) {
  constexpr int RN = V::tile_vectors, width = RN * V::lanes;
  constexpr int chains = RM == 1 ? 4 : RM == 2 ? 2 : 1;
  V acc[chains][RM][RN];
#pragma GCC unroll 4
  for (int c = 0; c < chains; c++)
#pragma GCC unroll 4
    for (int i = 0; i < RM; i++)
#pragma GCC unroll 4
      for (int j = 0; j < RN; j++) acc[c][i][j] = V::set(0.0f);
  const int64_t length = k / chains;
  const int64_t apart = V::prefetches ? length : 1, step = V::prefetches ? 1 : chains;  // wasm pays for what is no constant apart
  for (int64_t q = 0, p = 0; q < length; q++, p += step)
#pragma GCC unroll 4
    for (int c = 0; c < chains; c++) add_panel_row<V, RM>(a + p + c * apart, k, panel + (p + c * apart) * width, acc[c]);
  for (int64_t p = chains * length; p < k; p++) add_panel_row<V, RM>(a + p, k, panel + p * width, acc[0]);
#pragma GCC unroll 4
  for (int i = 0; i < RM; i++)
#pragma GCC unroll 4
    for (int j = 0; j < RN; j++) {
      V sum = acc[0][i][j];
#pragma GCC unroll 4
      for (int c = 1; c < chains; c++) sum = add(sum, acc[c][i][j]);
      sum.store(sums + i * width + j * V::lanes);
    }
}

/** sums[r · width + c] = sums[r · width + c] · scales[c] (all 1 where there are none) + bias[c] */
template <class V>
inline void finish_panel(const float* scales, const float* bias, int64_t rows, float* sums) {
  constexpr int64_t width = V::tile_vectors * V::lanes;
  for (int64_t r = 0; r < rows; r++, sums += width)
    for (int64_t c = 0; c < width; c += V::lanes) {
      const V sum = V::load(sums + c);
      add(scales ? mul(sum, V::load(scales + c)) : sum, V::load(bias + c)).store(sums + c);
    }
}

}  // namespace
}  // namespace fovea
