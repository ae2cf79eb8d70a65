// Calls that run beside the event loop, on the pool's threads: libuv's are for files and DNS, and belong to Node.
// Knows nothing of Node-API: who starts a job gives the function that hears of its end.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "call.h"

namespace fovea {

/** All that a call needs, owned but for the memory that the buffers point to. */
struct Call {
  Op op = Op::attention;
  const Kernels* kernels = nullptr;
  std::vector<double> words;
  std::vector<Buffer> buffers;
};

/**
 * The jobs of one starter (an environment of Node). Any number of these share the process's pool: a job is a call of one of its
 * threads, and the others help with its tasks.
 */
class Jobs {
 public:
  using Settled = std::function<void(Status)>;

  Jobs() = default;
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;
  /** Cancels what is left and waits until no thread touches its buffers any more. */
  ~Jobs();

  /**
   * Queues a call; `settled` is called once, on whichever thread comes to it (this one too, before start returns, when no thread
   * or memory can be had: Status::out_of_memory). The memory of the buffers must live until then. Ids are this object's own.
   */
  void start(uint32_t id, Call call, const Settled& settled);

  /** Status::aborted at once for a job that waits, between two tasks for one that runs; nothing for one that has settled. */
  void cancel(uint32_t id);
};

}  // namespace fovea
