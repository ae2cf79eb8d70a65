// A run offers seats, helpers take them, and the caller waits for those who did. No lock: the caller alone opens and closes a run.
#include "pool.h"

#include "../native/waiting.h"

extern "C" unsigned char __heap_base;

namespace fovea {
namespace {

/** How often a thread looks before it sleeps: about as long as waking it would take. */
constexpr int kPatience = 10'000;

/** What a task gives up at a time; long beside a task switch, short beside a task. */
constexpr int64_t kNap = 20'000;  // nanoseconds

void wait32(void* word, int32_t expected, int64_t nanoseconds) {
  __builtin_wasm_memory_atomic_wait32(static_cast<int32_t*>(word), expected, nanoseconds);
}

/**
 * Sleeps while `word` is `expected`, at most so long; -1: until it is woken. Called through a pointer, so that no compiler inlines it:
 * around the instruction V8's first one loses what a larger function holds in registers.
 */
void (*const volatile sleep_on)(void* word, int32_t expected, int64_t nanoseconds) = wait32;

void wake_one(void* word) { __builtin_wasm_memory_atomic_notify(static_cast<int32_t*>(word), 1); }

/** Workers have their stacks above the kernels' data, the caller the linker's below. */
bool is_helper() { return static_cast<unsigned char*>(__builtin_frame_address(0)) >= &__heap_base; }

}  // namespace

Pool& Pool::here() {
  constexpr uintptr_t alignment = alignof(Pool);
  return *reinterpret_cast<Pool*>((reinterpret_cast<uintptr_t>(&__heap_base) + alignment - 1) / alignment * alignment);
}

int32_t Pool::present(int32_t wanted) const {
  const int32_t there = present_.load(std::memory_order_relaxed);
  return there < wanted ? there : wanted;
}

void Pool::run(const Run& run, int32_t helpers) {
  run_ = run;
  next_.store(0, std::memory_order_relaxed);
  left_.store(0, std::memory_order_relaxed);
  seats_.store(helpers);
  turn_.fetch_add(1);
  if (sleeping_.load() > 0) wake_one(&turn_);  // who comes wakes the next
  work(run, 0);
  wait_until_left(helpers - seats_.exchange(0));
  if (trapped_.load()) __builtin_trap();
}

void Pool::work(const Run& run, int32_t seat) {
  void* const scratch = run.scratch + seat * run.stride;
  for (int64_t index; (index = next_.fetch_add(1, std::memory_order_relaxed)) < run.tasks;) run.task(run.context, index, scratch);
}

void Pool::wait_until_left(int32_t helpers) {
  for (int looks = 0; left_.load() < helpers; ++looks) {
    if (looks < kPatience || !may_block_) continue;
    caller_sleeps_.store(true);
    const int32_t left = left_.load();
    if (left < helpers) sleep_on(&left_, left, -1);
    caller_sleeps_.store(false);
  }
}

void Pool::help() {
  present_.fetch_add(1);
  for (int looks = 0;;) {
    const int32_t seen = turn_.load();
    const int32_t seat = take_seat();
    if (seat > 0) {
      if (seats_.load() > 0 && sleeping_.load() > 0) wake_one(&turn_);
      work(run_, seat);
      leave();
      looks = 0;
    } else if (looks < kPatience) {
      ++looks;
    } else {
      sleeping_.fetch_add(1);
      sleep_on(&turn_, seen, -1);
      sleeping_.fetch_sub(1);
      looks = 0;
    }
  }
}

/** 0 when none is free. */
int32_t Pool::take_seat() {
  int32_t seat = seats_.load();
  while (seat > 0 && !seats_.compare_exchange_weak(seat, seat - 1)) {
  }
  return seat;
}

void Pool::leave() {
  left_.fetch_add(1);
  if (caller_sleeps_.load()) wake_one(&left_);
}

void Pool::trapped() {
  trapped_.store(true);
  next_.store(run_.tasks);
  leave();
}

void Pool::step_aside() {
  if (trapped_.load()) __builtin_trap();
  if (may_block_ || is_helper()) sleep_on(&never_, 0, kNap);
}

void step_aside() { Pool::here().step_aside(); }

}  // namespace fovea
