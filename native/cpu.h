// What this CPU can do, as far as the operating system lets it.
#pragma once

#include <cstdint>

namespace fovea {

/** Bits of CpuFeature (kernels.h). */
uint32_t cpu_features();

}  // namespace fovea
