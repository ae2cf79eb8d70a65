#include "../simd/neon.h"
#include "../kernels/table.inl"
#include "targets.h"

constinit const fovea::Kernels fovea::targets::neon = fovea::table<fovea::Vec>("neon", kNeon);
