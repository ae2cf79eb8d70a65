// Memory that is read once is read as several streams side by side: one alone leaves a part of the bandwidth unused. And what lies side by
// side is no stream of its own: the CPU's prefetcher takes rows that are neighbours for one stream that jumps about.
#pragma once

#include "convert.inl"
#include "micro.inl"

namespace fovea {
namespace {

/** Rows far apart, each of which begins where the one before it in its stream ended. */
constexpr int kStreams = 4;

/** How far ahead each stream is asked for, in bytes. */
constexpr int64_t kStreamAhead = 1536;

/** The same as elements, by whole rows of `width` numbers that are `stride` apart. */
inline int64_t stream_ahead(int64_t width, DType dtype, int64_t stride) {
  const int64_t row = larger(width, 1) * element_bytes(dtype);
  return (kStreamAhead + row - 1) / row * stride;
}

/** A vector of what comes from memory, of any type that V widens. */
template <class V, class T>
inline V streamed(const T* p) {
  return V::load(p);
}
template <class V>
inline V streamed(const float* p) {
  return V::load_streamed(p);
}

/**
 * Calls body(c, load) for every vector of n numbers of each stream's row, load(p) being the vector at p or what there is of it. Of each
 * line, memory is asked for the one `ahead`.
 */
template <class V, class T, class Body>
FOVEA_INLINE void for_vectors(const T* const (&rows)[kStreams], int64_t n, int64_t ahead, Body body) {
  const auto whole = [](const T* p) { return streamed<V>(p); };
  int64_t c = 0;
  if constexpr (V::prefetches) {
    constexpr int64_t line = 64 / sizeof(T);
    for (; c + line <= n; c += line) {
#pragma GCC unroll 4
      for (int s = 0; s < kStreams; s++) __builtin_prefetch(rows[s] + c + ahead);
#pragma GCC unroll 16
      for (int64_t l = 0; l < line; l += V::lanes) body(c + l, whole);
    }
  }
  for (; c + V::lanes <= n; c += V::lanes) body(c, whole);
  if (c < n) body(c, [=](const T* p) { return load_part<V>(p, n - c); });
}

/** products[r · kStreams + s] = a[r] · rows[s], lane by lane, of n numbers. Rows of a are whole vectors, with zeros from n on. */
template <class V, int R, class T>
FOVEA_INLINE void multiply_streams(const float* a, int64_t a_stride, const T* const (&rows)[kStreams], int64_t n, int64_t ahead,
                                   V* products) {
  V acc[R][kStreams];
#pragma GCC unroll 4
  for (int r = 0; r < R; r++)
#pragma GCC unroll 4
    for (int s = 0; s < kStreams; s++) acc[r][s] = V::set(0.0f);
  for_vectors<V>(
      rows, n, ahead, [&](int64_t c, auto load) __attribute__((always_inline)) {
        V row[kStreams];
#pragma GCC unroll 4
        for (int s = 0; s < kStreams; s++) row[s] = load(rows[s] + c);
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
          const V x = V::load(a + r * a_stride + c);
#pragma GCC unroll 4
          for (int s = 0; s < kStreams; s++) acc[r][s] = mul_add(x, row[s], acc[r][s]);
        }
      });
#pragma GCC unroll 4
  for (int r = 0; r < R; r++)
#pragma GCC unroll 4
    for (int s = 0; s < kStreams; s++) products[r * kStreams + s] = acc[r][s];
}

}  // namespace
}  // namespace fovea
