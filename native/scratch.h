// Memory that a thread's calls work in: grown when a call needs more, reused by the next one, freed when the thread ends.
#pragma once

#include <cstdint>

#include "schedule.h"

namespace fovea {

/**
 * At least `bytes` of this thread's scratch, aligned to 64, or null when there is no memory. What was lent before is given
 * back by this: the content is lost.
 */
void* acquire_scratch(Host* host, int64_t bytes);

/** The same of a second block, for what the tasks of this thread's call share: the function that Host::acquire wants. */
void* acquire_shared(Host* host, int64_t bytes);

}  // namespace fovea
