// Two blocks a thread. Large blocks begin on a huge page's border and ask for huge pages: a packed head walks through
// megabytes, and with 4 KB pages that is a TLB miss every sixteen cache lines.
#include "scratch.h"

#include <new>

#include "pages.h"

namespace fovea {
namespace {

constexpr int64_t kCacheLine = 64;
constexpr int64_t kPage = 4096;
constexpr int64_t kLargest = int64_t{1} << 46;  // beyond any address space; keeps the rounding below from overflowing

constexpr int64_t round_up(int64_t bytes, int64_t unit) { return (bytes + unit - 1) / unit * unit; }

class Scratch {
 public:
  constexpr Scratch() = default;
  ~Scratch() { release(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  void* acquire(int64_t bytes) {
    if (data_ != nullptr && bytes >= 0 && bytes <= capacity_) return data_;
    release();  // first: nobody needs the old content, and both at once might not fit
    if (bytes < 0 || bytes > kLargest) return nullptr;
    if (bytes < kPage) bytes = kPage;
    const bool huge = bytes >= kAdvisedBytes;
    const int64_t capacity = round_up(bytes, huge ? kHugePage : kPage);
    const auto alignment = std::align_val_t(huge ? kHugePage : kCacheLine);
    void* data = ::operator new(static_cast<size_t>(capacity), alignment, std::nothrow);
    if (data == nullptr) return nullptr;
    if (huge) advise_huge_pages(data, capacity);
    data_ = data;
    capacity_ = capacity;
    alignment_ = alignment;
    return data_;
  }

 private:
  void release() {
    if (data_ != nullptr) ::operator delete(data_, alignment_);
    data_ = nullptr;
    capacity_ = 0;
  }

  void* data_ = nullptr;
  int64_t capacity_ = 0;
  std::align_val_t alignment_{kCacheLine};
};

thread_local Scratch scratch, shared;

}  // namespace

void* acquire_scratch(Host*, int64_t bytes) { return scratch.acquire(bytes); }
void* acquire_shared(Host*, int64_t bytes) { return shared.acquire(bytes); }

}  // namespace fovea
