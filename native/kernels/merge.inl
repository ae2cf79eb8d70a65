// Parts of the keys merged into the whole: softmax is associative once the sums travel along (Milakov & Gimelshein 2018, §3.1):
// L = ln Σₚ e^Lₚ, out = Σₚ e^(Lₚ − L) · outₚ. A part whose rows saw nothing (Lₚ = −∞) is not read.
//
// Each row's values go straight from the parts into accumulators in registers. Where the values of a row are narrower than a
// vector, or lie apart, a part's rows are widened first and the accumulators lie in scratch.
#pragma once

#include "merge_weights.inl"

namespace fovea {
namespace {

/** `Vectors` vectors of one row, from column c on. */
template <class V, int Vectors, class T>
inline void merge_columns(const MergeStretch<V>& in, int64_t r, int64_t c, float* to) {
  V sum[Vectors];
#pragma GCC unroll 8
  for (int v = 0; v < Vectors; v++) sum[v] = V::set(0.0f);
  for (int64_t p = 0; p < in.args.parts; p++) {
    const float weight = in.weights[p * kMergeRows + r];
    if (weight < 0.0f) continue;
    const T* from = static_cast<const T*>(in.sources[p].rows) + r * in.sources[p].output.row_stride + c;
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; v++) sum[v] = mul_add(V::set(weight), V::load(from + v * V::lanes), sum[v]);
  }
#pragma GCC unroll 8
  for (int v = 0; v < Vectors; v++) mul(sum[v], V::set(in.factors[r])).store(to + c + v * V::lanes);
}

/** One row; where it is no whole number of vectors, its last one overlaps the one before and gives the same again. */
template <class V, class T>
inline void merge_row(const MergeStretch<V>& in, int64_t r, float* to) {
  int64_t c = 0;
  const auto fits = [&](int64_t vectors) { return c + vectors * V::lanes <= in.args.value_dim; };
  for (; fits(8); c += 8 * V::lanes) merge_columns<V, 8, T>(in, r, c, to);
  if (fits(4)) merge_columns<V, 4, T>(in, r, c, to), c += 4 * V::lanes;
  if (fits(2)) merge_columns<V, 2, T>(in, r, c, to), c += 2 * V::lanes;
  if (fits(1)) merge_columns<V, 1, T>(in, r, c, to), c += V::lanes;
  if (c < in.args.value_dim) merge_columns<V, 1, T>(in, r, in.args.value_dim - V::lanes, to);
}

/** Rows of whole vectors. Wide rows whose result is not float32 in one piece are summed up in scratch first. */
template <class V>
void merge_rows(const MergeStretch<V>& in, int64_t at, int64_t count) {
  const bool direct = in.out.dtype == DType::float32 && in.out.column_stride == 1;
  with_type(in.args.dtype, [&](auto type) {
    for (int64_t r = 0; r < count; r++) {
      float* to = direct ? static_cast<float*>(in.out_at(at, r, 0)) : in.room;
      merge_row<V, decltype(type)>(in, r, to);
      if (!direct) narrow<V>(to, in.args.value_dim, in.out_at(at, r, 0), in.out.dtype, in.out.column_stride);
    }
  });
}

/** Columns [c, c + n) of the rows of one part as float32; returns how far apart the rows lie in `widened`. */
template <class V>
int64_t merge_widen(const MergeStretch<V>& in, const MergeSource& source, int64_t count, int64_t c, int64_t n) {
  const View4& view = source.output;
  const auto from = [&](int64_t r) { return element(source.rows, in.args.dtype, r * view.row_stride + c * view.column_stride); };
  if (view.column_stride == 1 && view.row_stride == n) {
    widen<V>(from(0), in.args.dtype, 1, count * n, in.widened);
    return n;
  }
  if (view.row_stride == 1 && n < count) {  // turned in memory: few columns, each in one piece
    float* column = in.widened + kMergeRows * kMergeColumns;
    for (int64_t e = 0; e < n; e++) {
      widen<V>(element(source.rows, in.args.dtype, (c + e) * view.column_stride), in.args.dtype, 1, count, column);
      for (int64_t r = 0; r < count; r++) in.widened[r * n + e] = column[r];
    }
    return n;
  }
  for (int64_t r = 0; r < count; r++) widen<V>(from(r), in.args.dtype, view.column_stride, n, in.widened + r * kMergeColumns);
  return kMergeColumns;
}

/** Rows narrower than a vector, or whose values lie apart. Lanes beyond a row hold whatever lies there and are not written. */
template <class V>
void merge_widened(const MergeStretch<V>& in, int64_t at, int64_t count) {
  for (int64_t c = 0; c < in.args.value_dim; c += kMergeColumns) {
    const int64_t n = smaller(kMergeColumns, in.args.value_dim - c);
    const int64_t padded = round_up(n, V::lanes);
    for (int64_t i = 0; i < count * padded; i += V::lanes) V::set(0.0f).store(in.room + i);
    for (int64_t p = 0; p < in.args.parts; p++) {
      const int64_t apart = merge_widen(in, in.sources[p], count, c, n);
      for (int64_t r = 0; r < count; r++) {
        const float weight = in.weights[p * kMergeRows + r];
        if (weight < 0.0f) continue;
        float* sum = in.room + r * padded;
        for (int64_t i = 0; i < padded; i += V::lanes)
          mul_add(V::set(weight), V::load(in.widened + r * apart + i), V::load(sum + i)).store(sum + i);
      }
    }
    for (int64_t r = 0; r < count; r++) {
      float* sum = in.room + r * padded;
      for (int64_t i = 0; i < padded; i += V::lanes) mul(V::load(sum + i), V::set(in.factors[r])).store(sum + i);
      narrow<V>(sum, n, in.out_at(at, r, c), in.out.dtype, in.out.column_stride);
    }
  }
}

/** Floats of the parts as they are read, to whole cache lines. */
constexpr int64_t merge_sources(int64_t parts) { return round_up(parts * static_cast<int64_t>(sizeof(MergeSource) / sizeof(float)), 16); }

/** Floats of a tile of values: sums of a stretch, or of a whole row. */
constexpr int64_t merge_room(int64_t value_dim) { return larger(kMergeRows * kMergeColumns, round_up(value_dim, 16)); }

template <class V>
void merge(const MergeArgs& args, int64_t begin, int64_t end, float* scratch) {
  float* const weights = scratch + merge_sources(args.parts);
  float* const factors = weights + args.parts * kMergeRows;
  float* const room = factors + kMergeRows;
  MergeStretch<V> each{args, reinterpret_cast<MergeSource*>(scratch), weights, factors, room, room + merge_room(args.value_dim), {}, 0, 0,
                       false};
  each.read_parts();
  while (begin < end) {
    const int64_t count = smaller(smaller(each.queries - begin % each.queries, end - begin), kMergeRows);
    each.weigh(begin, count);
    if (each.whole)
      merge_rows(each, begin, count);
    else
      merge_widened(each, begin, count);
    begin += count;
  }
}

template <class V>
int64_t merge_scratch(const MergeArgs& args) {
  const int64_t tile = kMergeRows * kMergeColumns;
  return merge_sources(args.parts) + (args.parts + 1) * kMergeRows + merge_room(args.value_dim) + tile + kMergeRows + V::lanes;
}

}  // namespace
}  // namespace fovea
