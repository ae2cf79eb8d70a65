// CPUID and XGETBV on x86-64; on arm64 NEON belongs to the base architecture.
#include "cpu.h"

#include "kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace fovea {

#if defined(__x86_64__)
namespace {

struct Registers {
  unsigned eax, ebx, ecx, edx;
};

/** All zeros where the CPU does not know the leaf. */
Registers cpuid(unsigned leaf, unsigned subleaf = 0) {
  Registers r = {};
  if (__get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx) == 0) return {};
  return r;
}

/** XCR0: the register states that the operating system saves; to be asked only where CPUID says OSXSAVE. */
uint64_t saved_states() {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

constexpr bool all(uint64_t value, uint64_t bits) { return (value & bits) == bits; }

}  // namespace

// Intel SDM volume 1, §14.3 and §15.2: an instruction set is usable when CPUID lists it and XCR0 has the state of its registers.
uint32_t cpu_features() {
  constexpr unsigned kOsxsave = 1u << 27;
  constexpr uint64_t kYmmState = 0x6, kZmmState = 0xe6;
  const Registers basic = cpuid(1), extended = cpuid(7);
  const uint64_t saved = all(basic.ecx, kOsxsave) ? saved_states() : 0;
  const bool ymm = all(saved, kYmmState), zmm = all(saved, kZmmState);

  uint32_t features = 0;
  if (all(basic.ecx, 1u << 20)) features |= kSse42;
  if (ymm && all(extended.ebx, 1u << 5 | 1u << 3 | 1u << 8)) features |= kAvx2;  // with BMI1 and BMI2, which its compiler flags allow
  if (ymm && all(basic.ecx, 1u << 12)) features |= kFma;
  if (ymm && all(basic.ecx, 1u << 29)) features |= kF16c;
  if (zmm && all(extended.ebx, 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31)) features |= kAvx512;  // F, DQ, BW, VL
  if (zmm && extended.eax >= 1 && all(cpuid(7, 1).eax, 1u << 5)) features |= kAvx512Bf16;
  return features;
}
#elif defined(__aarch64__)
uint32_t cpu_features() { return kNeon; }
#else
uint32_t cpu_features() { return 0; }
#endif

}  // namespace fovea
