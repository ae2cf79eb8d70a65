// Every decision is taken under one lock, a few times a call; tasks are taken from an atomic counter without it. `turn_` tells those who
// work that something has changed, and that after their task they should look whether another call needs them more.
#include "pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "scratch.h"
#include "waiting.h"

namespace fovea {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = PoolHost::Kind;
using Lock = std::unique_lock<std::mutex>;

/** How long a thread looks around before it parks: about what waking it would cost. */
constexpr auto kPatience = std::chrono::microseconds(20);

/** Looks at a condition for as long as patience lasts; what it says last. */
template <class Condition>
bool soon(Condition condition) {
  static const bool alone = std::thread::hardware_concurrency() < 2;
  if (alone) return condition();
  const auto end = Clock::now() + kPatience;
  while (!condition()) {
    for (int i = 0; i < 32; ++i) relax();
    if (Clock::now() > end) return condition();
  }
  return true;
}

/** The tasks of one call: on its caller's stack, and in the pool's list while others may join. */
struct Run {
  PoolHost* const host;
  const Task task;
  const void* const context;
  const int64_t tasks, scratch_bytes;
  bool closed = false;  // to helpers: one had no memory. Guarded by the pool's mutex
  std::atomic<bool> aborted = false;
  std::atomic<int32_t> helpers = 0;  // changed under the mutex
  alignas(64) std::atomic<int64_t> next = 0;

  bool open() const { return !closed && next.load(std::memory_order_relaxed) < tasks; }
  bool waited_for() const { return host->kind == Kind::waited_for; }

  /** Does one task; false when none is left to take. One that was taken is done: others may wait for it. */
  bool do_one(void* scratch) {
    if (host->cancelled(host)) {
      if (next.exchange(tasks) < tasks) aborted.store(true);
      return false;
    }
    const int64_t index = next.fetch_add(1, std::memory_order_relaxed);
    if (index >= tasks) return false;
    task(context, index, scratch);
    return true;
  }

  Status status() const { return aborted.load() ? Status::aborted : Status::ok; }
};

class Pool {
 public:
  Status run(PoolHost* host, int64_t tasks, int64_t scratch_bytes, Task task, const void* context) {
    void* scratch = acquire_scratch(host, scratch_bytes);
    if (!scratch) return Status::out_of_memory;
    Run run = {host, task, context, tasks, scratch_bytes};
    if (tasks == 1 || limit_.load(std::memory_order_relaxed) == 1 || !open(run)) {
      while (run.do_one(scratch)) {
      }
      return run.status();
    }
    uint32_t seen = turn_.load(std::memory_order_relaxed);
    while (run.do_one(scratch)) {
      if (run.waited_for() || !changed(&seen)) continue;
      help_those_waited_for();
      scratch = acquire_scratch(host, scratch_bytes);  // it may have grown, and never shrinks: this cannot fail
    }
    close(run);
    return run.status();
  }

  bool call(void (*work)()) {
    const std::lock_guard lock(mutex_);
    if (!add(works_, work)) return false;
    summon();
    if (threads_ > 0) return true;
    works_.pop_back();
    return false;
  }

  ThreadCount count() {
    const int32_t wanted = limit_.load(std::memory_order_relaxed);
    return {wanted, std::min(wanted, most_.load(std::memory_order_relaxed))};
  }

  void limit(int32_t count, bool as_default) {
    const std::lock_guard lock(mutex_);
    if (as_default && is_set_) return;
    is_set_ = true;
    most_.store(kMostThreads);
    limit_.store(count);
    turn_.fetch_add(1);
    wake_.notify_all();
  }

 private:
  /** False when there is no memory to note it: the caller stays alone then. */
  bool open(Run& run) {
    const std::lock_guard lock(mutex_);
    if (!add(runs_, &run)) return false;
    if (run.waited_for()) ++busy_, ++waited_for_;
    summon();
    return true;
  }

  void close(Run& run) {
    {
      const std::lock_guard lock(mutex_);
      runs_.erase(std::find(runs_.begin(), runs_.end(), &run));
      if (run.waited_for()) --busy_, --waited_for_;
      if (is_needed()) summon();
    }
    const auto left = [&] { return run.helpers.load() == 0; };
    if (soon(left)) return;
    Lock lock(mutex_);
    left_.wait(lock, left);
  }

