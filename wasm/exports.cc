// The kernels as a WebAssembly module: addon.cc's twin. Built twice from native/targets/wasm.cc, without and with
// -mrelaxed-simd. TypeScript (src/backend/wasm/arena.ts) owns the memory: it lays out words, buffers and tensors from
// heap_base() up, and says where the scratch may begin. No libc, no allocator, no start-up code.
#include "../native/call.h"
#include "../native/targets/targets.h"
#include "pool.h"

namespace fovea {
namespace {

constexpr uint64_t kPage = 65536;
constexpr uint64_t kAlignment = 64;

constexpr uint64_t align_up(uint64_t address) { return (address + kAlignment - 1) / kAlignment * kAlignment; }

/** A buffer as TypeScript writes it; address 0: the call has no such tensor. */
struct LentBuffer {
  uint32_t address, bytes;
};

/**
 * The memory from `begin` to the end of the address space, in two blocks: what the tasks share, then the scratch of each thread, which
 * begins anew for every run. Grows what there is when more is asked for, always on the caller's thread.
 */
struct Memory : Host {
  Memory(uint64_t begin, int32_t threads)
      : Host{acquire_shared, run_here, 1 + Pool::here().present(threads - 1)}, begin(begin), wanted(threads), end_of_shared(begin) {}

  /** Null where no address or no memory is left. */
  static void* take(uint64_t begin, int64_t bytes) {
    const uint64_t start = align_up(begin);
    const uint64_t present = __builtin_wasm_memory_size(0) * kPage;
    constexpr uint64_t kAddresses = uint64_t{1} << 32;
    if (start + kAlignment > kAddresses || static_cast<uint64_t>(bytes) > kAddresses - kAlignment - start) return nullptr;
    const uint64_t end = start + static_cast<uint64_t>(bytes);
    const uint64_t pages = end > present ? (end - present + kPage - 1) / kPage : 0;
    if (pages > 0 && __builtin_wasm_memory_grow(0, static_cast<uintptr_t>(pages)) == static_cast<uintptr_t>(-1)) return nullptr;
    return reinterpret_cast<void*>(static_cast<uintptr_t>(start));
  }

  static void* acquire_shared(Host* host, int64_t bytes) {
    auto* const self = static_cast<Memory*>(host);
    void* const data = take(self->begin, bytes);
    self->end_of_shared = reinterpret_cast<uintptr_t>(data) + static_cast<uint64_t>(bytes);
    return data;
  }

  static Status run_here(Host* host, int64_t tasks, int64_t scratch_bytes, Task task, const void* context) {
    auto* const self = static_cast<Memory*>(host);
    auto* const scratch = static_cast<char*>(take(self->end_of_shared, scratch_bytes));
    if (scratch == nullptr) return Status::out_of_memory;
    Pool::here().wish(smaller(self->wanted - 1, tasks - 1));
    const auto stride = static_cast<int64_t>(align_up(static_cast<uint64_t>(scratch_bytes)));  // below the 4 GB that there are
    const int32_t helpers = smaller(host->threads - 1, tasks - 1);
    if (helpers > 0 && take(self->end_of_shared, stride * (helpers + 1)) != nullptr) {
      Pool::here().run({task, context, tasks, scratch, stride}, helpers);
    } else {
      for (int64_t index = 0; index < tasks; ++index) task(context, index, scratch);
    }
    return Status::ok;
  }

  static int32_t smaller(int32_t count, int64_t limit) { return count < limit ? count : static_cast<int32_t>(limit); }

  const uint64_t begin;
  const int32_t wanted;
  uint64_t end_of_shared;
};

int32_t call(Op op, const double* words, int32_t word_count, const LentBuffer* lent, int32_t count, uint32_t scratch_begin,
             int32_t threads) {
  const int64_t table_bytes = count * static_cast<int64_t>(sizeof(Buffer));
  auto* const buffers = static_cast<Buffer*>(Memory::take(scratch_begin, table_bytes));
  if (buffers == nullptr) return static_cast<int32_t>(Status::out_of_memory);
  Memory host(reinterpret_cast<uintptr_t>(buffers) + static_cast<uint64_t>(table_bytes), threads);
  for (int32_t i = 0; i < count; ++i) {
    buffers[i] = {reinterpret_cast<void*>(static_cast<uintptr_t>(lent[i].address)), static_cast<int64_t>(lent[i].bytes)};
  }
  return static_cast<int32_t>(run_call(op, targets::wasm, {words, word_count}, {buffers, count}, &host));
}

}  // namespace
}  // namespace fovea

#define FOVEA_EXPORT(name) extern "C" __attribute__((export_name(name)))

/** An op under its name in src/plan/plan.ts: (words, how many, buffers, how many, where scratch may begin, how many threads) → status. */
#define FOVEA_OP(name, op)                                                                                                     \
  FOVEA_EXPORT(name)                                                                                                           \
  int32_t run_##op(const double* words, int32_t word_count, const fovea::LentBuffer* buffers, int32_t count, uint32_t scratch, \
                   int32_t threads) {                                                                                          \
    return fovea::call(fovea::Op::op, words, word_count, buffers, count, scratch, threads);                                    \
  }

FOVEA_OP("attention", attention)
FOVEA_OP("cacheAttention", cache_attention)
FOVEA_OP("append", append)
FOVEA_OP("matmul", matmul)
FOVEA_OP("softmax", softmax)
FOVEA_OP("merge", merge)
FOVEA_OP("convert", convert)
FOVEA_OP("norm", norm)
FOVEA_OP("pool", pool)
FOVEA_OP("multiply", multiply)
FOVEA_OP("patches", patches)
FOVEA_OP("convolve", convolve)
FOVEA_OP("activate", activate)
FOVEA_OP("rotary", rotary)
FOVEA_OP("attentionBackward", attention_backward)
FOVEA_OP("softmaxBackward", softmax_backward)
FOVEA_OP("normBackward", norm_backward)
FOVEA_OP("activateBackward", activate_backward)

/** The first byte after the module's own data, its stack, and the pool. */
FOVEA_EXPORT("heap_base") const void* heap_base() { return &fovea::Pool::here() + 1; }

/** Called once by the thread that owns the memory. */
FOVEA_EXPORT("own") void own(int32_t may_block) { fovea::Pool::here().own(may_block != 0); }

/** How many helpers the calls so far could have used. */
FOVEA_EXPORT("wished") int32_t wished() { return fovea::Pool::here().wished(); }

/** A worker's life, with a stack of its own set before: it does not return. What it calls when that ended in a trap. */
FOVEA_EXPORT("help") void help() { fovea::Pool::here().help(); }
FOVEA_EXPORT("trapped") void trapped() { fovea::Pool::here().trapped(); }

/** Which of the builds this is, ended by a zero. */
FOVEA_EXPORT("target_name") const char* target_name() { return fovea::targets::wasm.name; }

FOVEA_EXPORT("tile_sizes") const fovea::TileSizes* tile_sizes() { return &fovea::targets::wasm.tile; }
