// Measures the roofs that `npm run compare` holds its rows against: the multiply-add peak of each instruction set and the
// memory read bandwidth. It answers one command a line, so that it can stand beside a comparison and be asked between rows
// (it sleeps while nobody asks):
//
//   fma <isa> <threads> <rounds> <milliseconds>     -> {"unit":"GFLOP/s","rounds":[…]}
//   read <threads> <rounds> <milliseconds>          -> {"unit":"GB/s","rounds":[…]}
//   isa                                             -> {"isa":["avx512","avx512-bf16","avx2","sse4"]}
//
// bench/probes.mjs compiles and asks it.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "peak.h"
#include "read.h"
#include "rounds.h"

namespace {

void print_rounds(const char* unit, const std::vector<double>& rounds) {
  std::printf("{\"unit\":\"%s\",\"rounds\":[", unit);
  for (size_t i = 0; i < rounds.size(); ++i) std::printf("%s%.3f", i ? "," : "", rounds[i]);
  std::printf("]}\n");
}

void print_isa() {
  std::printf("{\"isa\":[");
  const char* comma = "";
  for (const Peak& peak : kPeaks) {
    if (!peak.supported()) continue;
    std::printf("%s\"%s\"", comma, peak.isa);
    comma = ",";
  }
  std::printf("]}\n");
}

void answer(const char* line) {
  char isa[32];
  int threads = 0, rounds = 0;
  double milliseconds = 0;
  if (std::sscanf(line, "fma %31s %d %d %lf", isa, &threads, &rounds, &milliseconds) == 4) {
    for (const Peak& peak : kPeaks) {
      if (std::strcmp(peak.isa, isa) == 0 && peak.supported()) {
        return print_rounds("GFLOP/s", timed_rounds(threads, rounds, milliseconds, [&](int) { return peak.run(); }));
      }
    }
    std::printf("{\"error\":\"no %s on this CPU\"}\n", isa);
  } else if (std::sscanf(line, "read %d %d %lf", &threads, &rounds, &milliseconds) == 3) {
    static ReadBuffer buffer;
    print_rounds("GB/s", timed_rounds(threads, rounds, milliseconds, [&](int thread) { return buffer.read(thread, threads); }));
  } else if (std::strncmp(line, "isa", 3) == 0) {
    print_isa();
  } else {
    std::printf("{\"error\":\"not a command\"}\n");
  }
}

}  // namespace

int main() {
  char line[256];
  while (std::fgets(line, sizeof line, stdin)) {
    answer(line);
    std::fflush(stdout);
  }
}
