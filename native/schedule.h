// Runs a whole call on one target's kernels: cuts it into tasks by its shape alone and walks through them.
#pragma once

#include "args.h"
#include "kernels.h"

namespace fovea {

/** Lends scratch to a call, and may end it between two tasks. addon.cc and exports.cc each have their own way. */
struct Host {
  /** bytes of memory aligned to 64, kept until the next call of acquire or the end of the run; null when there is none. */
  void* (*acquire)(Host* host, int64_t bytes);
  bool (*cancelled)(Host* host);
};

Status run_attention(const Kernels& kernels, const AttentionArgs& args, Host* host);
Status run_matmul(const Kernels& kernels, const MatmulArgs& args, Host* host);
Status run_softmax(const Kernels& kernels, const SoftmaxArgs& args, Host* host);
Status run_merge(const Kernels& kernels, const MergeArgs& args, Host* host);

}  // namespace fovea
