// AVX2 with FMA and F16C: eight float32 in a register, sixteen registers.
//
// Every header in this folder gives the same: one Vec, its Mask, the operations below, and the tile constants of that
// register file. Nothing but intrinsics; no algorithm. test/native/ops.cc tests each operation on every ISA.
//
//   set load store                whole vectors; loads widen float16, bfloat16 and int8, stores narrow to nearest even
//   load_streamed                 load, for float32 that comes from memory and may lie across two lines of it
//   load_part store_part          the first n lanes only (0 < n ≤ lanes); a load gives 0 elsewhere and reads nothing there
//   add sub mul div               one rounding each
//   mul_add                       a·b + c; one rounding where the ISA fuses, else two
//   min max                       a < b ? a : b,  a > b ? a : b: the second where either is NaN
//   magnitude minus_magnitude     |a|, −|a|; NaN where a is NaN
//   less select load_mask         comparison, choice by lane, and a Mask from bytes (non-zero = true)
//   zero_where                    select with 0, in fewer instructions
//   round scale_pow2              to the nearest whole number, ties to even; a·2^n for whole n with a normal result
//   reduce_add reduce_max         over the lanes, in a fixed order
//   iota                          0, 1, 2, …
//   zip_lower zip_upper           the lower and upper half of a0 b0 a1 b1 a2 b2 …
#pragma once

#include <immintrin.h>

#include "half.h"

namespace fovea {
namespace {

struct Mask {
  __m256 v;
};

struct Vec {
  __m256 v;

  static constexpr int lanes = 8;
  // Micro-kernel: 6 rows × 2 vectors: 12 accumulators + 2 of b + 1 of a = 15 of 16 registers.
  static constexpr int tile_rows = 6;
  static constexpr int tile_vectors = 2;
  // Attention: query rows that share a key tile in L2, keys between two softmax steps.
  static constexpr int query_tile = 96;
  static constexpr int key_tile = 256;
  // Matmul: a block of a stays in L2, a panel of b in L1, a block of b in L3.
  static constexpr int block_m = 192;
  static constexpr int block_k = 256;
  static constexpr int block_n = 2048;
  static constexpr int fetch_ahead = 0;
  static constexpr bool prefetches = true;

  static Vec set(float x) { return {_mm256_set1_ps(x)}; }
  static Vec iota() { return {_mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7)}; }
  static Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
  static Vec load(const float16* p) { return {_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))}; }
  static Vec load(const bfloat16* p) {
    const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    return {_mm256_castsi256_ps(_mm256_slli_epi32(wide, 16))};
  }
  static Vec load(const int8_t* p) {
    return {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))))};
  }
  static Vec load_streamed(const float* p) { return load(p); }
  static __m256i first(int n) { return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)); }
  static Vec load_part(const float* p, int n) { return {_mm256_maskload_ps(p, first(n))}; }
  static Mask load_mask(const uint8_t* p) {
    const __m256i wide = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
    return {_mm256_castsi256_ps(_mm256_cmpgt_epi32(wide, _mm256_setzero_si256()))};
  }

  void store(float* p) const { _mm256_storeu_ps(p, v); }
  void store(float16* p) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT)); }
  void store(bfloat16* p) const {
    const __m256i bits = _mm256_castps_si256(v);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff))), 16);
    const __m256i quiet = _mm256_or_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(0x40));
    const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
    const __m256i half = _mm256_blendv_epi8(rounded, quiet, nan);
    const __m128i packed = _mm_packus_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), packed);
  }
  void store_part(float* p, int n) const {
    if (n == lanes) return store(p);  // masked stores are slow on some CPUs (Zen 3)
    _mm256_maskstore_ps(p, first(n), v);
  }
};

inline Vec add(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
inline Vec sub(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline Vec mul(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline Vec div(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
inline Vec mul_add(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
inline Vec min(Vec a, Vec b) { return {_mm256_min_ps(a.v, b.v)}; }
inline Vec max(Vec a, Vec b) { return {_mm256_max_ps(a.v, b.v)}; }
inline Vec magnitude(Vec a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
inline Vec minus_magnitude(Vec a) { return {_mm256_or_ps(_mm256_set1_ps(-0.0f), a.v)}; }
inline Mask less(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
inline Vec select(Mask mask, Vec a, Vec b) { return {_mm256_blendv_ps(b.v, a.v, mask.v)}; }
inline Vec zero_where(Mask mask, Vec a) { return {_mm256_andnot_ps(mask.v, a.v)}; }
inline Vec round(Vec a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
inline Vec scale_pow2(Vec a, Vec n) {
  const __m256i exponent = _mm256_slli_epi32(_mm256_cvtps_epi32(n.v), 23);
  return {_mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a.v), exponent))};
}
inline float reduce_add(Vec a) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
inline float reduce_max(Vec a) {
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}
inline Vec zip_lower(Vec a, Vec b) { return {_mm256_permute2f128_ps(_mm256_unpacklo_ps(a.v, b.v), _mm256_unpackhi_ps(a.v, b.v), 0x20)}; }
inline Vec zip_upper(Vec a, Vec b) { return {_mm256_permute2f128_ps(_mm256_unpacklo_ps(a.v, b.v), _mm256_unpackhi_ps(a.v, b.v), 0x31)}; }

}  // namespace
}  // namespace fovea
