// Runs a whole call on one target's kernels: cuts it into tasks by its shape alone and hands them to whoever works on them.
#pragma once

#include "args.h"
#include "kernels.h"

namespace fovea {

/** One of the tasks that a call was cut into. `scratch` belongs to the thread that does it; what was in it is lost between tasks. */
using Task = void (*)(const void* context, int64_t index, void* scratch);

/**
 * Memory and threads for one call. addon.cc and jobs.cc have the process's pool behind it, exports.cc the wasm's workers.
 *
 * Tasks are taken in the order of their indices, and one that was taken is done: so a task may wait for one with a lower index.
 */
struct Host {
  /** bytes that all tasks of the call may use, aligned to 64, kept until acquire is called again or the run ends; null when there are none.
   */
  void* (*acquire)(Host* host, int64_t bytes);
  /**
   * Does tasks [0, tasks), each once, any number of them at a time, and returns when none is being done any more: ok when all are done,
   * aborted when the call was cancelled before, out_of_memory when no thread had `scratch_bytes`. One task alone stays on the caller.
   */
  Status (*run)(Host* host, int64_t tasks, int64_t scratch_bytes, Task task, const void* context);
  /** How many threads may come to help, the caller included: tells which order of tasks pays, not where one ends. */
  int32_t threads;
};

Status run_attention(const Kernels& kernels, const AttentionArgs& args, Host* host);
Status run_backward(const Kernels& kernels, const BackwardArgs& args, Host* host);
Status run_append(const Kernels& kernels, const AppendArgs& args, Host* host);
Status run_matmul(const Kernels& kernels, const MatmulArgs& args, Host* host);
Status run_softmax_backward(const Kernels& kernels, const SoftmaxBackwardArgs& args, Host* host);
Status run_norm_backward(const Kernels& kernels, const NormBackwardArgs& args, Host* host);
Status run_activate_backward(const Kernels& kernels, const ActivateBackwardArgs& args, Host* host);
Status run_softmax(const Kernels& kernels, const SoftmaxArgs& args, Host* host);
Status run_convert(const Kernels& kernels, const ConvertArgs& args, Host* host);
Status run_norm(const Kernels& kernels, const NormArgs& args, Host* host);
Status run_pool(const Kernels& kernels, const PoolArgs& args, Host* host);
Status run_multiply(const Kernels& kernels, const MultiplyArgs& args, Host* host);
Status run_patches(const Kernels& kernels, const PatchesArgs& args, Host* host);
Status run_convolve(const Kernels& kernels, const ConvolveArgs& args, Host* host);
Status run_activate(const Kernels& kernels, const ActivateArgs& args, Host* host);
Status run_rotary(const Kernels& kernels, const RotaryArgs& args, Host* host);
Status run_merge(const Kernels& kernels, const MergeArgs& args, Host* host);

}  // namespace fovea
