// The most multiply-adds that a core can do with each instruction set: independent chains a = a·x + y in registers, as many
// as hide the latency, and nothing else. Fused where the set has it; sse4 multiplies and adds.
#pragma once
#include <cstdint>

#if defined(__x86_64__) || defined(_M_X64)
#include <cpuid.h>
#include <immintrin.h>
#define TARGET(features) __attribute__((target(features)))
#elif defined(__aarch64__)
#include <arm_neon.h>
#define TARGET(features)
#endif

struct Peak {
  const char* isa;
  bool (*supported)();
  double (*run)();  // some tens of microseconds of work; returns the flops done
};

namespace {

constexpr int64_t kSteps = 20000;
// Read at run time, so that no chain can be worked out by the compiler; a·x + y stays near 1 and never becomes subnormal.
volatile float factor = 0.999f;
volatile float summand = 0.001f;
volatile float sink;

#if defined(__x86_64__) || defined(_M_X64)

// 16 chains of 32 registers.
TARGET("avx512f") double peak_avx512() {
  constexpr int kChains = 16;
  const __m512 x = _mm512_set1_ps(factor), y = _mm512_set1_ps(summand);
  __m512 a[kChains];
  for (int i = 0; i < kChains; ++i) a[i] = _mm512_set1_ps(1.0f + 0.01f * i);
  for (int64_t step = 0; step < kSteps; ++step) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) a[i] = _mm512_fmadd_ps(a[i], x, y);
  }
  for (int i = 0; i < kChains; ++i) sink = _mm512_cvtss_f32(a[i]);
  return 2.0 * 16 * kChains * kSteps;
}

// Pairs of bfloat16 into float32 sums: twice the multiply-adds of an instruction.
TARGET("avx512f,avx512bf16") double peak_avx512_bf16() {
  constexpr int kChains = 16;
  const __m512bh x = (__m512bh)_mm512_set1_epi32(0x3f003f00), y = (__m512bh)_mm512_set1_epi32(0x3a803a80);  // ½ and about 10⁻³
  __m512 a[kChains];
  for (int i = 0; i < kChains; ++i) a[i] = _mm512_set1_ps(1.0f + 0.01f * i);
  for (int64_t step = 0; step < kSteps; ++step) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) a[i] = _mm512_dpbf16_ps(a[i], x, y);
  }
  for (int i = 0; i < kChains; ++i) sink = _mm512_cvtss_f32(a[i]);
  return 2.0 * 32 * kChains * kSteps;
}

bool has_avx512_bf16() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __builtin_cpu_supports("avx512f") && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1u << 5)) != 0;
}

// 12 chains of 16 registers.
TARGET("avx2,fma") double peak_avx2() {
  constexpr int kChains = 12;
  const __m256 x = _mm256_set1_ps(factor), y = _mm256_set1_ps(summand);
  __m256 a[kChains];
  for (int i = 0; i < kChains; ++i) a[i] = _mm256_set1_ps(1.0f + 0.01f * i);
  for (int64_t step = 0; step < kSteps; ++step) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) a[i] = _mm256_fmadd_ps(a[i], x, y);
  }
  for (int i = 0; i < kChains; ++i) sink = _mm256_cvtss_f32(a[i]);
  return 2.0 * 8 * kChains * kSteps;
}

// No fused form. Each sum waits for itself alone, not for its product, as in a matmul: 10 chains of 16 registers.
TARGET("sse4.2") double peak_sse4() {
  constexpr int kChains = 10;
  const __m128 x = _mm_set1_ps(factor), y = _mm_set1_ps(summand);
  __m128 a[kChains];
  for (int i = 0; i < kChains; ++i) a[i] = _mm_set1_ps(1.0f + 0.01f * i);
  for (int64_t step = 0; step < kSteps; ++step) {
#pragma GCC unroll 10
    for (int i = 0; i < kChains; ++i) {
      __m128 product = y;
      asm volatile("" : "+x"(product));  // or the compiler multiplies once, before the loop
      product = _mm_mul_ps(product, x);
      a[i] = _mm_add_ps(a[i], product);
    }
  }
  for (int i = 0; i < kChains; ++i) sink = _mm_cvtss_f32(a[i]);
  return 2.0 * 4 * kChains * kSteps;
}

const Peak kPeaks[] = {
    {"avx512", [] { return __builtin_cpu_supports("avx512f") != 0; }, peak_avx512},
    {"avx512-bf16", has_avx512_bf16, peak_avx512_bf16},
    {"avx2", [] { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }, peak_avx2},
    {"sse4", [] { return __builtin_cpu_supports("sse4.2") != 0; }, peak_sse4},
};

#elif defined(__aarch64__)

// 24 chains of 32 registers.
double peak_neon() {
  constexpr int kChains = 24;
  const float32x4_t x = vdupq_n_f32(factor), y = vdupq_n_f32(summand);
  float32x4_t a[kChains];
  for (int i = 0; i < kChains; ++i) a[i] = vdupq_n_f32(1.0f + 0.01f * i);
  // vfma adds to its accumulator: a = a + x·y has the same latency and rate as the fused form above.
  for (int64_t step = 0; step < kSteps; ++step) {
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i) a[i] = vfmaq_f32(a[i], x, y);
  }
  for (int i = 0; i < kChains; ++i) sink = vgetq_lane_f32(a[i], 0);
  return 2.0 * 4 * kChains * kSteps;
}

const Peak kPeaks[] = {{"neon", [] { return true; }, peak_neon}};

#endif

}  // namespace
