// Rounds of work that time themselves inside the threads that do it: on a machine with two cores a third thread that keeps
// the clock is scheduled late, and once "measured" three times the bandwidth there was.
#pragma once
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

// Every thread calls work(thread), which returns how many units it has done, until its own clock has run for the given time.
// The threads start together. Returns one figure a round: 1e9 units a second, summed over the threads.
template <class Work>
std::vector<double> timed_rounds(int threads, int rounds, double milliseconds, const Work& work) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> results;
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> rates(threads);
    std::atomic<int> waiting{threads};
    const auto run = [&](int thread) {
      work(thread);  // wakes the clock and the wide units up
      waiting.fetch_sub(1);
      while (waiting.load() > 0) {
      }
      double units = 0, seconds = 0;
      const auto begin = Clock::now();
      do {
        units += work(thread);
        seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      } while (seconds * 1e3 < milliseconds);
      rates[thread] = units / seconds / 1e9;
    };
    std::vector<std::thread> others;
    for (int thread = 1; thread < threads; ++thread) others.emplace_back(run, thread);
    run(0);
    for (std::thread& other : others) other.join();
    double sum = 0;
    for (double rate : rates) sum += rate;
    results.push_back(sum);
  }
  return results;
}
