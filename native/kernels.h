// One target's kernels: a constant table of functions, with the tile sizes that callers and tests need to know as data.
// targets/<isa>.cc defines one each; dispatch.cc chooses among them. Every function works on one task that schedule.cc cut
// from the shape alone, in scratch that the caller lends (sizes in floats), and allocates nothing.
#pragma once

#include "args.h"

namespace fovea {

/** CPU features a target needs, as bits of what cpu.h finds. */
enum CpuFeature : uint32_t {
  kSse42 = 1 << 0,
  kAvx2 = 1 << 1,
  kFma = 1 << 2,
  kF16c = 1 << 3,
  kAvx512 = 1 << 4,  // F, BW, VL, DQ, with the operating system saving zmm
  kNeon = 1 << 5,
  kAvx512Bf16 = 1 << 6,
};

/** The tiles this target computes in, for tests that straddle their borders and for the scheduler. */
struct TileSizes {
  int32_t lanes;       // float32 in a vector
  int32_t rows;        // RM of the micro-kernel
  int32_t columns;     // RN · lanes
  int32_t query_tile;  // query rows that share a key tile while it is in cache
  int32_t key_tile;    // keys between two softmax steps
};

/** Neighbours along a strided axis that softmax works on side by side: long stretches of memory, and their state stays in cache. */
constexpr int64_t kSoftmaxColumns = 1024;

/** Key tiles that are packed at a time: a stretch of a head's keys. */
constexpr int64_t kPackedKeyTiles = 8;

/** Rows of a up to which b, unless it is packed, is streamed as it lies. */
constexpr int64_t kStreamedRows = 4;

/** Columns of b that are then streamed at a time: their sums stay in L1, and memory is fast along rows. */
constexpr int64_t kStreamedColumns = 2048;

/** Queries of all heads that read one key/value head, up to which its keys and values are read where they lie. */
constexpr int64_t kFewRows = 16;

/** Rows of q or k that are multiplied with a score's weight at a time. */
constexpr int64_t kProjectedRows = 96;

/** Rows of such a weight whose gradient is a task. */
constexpr int64_t kWeightRows = 48;

struct Kernels {
  const char* name;
  uint32_t features;
  TileSizes tile;

  /** Rows [m_begin, m_end) × columns [n_begin, n_end) of one index of the batch. */
  void (*matmul)(const MatmulArgs& args, int64_t batch_index, int64_t m_begin, int64_t m_end, int64_t n_begin, int64_t n_end,
                 float* scratch);
  int64_t (*matmul_scratch)(const MatmulArgs& args);

  /** Indices [begin, end) of the outer dimensions, counted with the last one fastest. */
  void (*softmax)(const SoftmaxArgs& args, int64_t begin, int64_t end, float* scratch);
  int64_t (*softmax_scratch)(const SoftmaxArgs& args);

  /** Packs one stretch (kPackedKeyTiles) of the keys and values of a key/value head (counted batch · kv_heads + head) for its query tiles.
   */
  void (*attention_pack)(const AttentionArgs& args, int64_t kv_head, int64_t stretch, float* packed);
  int64_t (*attention_packed)(const AttentionArgs& args);
  /** One query tile of a key/value head: query_tile rows of the queries of all heads that read it, one head after another. */
  void (*attention)(const AttentionArgs& args, int64_t kv_head, int64_t tile, const float* packed, float* scratch);
  int64_t (*attention_scratch)(const AttentionArgs& args);
  /** All queries of a key/value head at once, at most kFewRows, with keys and values as they lie: their features are contiguous. */
  void (*attention_few)(const AttentionArgs& args, int64_t kv_head, float* scratch);
  int64_t (*attention_few_scratch)(const AttentionArgs& args);

  /** All gradients of one key/value head and of the queries that read it; of general and additive scores those of what is projected. */
  void (*backward)(const BackwardArgs& args, int64_t kv_head, float* scratch);
  int64_t (*backward_scratch)(const BackwardArgs& args);

  /** Rows [begin, end) of one query head (counted batch · query_heads + head) times its weight: dense, to `to`. At most kProjectedRows. */
  void (*project_queries)(const AttentionArgs& args, int64_t head, int64_t begin, int64_t end, float* to, float* scratch);
  /** The same of keys; heads are counted batch · projected_key_heads + head. */
  void (*project_keys)(const AttentionArgs& args, int64_t head, int64_t begin, int64_t end, float* to, float* scratch);
  int64_t (*project_scratch)(const AttentionArgs& args);

