// SSE4.2: four float32 in a register, sixteen registers, no fused multiply-add. The operations are described in avx2.h.
#pragma once

#include <nmmintrin.h>

#include <cstring>

#include "half.h"

namespace fovea {
namespace {

struct Mask {
  __m128 v;
};

struct Vec {
  __m128 v;

  static constexpr int lanes = 4;
  // Micro-kernel: 6 rows × 2 vectors: 12 accumulators + 2 of b + 2 for the product of a.
  static constexpr int tile_rows = 6;
  static constexpr int tile_vectors = 2;
  static constexpr int query_tile = 96;
  static constexpr int key_tile = 256;
  static constexpr int block_m = 96;
  static constexpr int block_k = 256;
  static constexpr int block_n = 2048;
  static constexpr int fetch_ahead = 0;
  static constexpr bool prefetches = true;

  static Vec set(float x) { return {_mm_set1_ps(x)}; }
  static Vec iota() { return {_mm_setr_ps(0, 1, 2, 3)}; }
  static Vec load(const float* p) { return {_mm_loadu_ps(p)}; }
  static Vec load(const float16* p) {
    // The exponent and fraction moved into place are too small by 2^112, subnormals included; infinities and NaN need all ones.
    const __m128i wide = _mm_cvtepu16_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
    const __m128i sign = _mm_slli_epi32(_mm_and_si128(wide, _mm_set1_epi32(0x8000)), 16);
    const __m128i magnitude = _mm_and_si128(wide, _mm_set1_epi32(0x7fff));
    const __m128 scaled = _mm_mul_ps(_mm_castsi128_ps(_mm_slli_epi32(magnitude, 13)), _mm_set1_ps(0x1p112f));
    const __m128i special = _mm_and_si128(_mm_cmpgt_epi32(magnitude, _mm_set1_epi32(0x7bff)), _mm_set1_epi32(0x7f800000));
    return {_mm_castsi128_ps(_mm_or_si128(_mm_or_si128(_mm_castps_si128(scaled), special), sign))};
  }
  static Vec load(const bfloat16* p) {
    const __m128i wide = _mm_cvtepu16_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
    return {_mm_castsi128_ps(_mm_slli_epi32(wide, 16))};
  }
  static Vec load(const int8_t* p) {
    int32_t bytes;
    std::memcpy(&bytes, p, sizeof bytes);
    return {_mm_cvtepi32_ps(_mm_cvtepi8_epi32(_mm_cvtsi32_si128(bytes)))};
  }
  static Vec load_streamed(const float* p) { return load(p); }
  static Vec load_part(const float* p, int n) {
    float part[lanes] = {};
    std::memcpy(part, p, sizeof(float) * n);
    return load(part);
  }
  static Mask load_mask(const uint8_t* p) {
    int32_t bytes;
    std::memcpy(&bytes, p, sizeof bytes);
    const __m128i wide = _mm_cvtepu8_epi32(_mm_cvtsi32_si128(bytes));
    return {_mm_castsi128_ps(_mm_cmpgt_epi32(wide, _mm_setzero_si128()))};
  }

