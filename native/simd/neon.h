// NEON of ARMv8 (AArch64): four float32 in a register, thirty-two registers. The operations are described in avx2.h.
#pragma once

#include <arm_neon.h>

#include <cstring>

#include "half.h"

namespace fovea {
namespace {

struct Mask {
  uint32x4_t v;
};

struct Vec {
  float32x4_t v;

  static constexpr int lanes = 4;
  // Micro-kernel: 8 rows × 3 vectors: 24 accumulators + 3 of b + 1 of a of 32 registers.
  static constexpr int tile_rows = 8;
  static constexpr int tile_vectors = 3;
  static constexpr int query_tile = 96;
  static constexpr int key_tile = 240;
  static constexpr int block_m = 96;
  static constexpr int block_k = 256;
  static constexpr int block_n = 2040;
  static constexpr int fetch_ahead = 0;
  static constexpr bool prefetches = true;

  static Vec set(float x) { return {vdupq_n_f32(x)}; }
  static Vec iota() {
    const float lane[lanes] = {0, 1, 2, 3};
    return load(lane);
  }
  static Vec load(const float* p) { return {vld1q_f32(p)}; }
  static Vec load(const float16* p) { return {vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(&p->bits)))}; }
  static Vec load(const bfloat16* p) { return {vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(&p->bits), 16))}; }
  static Vec load(const int8_t* p) {
    uint32_t bytes;
    std::memcpy(&bytes, p, sizeof bytes);
    return {vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(vcreate_s8(bytes)))))};
  }
  static Vec load_streamed(const float* p) { return load(p); }
  static Vec load_part(const float* p, int n) {
    float part[lanes] = {};
    std::memcpy(part, p, sizeof(float) * n);
    return load(part);
  }
  static Mask load_mask(const uint8_t* p) {
    uint32_t bytes;
    std::memcpy(&bytes, p, sizeof bytes);
    const uint16x8_t wide = vmovl_u8(vcreate_u8(bytes));
    const uint32x4_t word = vmovl_u16(vget_low_u16(wide));
    return {vtstq_u32(word, word)};
  }

  void store(float* p) const { vst1q_f32(p, v); }
  void store(float16* p) const { vst1_u16(&p->bits, vreinterpret_u16_f16(vcvt_f16_f32(v))); }
  void store(bfloat16* p) const {
    const uint32x4_t bits = vreinterpretq_u32_f32(v);
    const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
    const uint32x4_t rounded = vaddq_u32(bits, vaddq_u32(odd, vdupq_n_u32(0x7fff)));
    const uint32x4_t quiet = vorrq_u32(bits, vdupq_n_u32(0x400000));
    vst1_u16(&p->bits, vshrn_n_u32(vbslq_u32(vceqq_f32(v, v), rounded, quiet), 16));
  }
  void store_part(float* p, int n) const {
    float part[lanes];
    store(part);
    std::memcpy(p, part, sizeof(float) * n);
  }
};

inline Vec add(Vec a, Vec b) { return {vaddq_f32(a.v, b.v)}; }
inline Vec sub(Vec a, Vec b) { return {vsubq_f32(a.v, b.v)}; }
inline Vec mul(Vec a, Vec b) { return {vmulq_f32(a.v, b.v)}; }
inline Vec div(Vec a, Vec b) { return {vdivq_f32(a.v, b.v)}; }
inline Vec mul_add(Vec a, Vec b, Vec c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
inline Vec min(Vec a, Vec b) { return {vbslq_f32(vcltq_f32(a.v, b.v), a.v, b.v)}; }
inline Vec max(Vec a, Vec b) { return {vbslq_f32(vcgtq_f32(a.v, b.v), a.v, b.v)}; }
inline Vec magnitude(Vec a) { return {vabsq_f32(a.v)}; }
inline Vec minus_magnitude(Vec a) { return {vnegq_f32(vabsq_f32(a.v))}; }
inline Mask less(Vec a, Vec b) { return {vcltq_f32(a.v, b.v)}; }
inline Vec select(Mask mask, Vec a, Vec b) { return {vbslq_f32(mask.v, a.v, b.v)}; }
inline Vec zero_where(Mask mask, Vec a) { return {vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(a.v), mask.v))}; }
inline Vec round(Vec a) { return {vrndnq_f32(a.v)}; }
inline Vec scale_pow2(Vec a, Vec n) {
  const int32x4_t exponent = vshlq_n_s32(vcvtq_s32_f32(n.v), 23);
  return {vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(a.v), exponent))};
}
inline float reduce_add(Vec a) { return vaddvq_f32(a.v); }
inline float reduce_max(Vec a) { return vmaxvq_f32(a.v); }
inline Vec zip_lower(Vec a, Vec b) { return {vzip1q_f32(a.v, b.v)}; }
inline Vec zip_upper(Vec a, Vec b) { return {vzip2q_f32(a.v, b.v)}; }

}  // namespace
}  // namespace fovea
