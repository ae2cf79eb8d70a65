// Rows of any dtype and stride as contiguous float32, and back.
#pragma once

#include <cstring>

#include "../args.h"
#include "../simd/half.h"

namespace fovea {
namespace {

constexpr int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
constexpr int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
constexpr int64_t round_up(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

/** The first n lanes from memory of any type, 0 elsewhere; reads nothing past p + n. */
template <class V, class T>
inline V load_part(const T* p, int64_t n) {
  T part[V::lanes] = {};
  std::memcpy(part, p, sizeof(T) * static_cast<size_t>(n));
  return V::load(part);
}
template <class V>
inline V load_part(const float* p, int64_t n) {
  return V::load_part(p, static_cast<int>(n));
}

/** The first n lanes, or all where there are so many. */
template <class V, class T>
inline V load_first(const T* p, int64_t n) {
  return n >= V::lanes ? V::load(p) : load_part<V>(p, n);
}

template <class V>
inline void store_part(V x, float* p, int64_t n) {
  x.store_part(p, static_cast<int>(n));
}

/** x[i] = f(x[i]) for i < n. */
template <class V, class F>
inline void change(float* x, int64_t n, const F& f) {
  for (int64_t i = 0; i < n; i += V::lanes) store_part(f(load_first<V>(x + i, n - i)), x + i, smaller(V::lanes, n - i));
}

/** Calls body with a value of the C++ type that the dtype names. */
template <class Body>
inline void with_type(DType dtype, const Body& body) {
  if (dtype == DType::float32) body(float());
  if (dtype == DType::float16) body(float16());
  if (dtype == DType::bfloat16) body(bfloat16());
}

/** The same where the source may be int8 as well, its values without their scales. */
template <class Body>
inline void with_source_type(DType dtype, const Body& body) {
  if (dtype == DType::int8) return body(int8_t());
  with_type(dtype, body);
}

/** data + index, for an element of that dtype. */
inline const void* element(const void* data, DType dtype, int64_t index) {
  return static_cast<const char*>(data) + index * element_bytes(dtype);
}
inline void* element(void* data, DType dtype, int64_t index) { return static_cast<char*>(data) + index * element_bytes(dtype); }

/** x · 1. */
struct Unscaled {
  template <class V>
  V operator()(V x) const {
    return x;
  }
};

/** x · factor. */
template <class V>
struct Scaled {
  V factor;

  V operator()(V x) const { return mul(x, factor); }
};

/** to[i] = scale(from[i · stride]) for i < n. */
template <class V, class Scale>
inline void widen(const void* from, DType dtype, int64_t stride, int64_t n, float* to, Scale scale) {
  with_source_type(dtype, [=](auto type) {
    using T = decltype(type);
    const T* source = static_cast<const T*>(from);
    int64_t i = 0;
    if (stride == 1)
      for (; i + V::lanes <= n; i += V::lanes) scale(V::load(source + i)).store(to + i);
    for (; i < n; i += V::lanes) {
      T part[V::lanes] = {};
      const int64_t count = smaller(V::lanes, n - i);
      for (int64_t j = 0; j < count; j++) part[j] = source[(i + j) * stride];
      store_part(scale(V::load(part)), to + i, count);
    }
  });
}

/** to[i · stride] = scale(from[i]) for i < n, rounded to nearest even. */
template <class V, class Scale>
inline void narrow(const float* from, int64_t n, void* to, DType dtype, int64_t stride, Scale scale) {
  with_type(dtype, [=](auto type) {
    using T = decltype(type);
    T* target = static_cast<T*>(to);
    int64_t i = 0;
    if (stride == 1)
      for (; i + V::lanes <= n; i += V::lanes) scale(V::load(from + i)).store(target + i);
    for (; i < n; i += V::lanes) {
      T part[V::lanes];
      const int64_t count = smaller(V::lanes, n - i);
      scale(load_part<V>(from + i, count)).store(part);
      for (int64_t j = 0; j < count; j++) target[(i + j) * stride] = part[j];
    }
  });
}

// Without a factor, once for all kernels: inlined into each they are a good part of a module. (One with a factor is not called so: where a
// vector is an argument, GCC leaves the upper halves of the registers in use behind, and SSE code of others waits for them ever after.)
template <class V>
__attribute__((noinline)) void widen(const void* from, DType dtype, int64_t stride, int64_t n, float* to) {
  widen<V>(from, dtype, stride, n, to, Unscaled());
}
template <class V>
__attribute__((noinline)) void narrow(const float* from, int64_t n, void* to, DType dtype, int64_t stride) {
  narrow<V>(from, n, to, dtype, stride, Unscaled());
}

}  // namespace
}  // namespace fovea
