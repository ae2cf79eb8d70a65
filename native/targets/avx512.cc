#include "../simd/avx512.h"
#include "../kernels/table.inl"
#include "targets.h"

constinit const fovea::Kernels fovea::targets::avx512 = fovea::table<fovea::Vec>("avx512", kAvx512 | kF16c);
