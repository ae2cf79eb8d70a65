// Huge pages for memory that a call is about to walk through: 4 KB pages cost a fault each where the memory is fresh, and a TLB
// miss every few cache lines where it is not.
#pragma once

#include <cstdint>
#include <span>

#include "call.h"

namespace fovea {

constexpr int64_t kHugePage = int64_t{2} << 20;

/** Memory as large as this is worth an advice: below, there may be no whole huge page in it. */
constexpr int64_t kAdvisedBytes = 2 * kHugePage;

/** Asks for huge pages in the part of [data, data + bytes) that they can cover. Advice: no harm where it is refused, and nothing outside.
 */
void advise_huge_pages(void* data, int64_t bytes);

/** The same for the large ones among the buffers that a call writes: a result in new memory is touched here for the first time. */
void advise_results(Op op, std::span<const Buffer> buffers);

}  // namespace fovea
