// One call, read from stdin, run on a target of this build, and written to stdout: kernels for another machine, to be run by an emulator.
// In: op, words, buffers as int64; the words; each buffer's bytes as int64 (−1: absent), then the buffers one after another.
// Out: the status as int64, then the buffers. test/slow/emulated.test.ts speaks with it.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "../../native/call.h"
#include "../../native/dispatch.h"
#include "../../native/serial.h"

namespace {

using namespace fovea;

void read(void* to, size_t bytes) {
  if (std::fread(to, 1, bytes, stdin) != bytes) std::abort();
}

void write(const void* from, size_t bytes) {
  if (std::fwrite(from, 1, bytes, stdout) != bytes) std::abort();
}

void* aligned(int64_t bytes) { return std::aligned_alloc(64, static_cast<size_t>((bytes + 64) / 64 * 64)); }

}  // namespace

int main(int count, char** arguments) {
  const Kernels* kernels = count > 1 ? find_target(arguments[1]) : nullptr;
  if (!kernels) return 2;
  int64_t header[3];
  read(header, sizeof header);
  std::vector<double> words(static_cast<size_t>(header[1]));
  read(words.data(), words.size() * sizeof(double));
  std::vector<int64_t> sizes(static_cast<size_t>(header[2]));
  read(sizes.data(), sizes.size() * sizeof(int64_t));
  std::vector<Buffer> buffers;
  for (const int64_t bytes : sizes) {
    buffers.push_back(bytes < 0 ? Buffer{nullptr, 0} : Buffer{aligned(bytes), bytes});
    if (bytes > 0) read(buffers.back().data, static_cast<size_t>(bytes));
  }
  // Scratch is given up when the process ends: it runs one call.
  const auto memory = [](Host*, int64_t bytes) { return aligned(bytes); };
  SerialHost host(memory, memory);
  const auto status =
      static_cast<int64_t>(run_call(static_cast<Op>(header[0]), *kernels, {words.data(), header[1]}, {buffers.data(), header[2]}, &host));
  write(&status, sizeof status);
  for (const Buffer& buffer : buffers)
    if (buffer.bytes > 0) write(buffer.data, static_cast<size_t>(buffer.bytes));
}
