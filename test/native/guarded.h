// Memory that ends where the mapped memory ends, so that touching one byte behind it ends the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#ifdef __wasm__
/** The linear memory's end; it is far larger than what the program allocates. One guarded memory at a time, here. */
inline char* end_of_memory() { return reinterpret_cast<char*>(__builtin_wasm_memory_size(0) * 65536); }
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

/** Which edge of the memory lies against what must not be touched. */
enum class Edge { end, begin };

template <class T>
class GuardedMemory {
 public:
  explicit GuardedMemory(size_t count, [[maybe_unused]] Edge edge = Edge::end) {
    const size_t bytes = count * sizeof(T);
#ifdef __wasm__
    data_ = reinterpret_cast<T*>(end_of_memory() - bytes);
#else
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t used = (bytes + page - 1) / page * page;
    mapped_bytes_ = used + 2 * page;
    mapped_ = mmap(nullptr, mapped_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char* const begin = static_cast<char*>(mapped_) + page;
    if (mapped_ == MAP_FAILED || (used > 0 && mprotect(begin, used, PROT_READ | PROT_WRITE) != 0)) std::abort();
    data_ = reinterpret_cast<T*>(edge == Edge::end ? begin + used - bytes : begin);
#endif
  }
  ~GuardedMemory() {
#ifndef __wasm__
    munmap(mapped_, mapped_bytes_);
#endif
  }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;

  T* data() { return data_; }
  T& operator[](size_t i) { return data_[i]; }

 private:
  T* data_;
#ifndef __wasm__
  void* mapped_;
  size_t mapped_bytes_;
#endif
};
