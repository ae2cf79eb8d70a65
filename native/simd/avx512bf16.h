// AVX-512 with BF16: avx512.h and a few operations more, on vectors whose lanes are pairs: two neighbouring bfloat16 in the bits of one
// float32, the first in the lower half.
//
//   dot_pairs                         c + a₁·b₁ + a₀·b₀
//   to_pairs                          the lanes of a, then those of b, rounded to nearest even, subnormal ones to 0
//   first_of_pairs second_of_pairs    of each lane, as float32
//   zip_pairs_lower zip_pairs_upper   the lower and upper half of the pairs (a0, b0) (a1, b1) … of two rows of bfloat16
#pragma once

#include "avx512.h"

namespace fovea {
namespace {

/**
 * A fused multiply-add of the second halves, then one of the first, each rounded to nearest even. Subnormal numbers count as 0 wherever
 * they come in or out, so that one times Infinity is NaN.
 */
inline Vec dot_pairs(Vec a, Vec b, Vec c) {
  return {_mm512_dpbf16_ps(c.v, reinterpret_cast<__m512bh>(a.v), reinterpret_cast<__m512bh>(b.v))};
}

inline Vec to_pairs(Vec a, Vec b) { return {reinterpret_cast<__m512>(_mm512_cvtne2ps_pbh(b.v, a.v))}; }
inline Vec first_of_pairs(Vec a) { return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(a.v), 16))}; }
inline Vec second_of_pairs(Vec a) {
  return {_mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(a.v), _mm512_set1_epi32(static_cast<int>(0xffff0000u))))};
}

/** Words 0, 32, 1, 33, … of the 64 of a and b, from `first` on. */
inline __m512i zipped_from(int first) {
  const __m512i even = _mm512_add_epi32(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), _mm512_set1_epi32(first));
  return _mm512_or_si512(even, _mm512_slli_epi32(_mm512_add_epi32(even, _mm512_set1_epi32(32)), 16));
}
inline Vec zip_pairs(Vec a, Vec b, int first) {
  return {_mm512_castsi512_ps(_mm512_permutex2var_epi16(_mm512_castps_si512(a.v), zipped_from(first), _mm512_castps_si512(b.v)))};
}
inline Vec zip_pairs_lower(Vec a, Vec b) { return zip_pairs(a, b, 0); }
inline Vec zip_pairs_upper(Vec a, Vec b) { return zip_pairs(a, b, 16); }

}  // namespace
}  // namespace fovea
