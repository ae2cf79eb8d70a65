#include "../simd/wasm.h"
#include "../kernels/table.inl"
#include "targets.h"

constinit const fovea::Kernels fovea::targets::wasm = fovea::table<fovea::Vec>("simd", kWasmSimd);
