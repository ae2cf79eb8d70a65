// madvise, on Linux; nothing elsewhere.
#include "pages.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace fovea {

void advise_huge_pages([[maybe_unused]] void* data, [[maybe_unused]] int64_t bytes) {
#if defined(__linux__)
  const auto address = reinterpret_cast<uintptr_t>(data);
  const uintptr_t begin = (address + kHugePage - 1) / kHugePage * kHugePage;
  const uintptr_t end = (address + static_cast<uintptr_t>(bytes)) / kHugePage * kHugePage;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
}

void advise_results(Op op, std::span<const Buffer> buffers) {
  const auto advise = [buffers](int64_t index) {
    if (index >= static_cast<int64_t>(buffers.size())) return;
    const Buffer& buffer = buffers[static_cast<size_t>(index)];
    if (buffer.data != nullptr && buffer.bytes >= kAdvisedBytes) advise_huge_pages(buffer.data, buffer.bytes);
  };
  switch (op) {
    case Op::attention:
    case Op::cache_attention:
      advise(kAttentionOut);
      advise(kAttentionWeights);
      break;
    case Op::matmul:
      advise(kMatmulOut);
      break;
    case Op::softmax:
      advise(kSoftmaxOut);
      break;
    case Op::convert:
      advise(kConvertOut);
      break;
    case Op::norm:
      advise(kNormOut);
      break;
    case Op::multiply:
      advise(kMultiplyOut);
      break;
    case Op::patches:
      advise(kPatchesOut);
      break;
    case Op::activate:
      advise(kActivateOut);
      break;
    case Op::rotary:
      advise(kRotaryOut);
      break;
    case Op::merge:
      advise(kMergeOutBuffer);
      break;
    case Op::attention_backward:
      advise(kBackwardDQuery);
      advise(kBackwardDKey);
      advise(kBackwardDValue);
      break;
    case Op::softmax_backward:
    case Op::norm_backward:
    case Op::activate_backward:
      advise(kGradientDX);
      break;
    case Op::append:  // into blocks, which were advised when they were made
    case Op::pool:    // a number a row
    case Op::convolve:
      break;
  }
}

}  // namespace fovea
