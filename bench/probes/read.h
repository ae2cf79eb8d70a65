// Reads memory as fast as a core can and does nothing with it. The buffer is larger than any cache; each thread walks its own
// part in chunks, a few streams side by side, because one stream alone leaves bandwidth unused.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>
#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace {

volatile uint64_t read_sink;

#if defined(__x86_64__) || defined(_M_X64)
__attribute__((target("avx2"))) uint64_t or_all_avx2(const char* const* streams, int64_t bytes) {
  __m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;
  for (int64_t at = 0; at < bytes; at += 64) {
#define LOAD(stream, half) _mm256_load_si256(reinterpret_cast<const __m256i*>(streams[stream] + at + 32 * half))
    a = _mm256_or_si256(a, _mm256_or_si256(LOAD(0, 0), LOAD(0, 1)));
    b = _mm256_or_si256(b, _mm256_or_si256(LOAD(1, 0), LOAD(1, 1)));
    c = _mm256_or_si256(c, _mm256_or_si256(LOAD(2, 0), LOAD(2, 1)));
    d = _mm256_or_si256(d, _mm256_or_si256(LOAD(3, 0), LOAD(3, 1)));
#undef LOAD
  }
  a = _mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d));
  return static_cast<uint64_t>(_mm256_extract_epi64(a, 0));
}
#endif

uint64_t or_all(const char* const* streams, int64_t bytes) {
#if defined(__x86_64__) || defined(_M_X64)
  if (__builtin_cpu_supports("avx2")) return or_all_avx2(streams, bytes);
#endif
  uint64_t a[4][8] = {};
  for (int64_t at = 0; at < bytes; at += 64) {
    for (int stream = 0; stream < 4; ++stream) {
      const uint64_t* line = reinterpret_cast<const uint64_t*>(streams[stream] + at);
      for (int i = 0; i < 8; ++i) a[stream][i] |= line[i];
    }
  }
  uint64_t all = 0;
  for (const auto& stream : a) {
    for (uint64_t word : stream) all |= word;
  }
  return all;
}

class ReadBuffer {
 public:
  ReadBuffer() {
    data_ = static_cast<char*>(std::aligned_alloc(2 << 20, kBytes));
    if (!data_) std::abort();
#if defined(__linux__)
    madvise(data_, kBytes, MADV_HUGEPAGE);
#endif
    std::memset(data_, 1, kBytes);
  }
  ~ReadBuffer() { std::free(data_); }

  // Reads the next chunk of this thread's part; returns the bytes read.
  double read(int thread, int threads) {
    const int64_t part = kBytes / threads / kStreams / kChunk * kChunk;  // of one stream of one thread
    int64_t& at = at_[thread % kThreads];
    if (at + kChunk > part) at = 0;
    const char* streams[kStreams];
    for (int i = 0; i < kStreams; ++i) streams[i] = data_ + (thread * kStreams + i) * part + at;
    read_sink = or_all(streams, kChunk);
    at += kChunk;
    return static_cast<double>(kStreams * kChunk);
  }

 private:
  static constexpr int64_t kBytes = int64_t{512} << 20;
  static constexpr int64_t kChunk = 256 << 10;
  static constexpr int kStreams = 4;
  static constexpr int kThreads = 256;
  char* data_;
  int64_t at_[kThreads] = {};
};

}  // namespace
