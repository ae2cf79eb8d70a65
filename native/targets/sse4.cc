#include "../simd/sse4.h"
#include "../kernels/table.inl"
#include "targets.h"

constinit const fovea::Kernels fovea::targets::sse4 = fovea::table<fovea::Vec>("sse4", kSse42);
