// Which reader belongs to which run function.
#include "call.h"

namespace fovea {
namespace {

template <class Args>
Status read_and_run(Status (*read)(Words, Buffers, Args*), Status (*run)(const Kernels&, const Args&, Host*), const Kernels& kernels,
                    Words words, Buffers buffers, Host* host) {
  Args args = {};
  const Status status = read(words, buffers, &args);
  return status == Status::ok ? run(kernels, args, host) : status;
}

}  // namespace

Status run_call(Op op, const Kernels& kernels, Words words, Buffers buffers, Host* host) {
  switch (op) {
    case Op::attention:
      return read_and_run(read_attention, run_attention, kernels, words, buffers, host);
    case Op::matmul:
      return read_and_run(read_matmul, run_matmul, kernels, words, buffers, host);
    case Op::softmax:
      return read_and_run(read_softmax, run_softmax, kernels, words, buffers, host);
    case Op::cache_attention:
      return read_and_run(read_cache_attention, run_attention, kernels, words, buffers, host);
    case Op::append:
      return read_and_run(read_append, run_append, kernels, words, buffers, host);
    case Op::merge:
      return read_and_run(read_merge, run_merge, kernels, words, buffers, host);
    case Op::convert:
      return read_and_run(read_convert, run_convert, kernels, words, buffers, host);
    case Op::norm:
      return read_and_run(read_norm, run_norm, kernels, words, buffers, host);
    case Op::pool:
      return read_and_run(read_pool, run_pool, kernels, words, buffers, host);
    case Op::multiply:
      return read_and_run(read_multiply, run_multiply, kernels, words, buffers, host);
    case Op::patches:
      return read_and_run(read_patches, run_patches, kernels, words, buffers, host);
    case Op::convolve:
      return read_and_run(read_convolve, run_convolve, kernels, words, buffers, host);
    case Op::activate:
      return read_and_run(read_activate, run_activate, kernels, words, buffers, host);
    case Op::rotary:
      return read_and_run(read_rotary, run_rotary, kernels, words, buffers, host);
    case Op::attention_backward:
      return read_and_run(read_backward, run_backward, kernels, words, buffers, host);
    case Op::softmax_backward:
      return read_and_run(read_softmax_backward, run_softmax_backward, kernels, words, buffers, host);
    case Op::norm_backward:
      return read_and_run(read_norm_backward, run_norm_backward, kernels, words, buffers, host);
    case Op::activate_backward:
      return read_and_run(read_activate_backward, run_activate_backward, kernels, words, buffers, host);
  }
  return Status::bad_words;
}

}  // namespace fovea
