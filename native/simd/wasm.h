// WebAssembly SIMD: four float32 in a register, of which V8 has sixteen on x86. The operations are described in avx2.h.
// The relaxed build fuses mul_add where the engine does, which frees the register of the product: its tile is taller.
#pragma once

#include <wasm_simd128.h>

#include <cstring>

#include "half.h"

namespace fovea {
namespace {

#ifdef __wasm_relaxed_simd__
constexpr const char* kWasmName = "relaxed-simd";
#else
constexpr const char* kWasmName = "simd";
#endif

struct Mask {
  v128_t v;
};

struct Vec {
  v128_t v;

  static constexpr int lanes = 4;
#ifdef __wasm_relaxed_simd__
  static constexpr int tile_rows = 6;  // 12 accumulators + 2 of b + 1 of a
#else
  static constexpr int tile_rows = 4;  // 8 accumulators + 2 of b + 1 of a + products
#endif
  static constexpr int tile_vectors = 2;
  static constexpr int query_tile = 96;
  static constexpr int key_tile = 256;
  static constexpr int block_m = 96;
  static constexpr int block_k = 256;
  static constexpr int block_n = 2048;
  static constexpr int fetch_ahead = 0;
  static constexpr bool prefetches = false;  // wasm has no instruction that asks for memory ahead

  static Vec set(float x) { return {wasm_f32x4_splat(x)}; }
  static Vec iota() { return {wasm_f32x4_const(0, 1, 2, 3)}; }
  static Vec load(const float* p) { return {wasm_v128_load(p)}; }
  static Vec load(const float16* p) {
    // As in sse4.h: exponent and fraction moved into place are too small by 2^112; infinities and NaN need all ones.
    const v128_t wide = wasm_u32x4_load16x4(p);
    const v128_t sign = wasm_i32x4_shl(wasm_v128_and(wide, wasm_i32x4_const_splat(0x8000)), 16);
    const v128_t magnitude = wasm_v128_and(wide, wasm_i32x4_const_splat(0x7fff));
    const v128_t scaled = wasm_f32x4_mul(wasm_i32x4_shl(magnitude, 13), wasm_f32x4_const_splat(0x1p112f));
    const v128_t special = wasm_v128_and(wasm_i32x4_gt(magnitude, wasm_i32x4_const_splat(0x7bff)), wasm_i32x4_const_splat(0x7f800000));
    return {wasm_v128_or(wasm_v128_or(scaled, special), sign)};
  }
  static Vec load(const bfloat16* p) { return {wasm_i32x4_shl(wasm_u32x4_load16x4(p), 16)}; }
  static Vec load(const int8_t* p) {
    return {wasm_f32x4_convert_i32x4(wasm_i32x4_extend_low_i16x8(wasm_i16x8_extend_low_i8x16(wasm_v128_load32_zero(p))))};
  }
  static Vec load_streamed(const float* p) { return load(p); }
  static Vec load_part(const float* p, int n) {
    float part[lanes] = {};
    std::memcpy(part, p, sizeof(float) * n);
    return load(part);
  }
  static Mask load_mask(const uint8_t* p) {
    const v128_t wide = wasm_u32x4_extend_low_u16x8(wasm_u16x8_extend_low_u8x16(wasm_v128_load32_zero(p)));
    return {wasm_i32x4_ne(wide, wasm_i32x4_const_splat(0))};
  }

