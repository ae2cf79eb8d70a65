// Rows along an axis, wherever they lie: for kernels that work on one after another.
#pragma once

#include "convert.inl"

namespace fovea {
namespace {

/** Where the index of all dimensions but the axis, the last one fastest, lies in one view, in elements. */
template <int Rank>
inline int64_t outer_offset(const int64_t (&outer)[Rank], const AxisView& view, int64_t index) {
  int64_t offset = 0;
  for (int d = Rank - 1; d >= 0; d--) {
    offset += index % outer[d] * view.outer_strides[d];
    index /= outer[d];
  }
  return offset;
}

/** Index after index of all dimensions but the axis, the last one fastest, and where each lies in some views: divides once, at the
 * beginning. */
template <int Rank, int Views>
struct OuterWalk {
  const int64_t (&outer)[Rank];
  const AxisView* const views[Views];
  int64_t index[Rank];
  int64_t at[Views] = {};

  void begin(int64_t first) {
    for (int v = 0; v < Views; v++) at[v] = outer_offset(outer, *views[v], first);
    for (int d = Rank - 1; d >= 0; d--) {
      index[d] = first % outer[d];
      first /= outer[d];
    }
  }

  void next() {
    for (int d = Rank - 1; d >= 0; d--) {
      const int64_t steps = ++index[d] < outer[d] ? 1 : 1 - outer[d];
      for (int v = 0; v < Views; v++) at[v] += steps * views[v]->outer_strides[d];
      if (steps == 1) return;
      index[d] = 0;
    }
  }
};

inline bool is_plain(const AxisView& view) { return view.dtype == DType::float32 && view.axis_stride == 1; }

/** Floats from p to where a vector is next stored into one line of memory alone, not two. */
template <class V>
inline int64_t to_line(const float* p) {
  constexpr uintptr_t bytes = V::lanes * sizeof(float);
  return static_cast<int64_t>((bytes - reinterpret_cast<uintptr_t>(p) % bytes) % bytes / sizeof(float));
}

/** to = body(vector, load) for each vector of a row, the first and the last one perhaps in part; load(row) gives the same place of another
 * row. */
template <class V, class Body>
inline void each_vector(const float* x, int64_t n, float* to, const Body& body) {
  int64_t i = smaller(to_line<V>(to), n);
  if (i > 0) store_part(body(load_part<V>(x, i), [=](const float* row) { return load_part<V>(row, i); }), to, i);
  for (; i + V::lanes <= n; i += V::lanes) body(V::load(x + i), [=](const float* row) { return V::load(row + i); }).store(to + i);
  if (i < n) store_part(body(load_part<V>(x + i, n - i), [=](const float* row) { return load_part<V>(row + i, n - i); }), to + i, n - i);
}

/** n numbers of a view, the first at `at`, as neighbours in float32: as they lie, or in `room`. `stride` is that of the dimension they are
 * of. */
template <class V>
inline const float* row_of(const AxisView& view, int64_t at, int64_t stride, int64_t n, float* room) {
  const void* const from = element(static_cast<const void*>(view.data), view.dtype, at);
  if (view.dtype == DType::float32 && stride == 1) return static_cast<const float*>(from);
  widen<V>(from, view.dtype, stride, n, room);
  return room;
}

/** Where body(to) is to put n such numbers of a view, which it gets in the end. */
template <class V, class Body>
inline void put_row(const AxisView& view, int64_t at, int64_t stride, int64_t n, float* room, const Body& body) {
  void* const to = element(view.data, view.dtype, at);
  if (view.dtype == DType::float32 && stride == 1) return body(static_cast<float*>(to));
  body(room);
  narrow<V>(room, n, to, view.dtype, stride);
}

/** Σ term(x, so far, load) of a row; load is each_vector's. What is added for the lanes behind its end is term(`neutral`), to be 0. Asks
 * for the row that lies `ahead`. */
template <class V, class Term>
inline float row_total(const float* x, int64_t n, int64_t ahead, V neutral, const Term& term) {
  constexpr int side_by_side = 4;
  V sum[side_by_side] = {V::set(0.0f), V::set(0.0f), V::set(0.0f), V::set(0.0f)};
  const auto whole = [](int64_t at) { return [at](const float* row) { return V::load(row + at); }; };
  int64_t i = 0;
  for (; i + side_by_side * V::lanes <= n; i += side_by_side * V::lanes) {
#pragma GCC unroll 4
    for (int j = 0; j < side_by_side; j++) {
      if constexpr (V::prefetches) __builtin_prefetch(x + ahead + i + j * V::lanes);
      sum[j] = term(V::load_streamed(x + i + j * V::lanes), sum[j], whole(i + j * V::lanes));
    }
  }
  for (; i + V::lanes <= n; i += V::lanes) sum[0] = term(V::load(x + i), sum[0], whole(i));
  if (i < n) {
    const auto is_there = less(V::iota(), V::set(static_cast<float>(n - i)));
    sum[1] =
        term(select(is_there, load_part<V>(x + i, n - i), neutral), sum[1], [=](const float* row) { return load_part<V>(row + i, n - i); });
  }
  return reduce_add(add(add(sum[0], sum[1]), add(sum[2], sum[3])));
}

/** room = a row of weights, each `missing` where there is none. */
__attribute__((noinline)) const float* copied(const float* row, int64_t stride, int64_t n, float missing, float* room) {
  if (row && stride == 1)
    std::memcpy(room, row, sizeof(float) * static_cast<size_t>(n));
  else
    for (int64_t i = 0; i < n; i++) room[i] = row ? row[i * stride] : missing;
  return room;
}

/** The row as it lies where its numbers are neighbours, or copied. */
inline const float* contiguous(const float* row, int64_t stride, int64_t n, float missing, float* room) {
  return row && stride == 1 ? row : copied(row, stride, n, missing, room);
}

}  // namespace
}  // namespace fovea
