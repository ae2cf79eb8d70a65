// The process's threads: one small pool, whoever calls. A caller works on its own tasks; threads that have nothing else to do come to
// help it. Made when first needed, parked between calls, never joined: they are no obstacle to the end of the process.
#pragma once

#include <cstdint>

#include "schedule.h"

namespace fovea {

/** A host whose tasks the pool works on, too. Its memory is that of the calling thread (scratch.h). */
struct PoolHost : Host {
  /** Whether somebody's thread waits for the call (a sync op): such calls get the threads first. */
  enum class Kind : uint8_t { waited_for, in_background };

  /** `cancelled` is asked before every task, by any thread. */
  explicit PoolHost(Kind kind, bool (*cancelled)(Host* host) = never);

  const Kind kind;
  bool (*const cancelled)(Host* host);

 private:
  static bool never(Host*) { return false; }
};

/** Has a thread of the pool call `work` once, as soon as one is free; false when no thread can be had. */
bool call_on_pool(void (*work)());

constexpr int32_t kMostThreads = 256;

struct ThreadCount {
  int32_t wanted, had;  // for one call, the caller included; fewer are had when the system gives no more
};

ThreadCount thread_count();

/** 1 to kMostThreads, for every call of the process from now on. `as_default`: only where nobody has set it before. */
void set_thread_count(int32_t count, bool as_default);

}  // namespace fovea