  void store(float* p) const { wasm_v128_store(p, v); }
  void store(float16* p) const {
    // As in sse4.h: three roundings, for normal, subnormal and too large results.
    const v128_t magnitude = wasm_v128_and(v, wasm_i32x4_const_splat(0x7fffffff));
    const v128_t odd = wasm_v128_and(wasm_u32x4_shr(magnitude, 13), wasm_i32x4_const_splat(1));
    const v128_t rebased = wasm_i32x4_add(magnitude, wasm_i32x4_add(odd, wasm_i32x4_const_splat(0xfff - (112 << 23))));
    const v128_t normal = wasm_u32x4_shr(rebased, 13);
    const v128_t half_bits = wasm_f32x4_const_splat(0.5f);
    const v128_t subnormal = wasm_i32x4_sub(wasm_f32x4_add(magnitude, half_bits), half_bits);
    const v128_t small = wasm_i32x4_lt(magnitude, wasm_i32x4_const_splat(113 << 23));
    const v128_t large = wasm_i32x4_gt(magnitude, wasm_i32x4_const_splat(0x477fefff));
    const v128_t nan = wasm_i32x4_gt(magnitude, wasm_i32x4_const_splat(0x7f800000));
    const v128_t fraction = wasm_v128_and(wasm_u32x4_shr(magnitude, 13), wasm_i32x4_const_splat(0x3ff));
    const v128_t payload = wasm_v128_and(nan, wasm_v128_or(wasm_i32x4_const_splat(0x200), fraction));
    v128_t half = wasm_v128_bitselect(subnormal, normal, small);
    half = wasm_v128_bitselect(wasm_v128_or(wasm_i32x4_const_splat(0x7c00), payload), half, large);
    half = wasm_v128_or(half, wasm_v128_and(wasm_u32x4_shr(v, 16), wasm_i32x4_const_splat(0x8000)));
    wasm_v128_store64_lane(p, wasm_u16x8_narrow_i32x4(half, half), 0);
  }
  void store(bfloat16* p) const {
    const v128_t odd = wasm_v128_and(wasm_u32x4_shr(v, 16), wasm_i32x4_const_splat(1));
    const v128_t rounded = wasm_u32x4_shr(wasm_i32x4_add(v, wasm_i32x4_add(odd, wasm_i32x4_const_splat(0x7fff))), 16);
    const v128_t quiet = wasm_v128_or(wasm_u32x4_shr(v, 16), wasm_i32x4_const_splat(0x40));
    const v128_t half = wasm_v128_bitselect(quiet, rounded, wasm_f32x4_ne(v, v));
    wasm_v128_store64_lane(p, wasm_u16x8_narrow_i32x4(half, half), 0);
  }
  void store_part(float* p, int n) const {
    float part[lanes];
    store(part);
    std::memcpy(p, part, sizeof(float) * n);
  }
};

inline Vec add(Vec a, Vec b) { return {wasm_f32x4_add(a.v, b.v)}; }
inline Vec sub(Vec a, Vec b) { return {wasm_f32x4_sub(a.v, b.v)}; }
inline Vec mul(Vec a, Vec b) { return {wasm_f32x4_mul(a.v, b.v)}; }
inline Vec div(Vec a, Vec b) { return {wasm_f32x4_div(a.v, b.v)}; }
inline Vec mul_add(Vec a, Vec b, Vec c) {
#ifdef __wasm_relaxed_simd__
  return {wasm_f32x4_relaxed_madd(a.v, b.v, c.v)};
#else
  return {wasm_f32x4_add(wasm_f32x4_mul(a.v, b.v), c.v)};
#endif
}
inline Vec min(Vec a, Vec b) { return {wasm_f32x4_pmin(b.v, a.v)}; }
inline Vec max(Vec a, Vec b) { return {wasm_f32x4_pmax(b.v, a.v)}; }
inline Vec magnitude(Vec a) { return {wasm_f32x4_abs(a.v)}; }
inline Vec minus_magnitude(Vec a) { return {wasm_v128_or(wasm_f32x4_splat(-0.0f), a.v)}; }
inline Mask less(Vec a, Vec b) { return {wasm_f32x4_lt(a.v, b.v)}; }
inline Vec select(Mask mask, Vec a, Vec b) { return {wasm_v128_bitselect(a.v, b.v, mask.v)}; }
// Words less 0 or less 65535, at least 0: of an andnot with a comparison the compiler makes a bitselect, three instructions on x86.
inline Vec zero_where(Mask mask, Vec a) { return {wasm_u16x8_sub_sat(a.v, mask.v)}; }
inline Vec round(Vec a) { return {wasm_f32x4_nearest(a.v)}; }
inline Vec scale_pow2(Vec a, Vec n) {
#ifdef __wasm_relaxed_simd__
  const v128_t whole = wasm_i32x4_relaxed_trunc_f32x4(n.v);  // of NaN 0 or −2^31: nothing is left of either
#else
  // trunc_sat is some ten instructions on x86. Added to 1.5 · 2^23, n stands in the lowest bits; in place of NaN a number of which nothing
  // is left below.
  const v128_t number = wasm_f32x4_pmax(wasm_f32x4_const_splat(-512.0f), n.v);
  const v128_t whole = wasm_f32x4_add(number, wasm_f32x4_const_splat(0x1.8p23f));
#endif
  return {wasm_i32x4_add(a.v, wasm_i32x4_shl(whole, 23))};
}
inline float reduce_add(Vec a) {
  const v128_t two = wasm_f32x4_add(a.v, wasm_i32x4_shuffle(a.v, a.v, 2, 3, 2, 3));
  return wasm_f32x4_extract_lane(two, 0) + wasm_f32x4_extract_lane(two, 1);
}
inline float reduce_max(Vec a) {
  const v128_t two = wasm_f32x4_pmax(wasm_i32x4_shuffle(a.v, a.v, 2, 3, 2, 3), a.v);
  const float first = wasm_f32x4_extract_lane(two, 0), second = wasm_f32x4_extract_lane(two, 1);
  return first > second ? first : second;
}
inline Vec zip_lower(Vec a, Vec b) { return {wasm_i32x4_shuffle(a.v, b.v, 0, 4, 1, 5)}; }
inline Vec zip_upper(Vec a, Vec b) { return {wasm_i32x4_shuffle(a.v, b.v, 2, 6, 3, 7)}; }

}  // namespace
}  // namespace fovea
