// The workers of a wasm memory: pool.h of native, made small. One thread calls, the one that owns the memory; workers, each an instance
// of the same module on the same shared memory, come to help it. What they share lies in that memory, where zero bytes are a pool without
// workers.
#pragma once

#include <atomic>
#include <cstdint>

#include "../native/schedule.h"

namespace fovea {

/** The tasks of one call. Thread t works in `scratch + t * stride`; the caller is 0. */
struct Run {
  Task task;
  const void* context;
  int64_t tasks;
  char* scratch;
  int64_t stride;
};

class Pool {
 public:
  /** That of this memory. */
  static Pool& here();

  /** Whether the caller may block: a browser's main thread may not. */
  void own(bool may_block) { may_block_ = may_block; }

  /** How many of so many helpers could come at once. */
  int32_t present(int32_t wanted) const;

  /** Notes that a call could have had use for so many helpers. */
  void wish(int32_t helpers) { wished_ = helpers > wished_ ? helpers : wished_; }
  /** The most that any call could have used. */
  int32_t wished() const { return wished_; }

  /** Does all tasks with up to so many helpers and returns when none is being done any more. */
  void run(const Run& run, int32_t helpers);

  /** A worker's life: waits for work, without end. */
  [[noreturn]] void help();
  /** For a worker in which a kernel trapped: its call ends so, too. */
  void trapped();

  /** What a task does that waits for another one for long. */
  void step_aside();

 private:
  void work(const Run& run, int32_t seat);
  int32_t take_seat();
  void leave();
  void wait_until_left(int32_t helpers);

  Run run_;  // written by the caller while no helper is inside
  int32_t wished_;
  bool may_block_;
  std::atomic<bool> trapped_;
  std::atomic<int32_t> present_;
  alignas(64) std::atomic<int64_t> next_;   // the first task that nobody has taken
  alignas(64) std::atomic<int32_t> seats_;  // that helpers may still take: number n is thread n of the run
  std::atomic<int32_t> left_;               // helpers that are through with the run
  std::atomic<int32_t> turn_;               // changes when there are seats again: what idle helpers sleep on
  std::atomic<int32_t> sleeping_;
  std::atomic<bool> caller_sleeps_;
  int32_t never_;  // nobody is ever woken here
};

}  // namespace fovea
