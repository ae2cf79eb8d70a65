// Every target there is. A build links those of its architecture; dispatch.cc lists them best first.
#pragma once

#include "../kernels.h"

namespace fovea::targets {

extern const Kernels avx512bf16, avx512, avx2, sse4;  // x86-64
extern const Kernels neon;                            // AArch64
extern const Kernels wasm;                            // simd or relaxed-simd: each has a module of its own

}  // namespace fovea::targets