  template <class T>
  static bool add(std::vector<T>& list, T item) {
    try {
      list.push_back(item);
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  bool changed(uint32_t* seen) const {
    const uint32_t now = turn_.load(std::memory_order_relaxed);
    return now != std::exchange(*seen, now);
  }

  // ---- with the mutex held ----

  /** Tells those who work, and gets a thread that does not: it gets the next one when there is more to do. */
  void summon() {
    turn_.fetch_add(1);
    if (looking_ > 0) return;
    if (sleeping_ > 0)
      wake_.notify_one();
    else if (threads_ < limit_ && (threads_ < most_ - 1 || threads_ == 0))
      grow();
  }

  void grow() {
    try {
      std::thread([this] { live(); }).detach();
      ++threads_;
    } catch (const std::exception&) {
      most_.store(threads_ + 1);  // the system gives no more: those that there are do the work
    }
  }

  /** The open run that a free thread should help: one that somebody waits for, with the fewest helpers; null when all have enough. */
  Run* neediest() const {
    Run* found = nullptr;
    for (Run* run : runs_) {
      if (!run->open() || run->helpers >= limit_ - 1) continue;
      if ((run->waited_for() ? waited_for_ : busy_) >= limit_) continue;
      if (!found || run->waited_for() > found->waited_for() || (run->waited_for() == found->waited_for() && run->helpers < found->helpers))
        found = run;
    }
    return found;
  }

  bool may_begin_work() const { return !works_.empty() && (busy_ < limit_ || working_ == 0); }
  bool is_needed() const { return neediest() != nullptr || may_begin_work(); }

  /** Whether a helper of this run should go elsewhere, or rest because there are more threads at work than were asked for. */
  bool should_leave(const Run& run) const {
    if ((run.waited_for() ? waited_for_ : busy_) > limit_) return true;
    for (const Run* other : runs_) {
      if (!other->open() || other->waited_for() < run.waited_for() || other->helpers >= limit_ - 1) continue;
      if (other->waited_for() > run.waited_for() || other->helpers + 1 < run.helpers) return true;
    }
    return !run.waited_for() && !works_.empty();
  }

  /** Helps until nothing is left to take, or somebody else needs this thread more. */
  void help(Run& run, Lock& lock) {
    ++run.helpers;
    if (run.waited_for()) ++waited_for_;
    if (is_needed()) summon();
    uint32_t seen = turn_.load(std::memory_order_relaxed);
    lock.unlock();
    void* const scratch = acquire_scratch(run.host, run.scratch_bytes);
    bool leaves = !scratch;
    while (!leaves && run.do_one(scratch)) {
      if (!changed(&seen)) continue;
      lock.lock();
      leaves = should_leave(run);
      if (!leaves) lock.unlock();
    }
    if (!lock.owns_lock()) lock.lock();
    if (!scratch) run.closed = true;
    if (run.waited_for()) --waited_for_;
    if (--run.helpers == 0) left_.notify_all();  // the run may be gone after this
  }

  // ---- a thread's life ----

  /** For a thread that works in the background, between two of its tasks. */
  void help_those_waited_for() {
    Lock lock(mutex_);
    for (Run* run = neediest(); run && run->waited_for(); run = neediest()) help(*run, lock);
  }

  [[noreturn]] void live() {
    Lock lock(mutex_);
    for (bool patient = true;;) {
      Run* const run = neediest();
      if (run && (run->waited_for() || !may_begin_work())) {
        ++busy_;
        help(*run, lock);
        --busy_;
      } else if (may_begin_work()) {
        void (*const work)() = works_.front();
        works_.erase(works_.begin());
        ++busy_, ++working_;
        if (is_needed()) summon();
        lock.unlock();
        work();
        lock.lock();
        --busy_, --working_;
      } else if (patient) {
        const uint32_t seen = turn_.load();
        ++looking_;
        lock.unlock();
        patient = soon([&] { return turn_.load(std::memory_order_relaxed) != seen; });
        lock.lock();
        --looking_;
        continue;
      } else {
        ++sleeping_;
        wake_.wait(lock);
        --sleeping_;
      }
      patient = true;
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, left_;
  std::vector<Run*> runs_;
  std::vector<void (*)()> works_;
  std::atomic<uint32_t> turn_ = 0;
  std::atomic<int32_t> limit_ = std::clamp(static_cast<int32_t>(std::thread::hardware_concurrency()), 1, kMostThreads);
  int32_t threads_ = 0, sleeping_ = 0, looking_ = 0;
  int32_t busy_ = 0, waited_for_ = 0;         // threads at work, callers included; those of them at what somebody waits for
  int32_t working_ = 0;                       // threads that call what was given to call()
  std::atomic<int32_t> most_ = kMostThreads;  // that the system gives, the caller included
  bool is_set_ = false;
};

/** Never destroyed: threads park in it while the process ends. */
Pool& pool() {
  static Pool* const only = new Pool;
  return *only;
}

Status run_in_pool(Host* host, int64_t tasks, int64_t scratch_bytes, Task task, const void* context) {
  return pool().run(static_cast<PoolHost*>(host), tasks, scratch_bytes, task, context);
}

}  // namespace

PoolHost::PoolHost(Kind kind, bool (*cancelled)(Host* host))
    : Host{acquire_shared, run_in_pool, thread_count().had}, kind(kind), cancelled(cancelled) {}

bool call_on_pool(void (*work)()) { return pool().call(work); }

ThreadCount thread_count() { return pool().count(); }

void set_thread_count(int32_t count, bool as_default) { pool().limit(count, as_default); }

}  // namespace fovea
