#include "../simd/wasm.h"
#include "../kernels/table.inl"
#include "targets.h"

// Built twice; simd/wasm.h says which of the two this is. Whether an engine can run it, the loader asks before it compiles it.
constinit const fovea::Kernels fovea::targets::wasm = fovea::table<fovea::Vec>(fovea::kWasmName, 0);
