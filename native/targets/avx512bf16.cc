#include "../simd/avx512bf16.h"
#include "../kernels/table_pairs.inl"
#include "targets.h"

constinit const fovea::Kernels fovea::targets::avx512bf16 =
    fovea::table_with_pairs<fovea::Vec, fovea::targets::avx512>("avx512bf16", kAvx512 | kAvx512Bf16 | kF16c);
