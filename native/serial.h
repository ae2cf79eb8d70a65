// A host with one thread, the caller's: does the tasks one after the other. For tests.
#pragma once

#include "schedule.h"

namespace fovea {

struct SerialHost : Host {
  using Memory = void* (*)(Host* host, int64_t bytes);

  /** `shared` and `scratch` lend two different blocks, each kept until it is asked for again. `cancelled` is asked before every task. */
  SerialHost(Memory shared, Memory scratch, bool (*cancelled)(Host* host) = never)
      : Host{shared, run_here, 1}, scratch(scratch), cancelled(cancelled) {}

  const Memory scratch;
  bool (*const cancelled)(Host* host);

 private:
  static bool never(Host*) { return false; }

  static Status run_here(Host* host, int64_t tasks, int64_t scratch_bytes, Task task, const void* context) {
    const auto* const self = static_cast<SerialHost*>(host);
    void* const memory = self->scratch(host, scratch_bytes);
    if (!memory) return Status::out_of_memory;
    for (int64_t index = 0; index < tasks; index++) {
      if (self->cancelled(host)) return Status::aborted;
      task(context, index, memory);
    }
    return Status::ok;
  }
};

}  // namespace fovea
