// Every target there is. A build links those of its architecture; dispatch.cc lists them best first.
#pragma once

#include "../kernels.h"

namespace fovea::targets {

extern const Kernels avx512, avx2, sse4;  // x86-64
extern const Kernels neon;                // AArch64
extern const Kernels wasm;                // one of wasm_simd.cc and wasm_relaxed_simd.cc: a module holds one

}  // namespace fovea::targets