  void store(float* p) const { _mm_storeu_ps(p, v); }
  void store(float16* p) const {
    // Normal results round by adding half of the last place that stays (and its parity); subnormal ones by adding a number
    // whose last place is float16's smallest; what is too large becomes infinity, NaN a quiet NaN.
    const __m128i bits = _mm_castps_si128(v);
    const __m128i magnitude = _mm_and_si128(bits, _mm_set1_epi32(0x7fffffff));
    const __m128i odd = _mm_and_si128(_mm_srli_epi32(magnitude, 13), _mm_set1_epi32(1));
    const __m128i rebased = _mm_add_epi32(magnitude, _mm_add_epi32(odd, _mm_set1_epi32(0xfff - (112 << 23))));
    const __m128i normal = _mm_srli_epi32(rebased, 13);
    const __m128 shifted = _mm_add_ps(_mm_castsi128_ps(magnitude), _mm_set1_ps(0.5f));
    const __m128i subnormal = _mm_sub_epi32(_mm_castps_si128(shifted), _mm_castps_si128(_mm_set1_ps(0.5f)));
    const __m128i small = _mm_cmplt_epi32(magnitude, _mm_set1_epi32(113 << 23));
    const __m128i large = _mm_cmpgt_epi32(magnitude, _mm_set1_epi32(0x477fefff));
    const __m128i nan = _mm_cmpgt_epi32(magnitude, _mm_set1_epi32(0x7f800000));
    const __m128i payload =
        _mm_and_si128(nan, _mm_or_si128(_mm_set1_epi32(0x200), _mm_and_si128(_mm_srli_epi32(magnitude, 13), _mm_set1_epi32(0x3ff))));
    __m128i half = _mm_blendv_epi8(normal, subnormal, small);
    half = _mm_blendv_epi8(half, _mm_or_si128(_mm_set1_epi32(0x7c00), payload), large);
    half = _mm_or_si128(half, _mm_and_si128(_mm_srli_epi32(bits, 16), _mm_set1_epi32(0x8000)));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi32(half, half));
  }
  void store(bfloat16* p) const {
    const __m128i bits = _mm_castps_si128(v);
    const __m128i odd = _mm_and_si128(_mm_srli_epi32(bits, 16), _mm_set1_epi32(1));
    const __m128i rounded = _mm_srli_epi32(_mm_add_epi32(bits, _mm_add_epi32(odd, _mm_set1_epi32(0x7fff))), 16);
    const __m128i quiet = _mm_or_si128(_mm_srli_epi32(bits, 16), _mm_set1_epi32(0x40));
    const __m128i half = _mm_blendv_epi8(rounded, quiet, _mm_castps_si128(_mm_cmpunord_ps(v, v)));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi32(half, half));
  }
  void store_part(float* p, int n) const {
    float part[lanes];
    store(part);
    std::memcpy(p, part, sizeof(float) * n);
  }
};

inline Vec add(Vec a, Vec b) { return {_mm_add_ps(a.v, b.v)}; }
inline Vec sub(Vec a, Vec b) { return {_mm_sub_ps(a.v, b.v)}; }
inline Vec mul(Vec a, Vec b) { return {_mm_mul_ps(a.v, b.v)}; }
inline Vec div(Vec a, Vec b) { return {_mm_div_ps(a.v, b.v)}; }
inline Vec mul_add(Vec a, Vec b, Vec c) { return {_mm_add_ps(_mm_mul_ps(a.v, b.v), c.v)}; }
inline Vec min(Vec a, Vec b) { return {_mm_min_ps(a.v, b.v)}; }
inline Vec max(Vec a, Vec b) { return {_mm_max_ps(a.v, b.v)}; }
inline Vec magnitude(Vec a) { return {_mm_andnot_ps(_mm_set1_ps(-0.0f), a.v)}; }
inline Vec minus_magnitude(Vec a) { return {_mm_or_ps(_mm_set1_ps(-0.0f), a.v)}; }
inline Mask less(Vec a, Vec b) { return {_mm_cmplt_ps(a.v, b.v)}; }
inline Vec select(Mask mask, Vec a, Vec b) { return {_mm_blendv_ps(b.v, a.v, mask.v)}; }
inline Vec zero_where(Mask mask, Vec a) { return {_mm_andnot_ps(mask.v, a.v)}; }
inline Vec round(Vec a) { return {_mm_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
inline Vec scale_pow2(Vec a, Vec n) {
  const __m128i exponent = _mm_slli_epi32(_mm_cvtps_epi32(n.v), 23);
  return {_mm_castsi128_ps(_mm_add_epi32(_mm_castps_si128(a.v), exponent))};
}
inline float reduce_add(Vec a) {
  const __m128 two = _mm_add_ps(a.v, _mm_movehl_ps(a.v, a.v));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
inline float reduce_max(Vec a) {
  const __m128 two = _mm_max_ps(a.v, _mm_movehl_ps(a.v, a.v));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}
inline Vec zip_lower(Vec a, Vec b) { return {_mm_unpacklo_ps(a.v, b.v)}; }
inline Vec zip_upper(Vec a, Vec b) { return {_mm_unpackhi_ps(a.v, b.v)}; }

}  // namespace
}  // namespace fovea
