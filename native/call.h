// A call from its words to its status: what addon.cc, jobs.cc and wasm/exports.cc all do, whichever op it is.
#pragma once

#include "args.h"
#include "schedule.h"

namespace fovea {

enum class Op : int32_t {
  attention,
  matmul,
  softmax,
  merge,
  convert,
  cache_attention,
  append,
  norm,
  pool,
  multiply,
  patches,
  convolve,
  activate,
  rotary,
  attention_backward,
  softmax_backward,
  norm_backward,
  activate_backward
};

/** Reads and checks the words and buffers, then runs the op; anything but Status::ok from the checks has written nothing. */
Status run_call(Op op, const Kernels& kernels, Words words, Buffers buffers, Host* host);

}  // namespace fovea
