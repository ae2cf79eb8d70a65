// The two half types as they lie in memory; the vectors of simd/ widen them as they load and narrow them as they store.
#pragma once

#include <cstdint>

namespace fovea {

struct float16 {
  uint16_t bits;
};

struct bfloat16 {
  uint16_t bits;
};

}  // namespace fovea
