// A queue that the pool's threads take from. It is never destroyed: threads may be in it while the process ends, and the library that
// holds their code is never unloaded (on Linux by binding.gyp: -z nodelete), so nothing has to be joined at exit.
#include "jobs.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <utility>

#include "pool.h"

namespace fovea {
namespace {

struct Job : PoolHost {
  Job(const Jobs* owner, uint32_t id, Call call, Jobs::Settled settled)
      : PoolHost(Kind::in_background, is_cancelled), owner(owner), id(id), call(std::move(call)), settled(std::move(settled)) {}

  static bool is_cancelled(Host* host) { return static_cast<Job*>(host)->cancelled.load(std::memory_order_relaxed); }

  Status run() {
    const Words words = {call.words.data(), static_cast<int64_t>(call.words.size())};
    const Buffers buffers = {call.buffers.data(), static_cast<int64_t>(call.buffers.size())};
    return run_call(call.op, *call.kernels, words, buffers, this);
  }

  const Jobs* const owner;
  const uint32_t id;
  const Call call;
  const Jobs::Settled settled;
  std::atomic<bool> cancelled = false;
  bool begun = false;  // by the thread that will settle it; guarded by the queue's mutex
};

class Queue {
 public:
  /** False when no thread can be had to run it; throws std::bad_alloc. */
  bool add(const Jobs* owner, uint32_t id, Call call, const Jobs::Settled& settled) {
    const std::lock_guard lock(mutex_);
    jobs_.emplace_back(owner, id, std::move(call), settled);
    if (call_on_pool(run_first)) return true;
    jobs_.pop_back();
    return false;
  }

  void cancel(const Jobs* owner, uint32_t id) {
    std::unique_lock lock(mutex_);
    cancel_if(lock, [=](const Job& job) { return job.owner == owner && job.id == id; });
  }

  void cancel_all_and_wait(const Jobs* owner) {
    std::unique_lock lock(mutex_);
    const auto owned = [=](const Job& job) { return job.owner == owner; };
    cancel_if(lock, owned);
    settled_.wait(lock, [&] { return std::none_of(jobs_.begin(), jobs_.end(), owned); });
  }

 private:
  using Entry = std::list<Job>::iterator;

  /** What each job asks the pool for once. By then another thread may have come first, or the job may be cancelled. */
  static void run_first();

  void run_one() {
    std::unique_lock lock(mutex_);
    const Entry job = begin_first([](const Job&) { return true; });
    if (job == jobs_.end()) return;
    lock.unlock();
    settle(job, job->run());
  }

  /** Tells those that run, and settles those that wait. */
  template <class Condition>
  void cancel_if(std::unique_lock<std::mutex>& lock, Condition condition) {
    for (Job& job : jobs_) {
      if (condition(job)) job.cancelled.store(true, std::memory_order_relaxed);
    }
    for (Entry job; (job = begin_first(condition)) != jobs_.end();) {
      lock.unlock();
      settle(job, Status::aborted);
      lock.lock();
    }
  }

  /** Takes the first waiting job that meets a condition; the end when none does. Whoever begins a job settles it. */
  template <class Condition>
  Entry begin_first(Condition condition) {
    const Entry job = std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& each) { return !each.begun && condition(each); });
    if (job != jobs_.end()) job->begun = true;
    return job;
  }

  void settle(Entry job, Status status) {
    job->settled(status);
    const std::lock_guard lock(mutex_);
    jobs_.erase(job);
    settled_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable settled_;
  std::list<Job> jobs_;  // in the order they came: waiting, running, or just telling their owner
};

Queue& queue() {
  static Queue* const only = new Queue;
  return *only;
}

void Queue::run_first() { queue().run_one(); }

}  // namespace

Jobs::~Jobs() { queue().cancel_all_and_wait(this); }

void Jobs::start(uint32_t id, Call call, const Settled& settled) {
  bool added = false;
  try {
    added = queue().add(this, id, std::move(call), settled);
  } catch (const std::bad_alloc&) {
  }
  if (!added) settled(Status::out_of_memory);
}

void Jobs::cancel(uint32_t id) { queue().cancel(this, id); }

}  // namespace fovea
