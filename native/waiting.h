// How one task waits for another: a counter in the call's shared memory, looked at until it has come far enough.
#pragma once

#include <atomic>
#include <cstdint>

#ifndef __wasm__
#include <thread>
#endif

namespace fovea {

/** Tells the CPU that this thread only waits. */
inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/** Gives the CPU to a thread that works, where there are more threads than cores. */
#ifdef __wasm__
void step_aside();  // of the workers' pool, wasm/pool.cc
#else
inline void step_aside() { std::this_thread::yield(); }
#endif

/** A number that only grows, alone on its cache line. Zero bytes are a counter at 0. */
struct alignas(64) Counter {
  std::atomic<int64_t> value = 0;

  void add_one() { value.fetch_add(1, std::memory_order_release); }
  /** Short waits only: what is waited for is being done by another thread right now. */
  void wait_for(int64_t count) const {
    constexpr int kPatience = 1000;
    for (int looks = 0; value.load(std::memory_order_acquire) < count; looks++) {
      if (looks < kPatience)
        relax();
      else
        step_aside();
    }
  }
};

}  // namespace fovea
