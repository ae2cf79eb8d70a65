// One best-first list. An ISA more is a line here and in targets/targets.h, and a library of its own in binding.gyp.
#include "dispatch.h"

#include "cpu.h"
#include "targets/targets.h"

namespace fovea {
namespace {

#if defined(__x86_64__)
constexpr const Kernels* kTargets[] = {&targets::avx512bf16, &targets::avx512, &targets::avx2, &targets::sse4};
#elif defined(__aarch64__)
constexpr const Kernels* kTargets[] = {&targets::neon};
#else
#error "no kernels for this architecture: x86-64 and arm64 have them, elsewhere the wasm backend runs"
#endif

struct FeatureName {
  uint32_t feature;
  const char* name;
};

constexpr FeatureName kFeatureNames[] = {
    {kSse42, "SSE4.2"},
    {kAvx2, "AVX2"},
    {kFma, "FMA"},
    {kF16c, "F16C"},
    {kAvx512, "AVX-512 (F, BW, VL, DQ)"},
    {kAvx512Bf16, "AVX-512 BF16"},
    {kNeon, "NEON"},
};

}  // namespace

std::span<const Kernels* const> all_targets() { return kTargets; }

const Kernels* find_target(std::string_view name) {
  for (const Kernels* kernels : kTargets) {
    if (name == kernels->name) return kernels;
  }
  return nullptr;
}

std::string missing_features(const Kernels& kernels) {
  const uint32_t missing = kernels.features & ~cpu_features();
  std::string words;
  for (const auto& [feature, name] : kFeatureNames) {
    if ((missing & feature) != 0) words.append(words.empty() ? "" : ", ").append(name);
  }
  return words;
}

}  // namespace fovea
