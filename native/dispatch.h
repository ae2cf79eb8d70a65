// The targets that this build has, best first, and whether this CPU can run them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "kernels.h"

namespace fovea {

/** Every target compiled in, best first, whatever the CPU. */
std::span<const Kernels* const> all_targets();

/** The target of that name; null when none is compiled in. */
const Kernels* find_target(std::string_view name);

/** The features that a target needs and this CPU lacks, in words ("AVX2, FMA"); empty when the target runs here. */
std::string missing_features(const Kernels& kernels);

}  // namespace fovea