  /** The way back: rows [begin, end) of the gradient of one head of x (counted batch · x_heads + head), at most kProjectedRows. */
  void (*project_backward_rows)(const ProjectBackwardArgs& args, int64_t x_head, int64_t begin, int64_t end, float* scratch);
  /** Rows [begin, end) of the gradient of one head's weight, at most kWeightRows. */
  void (*project_backward_weight)(const ProjectBackwardArgs& args, int64_t head, int64_t begin, int64_t end, float* scratch);
  int64_t (*project_backward_scratch)(const ProjectBackwardArgs& args);
  void (*sum_rows)(const RowSums& args, int64_t head);

  /** Elements [begin, end), counted with the axis fastest. */
  void (*convert)(const ConvertArgs& args, int64_t begin, int64_t end, float* scratch);
  int64_t (*convert_scratch)(const ConvertArgs& args);

  /** Indices [begin, end) of the outer dimensions, counted with the last one fastest. */
  void (*norm)(const NormArgs& args, int64_t begin, int64_t end, float* scratch);
  int64_t (*norm_scratch)(const NormArgs& args);

  /** Indices [begin, end) of the outer dimensions, counted with the last one fastest; norm_backward's too. */
  void (*softmax_backward)(const SoftmaxBackwardArgs& args, int64_t begin, int64_t end, float* scratch);
  int64_t (*softmax_backward_scratch)(const SoftmaxBackwardArgs& args);
  /** What these rows add to the gradients of gamma and beta goes to `d_gamma` and `d_beta`, of args.length numbers that are 0 yet. */
  void (*norm_backward)(const NormBackwardArgs& args, int64_t begin, int64_t end, float* d_gamma, float* d_beta, float* scratch);
  int64_t (*norm_backward_scratch)(const NormBackwardArgs& args);
  /** to[i · to_stride] = Σ parts[p · part_stride + i] over p < count, in this order, for i < n; scratch holds as many. */
  void (*add_up)(const float* parts, int64_t part_stride, int64_t count, int64_t n, float* to, int64_t to_stride, float* scratch);
  /** Elements [begin, end), counted with the axis fastest. */
  void (*activate_backward)(const ActivateBackwardArgs& args, int64_t begin, int64_t end, float* scratch);
  int64_t (*activate_backward_scratch)(const ActivateBackwardArgs& args);

  /** Rows [begin, end), counted batch · rows + row; multiply's too. */
  void (*pool)(const PoolArgs& args, int64_t begin, int64_t end, float* scratch);
  int64_t (*pool_scratch)(const PoolArgs& args);
  void (*multiply)(const MultiplyArgs& args, int64_t begin, int64_t end, float* scratch);
  int64_t (*multiply_scratch)(const MultiplyArgs& args);

  /** Rows [m_begin, m_end) and columns [n_begin, n_end) of out. */
  void (*patches)(const PatchesArgs& args, int64_t m_begin, int64_t m_end, int64_t n_begin, int64_t n_end, float* scratch);
  int64_t (*patches_scratch)(const PatchesArgs& args);

  /** Rows [begin, end) of out, counted batch · height + row. */
  void (*convolve)(const ConvolveArgs& args, int64_t begin, int64_t end, float* scratch);
  int64_t (*convolve_scratch)(const ConvolveArgs& args);
  /** Elements [begin, end), counted with the axis fastest. */
  void (*activate)(const ActivateArgs& args, int64_t begin, int64_t end, float* scratch);
  int64_t (*activate_scratch)(const ActivateArgs& args);

  /** Indices [begin, end) of the outer dimensions, counted with the last one fastest. */
  void (*rotary)(const RotaryArgs& args, int64_t begin, int64_t end, float* scratch);
  int64_t (*rotary_scratch)(const RotaryArgs& args);

  /** Tokens of key/value heads [begin, end), counted batch · kv_heads + head, into a cache. */
  void (*append)(const AppendArgs& args, int64_t begin, int64_t end, float* scratch);
  int64_t (*append_scratch)(const AppendArgs& args);
  /** Whether all numbers of the new tokens are finite. */
  bool (*append_finite)(const AppendArgs& args, float* scratch);

  /** Rows [begin, end) of batch · heads · query_length. */
  void (*merge)(const MergeArgs& args, int64_t begin, int64_t end, float* scratch);
  int64_t (*merge_scratch)(const MergeArgs& args);
};

}  // namespace fovea
