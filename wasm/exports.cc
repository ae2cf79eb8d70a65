// The kernels as a WebAssembly module: addon.cc's twin. Built twice from native/targets/wasm.cc, without and with
// -mrelaxed-simd. TypeScript (src/backend/wasm/arena.ts) owns the memory: it lays out words, buffers and tensors from
// heap_base() up, and says where the scratch may begin. No libc, no allocator, no start-up code.
#include "../native/call.h"
#include "../native/serial.h"
#include "../native/targets/targets.h"

extern "C" unsigned char __heap_base;

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
 * The memory from `begin` to the end of the address space, in two blocks: what the tasks share, then their scratch, which begins anew
 * for every run. Grows what there is when more is asked for.
 */
struct Memory : SerialHost {
  explicit Memory(uint64_t begin) : SerialHost(acquire_shared, acquire_scratch), begin(begin), end_of_shared(begin) {}

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
  static void* acquire_scratch(Host* host, int64_t bytes) { return take(static_cast<Memory*>(host)->end_of_shared, bytes); }

  const uint64_t begin;
  uint64_t end_of_shared;
};

int32_t call(Op op, const double* words, int32_t word_count, const LentBuffer* lent, int32_t count, uint32_t scratch_begin) {
  const int64_t table_bytes = count * static_cast<int64_t>(sizeof(Buffer));
  auto* const buffers = static_cast<Buffer*>(Memory::take(scratch_begin, table_bytes));
  if (buffers == nullptr) return static_cast<int32_t>(Status::out_of_memory);
  Memory host(reinterpret_cast<uintptr_t>(buffers) + static_cast<uint64_t>(table_bytes));
  for (int32_t i = 0; i < count; ++i) {
    buffers[i] = {reinterpret_cast<void*>(static_cast<uintptr_t>(lent[i].address)), static_cast<int64_t>(lent[i].bytes)};
  }
  return static_cast<int32_t>(run_call(op, targets::wasm, {words, word_count}, {buffers, count}, &host));
}

}  // namespace
}  // namespace fovea

#define FOVEA_EXPORT(name) extern "C" __attribute__((export_name(name)))

/** An op under its name in src/plan/plan.ts: (words, how many, buffers, how many, where scratch may begin) → status. */
#define FOVEA_OP(name, op)                                                                                                       \
  FOVEA_EXPORT(name)                                                                                                             \
  int32_t run_##op(const double* words, int32_t word_count, const fovea::LentBuffer* buffers, int32_t count, uint32_t scratch) { \
    return fovea::call(fovea::Op::op, words, word_count, buffers, count, scratch);                                               \
  }

FOVEA_OP("attention", attention)
FOVEA_OP("cacheAttention", cache_attention)
FOVEA_OP("append", append)
FOVEA_OP("matmul", matmul)
FOVEA_OP("softmax", softmax)
FOVEA_OP("merge", merge)
FOVEA_OP("convert", convert)

/** The first byte after the module's own data and stack. */
FOVEA_EXPORT("heap_base") const unsigned char* heap_base() { return &__heap_base; }

/** Which of the builds this is, ended by a zero. */
FOVEA_EXPORT("target_name") const char* target_name() { return fovea::targets::wasm.name; }

FOVEA_EXPORT("tile_sizes") const fovea::TileSizes* tile_sizes() { return &fovea::targets::wasm.tile; }
