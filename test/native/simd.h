// The vectors under test: run.mjs compiles the tests once for each header of native/simd/ and names it here.
#pragma once

#include <array>

#include FOVEA_SIMD

using fovea::Mask;
using fovea::Vec;

constexpr int kLanes = Vec::lanes;
using Lanes = std::array<float, kLanes>;

inline Vec vec(const Lanes& lanes) { return Vec::load(lanes.data()); }

inline Lanes lanes_of(Vec vector) {
  Lanes lanes;
  vector.store(lanes.data());
  return lanes;
}

/** Whether mul_add rounds once: (1 + u)² − (1 + 2u) is u² then, and 0 when the square was rounded first. */
inline bool mul_add_fuses() {
  return lanes_of(fovea::mul_add(Vec::set(0x1.000002p0f), Vec::set(0x1.000002p0f), Vec::set(-0x1.000004p0f)))[0] != 0;
}
