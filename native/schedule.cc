// Cuts a call into tasks. Their borders come from the shape alone, never from the number of threads, so the bits do not either.
#include "schedule.h"

namespace fovea {
namespace {

/** Room for `floats` floats, rounded up so that what follows stays aligned to a cache line. */
int64_t bytes_of(int64_t floats) { return (floats * int64_t{sizeof(float)} + 63) / 64 * 64; }

int64_t product(const int64_t* sizes, int count) {
  int64_t total = 1;
  for (int i = 0; i < count; i++) total *= sizes[i];
  return total;
}

/** Rows of a softmax or a merge between two looks at the host: a hundred microseconds' work, or one row. */
int64_t rows_of_task(int64_t elements_per_row) {
  constexpr int64_t elements = 1 << 16;
  return elements_per_row >= elements ? 1 : elements / (elements_per_row + 1) + 1;
}

Status in_tasks(int64_t rows, int64_t step, Host* host, int64_t scratch_floats, auto run) {
  float* scratch = static_cast<float*>(host->acquire(host, bytes_of(scratch_floats)));
  if (!scratch) return Status::out_of_memory;
  for (int64_t begin = 0; begin < rows; begin += step) {
    if (host->cancelled(host)) return Status::aborted;
    run(begin, begin + step < rows ? begin + step : rows, scratch);
  }
  return Status::ok;
}

}  // namespace

Status run_attention(const Kernels& kernels, const AttentionArgs& args, Host* host) {
  if (args.batch == 0 || args.query_heads == 0 || args.query_length == 0) return Status::ok;
  const int64_t packed_bytes = bytes_of(kernels.attention_packed(args));
  char* memory = static_cast<char*>(host->acquire(host, packed_bytes + bytes_of(kernels.attention_scratch(args))));
  if (!memory) return Status::out_of_memory;
  float* packed = reinterpret_cast<float*>(memory);
  float* scratch = reinterpret_cast<float*>(memory + packed_bytes);
  const int64_t rows = args.query_heads / args.kv_heads * args.query_length;
  const int64_t tiles = (rows + kernels.tile.query_tile - 1) / kernels.tile.query_tile;
  for (int64_t head = 0; head < args.batch * args.kv_heads; head++) {
    if (host->cancelled(host)) return Status::aborted;
    kernels.attention_pack(args, head, packed);
    for (int64_t tile = 0; tile < tiles; tile++) {
      if (host->cancelled(host)) return Status::aborted;
      kernels.attention(args, head, tile, packed, scratch);
    }
  }
  return Status::ok;
}

Status run_matmul(const Kernels& kernels, const MatmulArgs& args, Host* host) {
  if (args.m == 0 || args.n == 0) return Status::ok;
  // One task is a square of c: large enough that packing its rows of a and columns of b does not count, and smaller for a long k,
  // so that an abort need not wait long.
  constexpr int64_t work = int64_t{1} << 31;
  int64_t side = 1024;
  while (side > 128 && side * side > work / (args.k + 1)) side /= 2;
  const int64_t bands = (args.m + side - 1) / side, stretches = (args.n + side - 1) / side;
  return in_tasks(product(args.batch, kMatmulBatchRank) * bands * stretches, 1, host, kernels.matmul_scratch(args),
                  [&](int64_t task, int64_t, float* scratch) {
                    const int64_t m = task / stretches % bands * side, n = task % stretches * side;
                    kernels.matmul(args, task / stretches / bands, m, m + side < args.m ? m + side : args.m, n,
                                   n + side < args.n ? n + side : args.n, scratch);
                  });
}

Status run_softmax(const Kernels& kernels, const SoftmaxArgs& args, Host* host) {
  if (args.length == 0) return Status::ok;
  // Along a strided axis neighbours are worked on together: as many as stay in cache, fewer of long ones.
  constexpr int64_t work = int64_t{1} << 23;
  int64_t columns = kSoftmaxColumns;
  while (columns > 64 && columns > work / args.length) columns /= 2;
  const int64_t step = args.x.axis_stride == 1 ? rows_of_task(args.length) : columns;
  return in_tasks(product(args.outer, kSoftmaxOuterRank), step, host, kernels.softmax_scratch(args),
                  [&](int64_t begin, int64_t end, float* scratch) { kernels.softmax(args, begin, end, scratch); });
}

Status run_merge(const Kernels& kernels, const MergeArgs& args, Host* host) {
  const int64_t rows = args.batch * args.heads * args.query_length;
  return in_tasks(rows, rows_of_task(args.value_dim * args.parts), host, kernels.merge_scratch(args),
                  [&](int64_t begin, int64_t end, float* scratch) { kernels.merge(args, begin, end, scratch); });
}

}  // namespace fovea
