#include "../simd/avx2.h"
#include "../kernels/table.inl"
#include "targets.h"

constinit const fovea::Kernels fovea::targets::avx2 = fovea::table<fovea::Vec>("avx2", kAvx2 | kFma | kF16c);
