// The table of a target that is another one with dot products of bfloat16 pairs: what is bfloat16 throughout takes the kernels below,
// all else the other target's own functions, so that nothing is compiled twice.
#pragma once

#include "../kernels.h"
#include "attention.inl"
#include "matmul.inl"

namespace fovea {
namespace {

/** A function of the base's table, called through it: the base is a constant of another object. */
template <const Kernels& base, auto member>
struct Base;

template <const Kernels& base, class R, class... Args, R (*Kernels::*member)(Args...)>
struct Base<base, member> {
  static R call(Args... args) { return (base.*member)(args...); }
};

/** Few rows of a read b once, at the speed of memory: there the base is as fast, and subnormal numbers keep their value. */
inline bool in_pairs(const MatmulArgs& args) {
  return args.a.dtype == DType::bfloat16 && args.b.dtype == DType::bfloat16 && args.m > kStreamedRows;
}

/** What a cache holds lies in runs that may begin at any key, so that two neighbours need not make a pair. */
inline bool in_pairs(const AttentionArgs& args) {
  const DType half = DType::bfloat16;
  return args.score == Score::dot && args.q.dtype == half && args.k.dtype == half && args.v.dtype == half && in_one_piece(args);
}

template <class V, const Kernels& base>
struct WithPairs {
  static void matmul(const MatmulArgs& args, int64_t batch_index, int64_t m_begin, int64_t m_end, int64_t n_begin, int64_t n_end,
                     float* scratch) {
    const auto kernel = in_pairs(args) ? fovea::matmul<V, Pair> : base.matmul;
    kernel(args, batch_index, m_begin, m_end, n_begin, n_end, scratch);
  }
  static int64_t matmul_scratch(const MatmulArgs& args) {
    return in_pairs(args) ? fovea::matmul_scratch<V, Pair>(args) : base.matmul_scratch(args);
  }
  static void attention_pack(const AttentionArgs& args, int64_t kv_head, int64_t stretch, float* packed) {
    const auto kernel = in_pairs(args) ? fovea::attention_pack<V, Pair> : base.attention_pack;
    kernel(args, kv_head, stretch, packed);
  }
  static int64_t attention_packed(const AttentionArgs& args) {
    return in_pairs(args) ? fovea::attention_packed<V, Pair>(args) : base.attention_packed(args);
  }
  static void attention(const AttentionArgs& args, int64_t kv_head, int64_t tile, const float* packed, float* scratch) {
    const auto kernel = in_pairs(args) ? fovea::attention<V, Pair> : base.attention;
    kernel(args, kv_head, tile, packed, scratch);
  }
  static int64_t attention_scratch(const AttentionArgs& args) {
    return in_pairs(args) ? fovea::attention_scratch<V, Pair>(args) : base.attention_scratch(args);
  }
};

template <class V, const Kernels& base>
constexpr Kernels table_with_pairs(const char* name, uint32_t features) {
  using Own = WithPairs<V, base>;
  return {
      name,
      features,
      {V::lanes, V::tile_rows, V::tile_vectors * V::lanes, V::query_tile, V::key_tile},
      Own::matmul,
      Own::matmul_scratch,
      Base<base, &Kernels::softmax>::call,
      Base<base, &Kernels::softmax_scratch>::call,
      Own::attention_pack,
      Own::attention_packed,
      Own::attention,
      Own::attention_scratch,
      Base<base, &Kernels::attention_few>::call,
      Base<base, &Kernels::attention_few_scratch>::call,
      Base<base, &Kernels::backward>::call,
      Base<base, &Kernels::backward_scratch>::call,
      Base<base, &Kernels::project_queries>::call,
      Base<base, &Kernels::project_keys>::call,
      Base<base, &Kernels::project_scratch>::call,
      Base<base, &Kernels::project_backward_rows>::call,
      Base<base, &Kernels::project_backward_weight>::call,
      Base<base, &Kernels::project_backward_scratch>::call,
      Base<base, &Kernels::sum_rows>::call,
      Base<base, &Kernels::convert>::call,
      Base<base, &Kernels::convert_scratch>::call,
      Base<base, &Kernels::norm>::call,
      Base<base, &Kernels::norm_scratch>::call,
      Base<base, &Kernels::softmax_backward>::call,
      Base<base, &Kernels::softmax_backward_scratch>::call,
      Base<base, &Kernels::norm_backward>::call,
      Base<base, &Kernels::norm_backward_scratch>::call,
      Base<base, &Kernels::add_up>::call,
      Base<base, &Kernels::activate_backward>::call,
      Base<base, &Kernels::activate_backward_scratch>::call,
      Base<base, &Kernels::pool>::call,
      Base<base, &Kernels::pool_scratch>::call,
      Base<base, &Kernels::multiply>::call,
      Base<base, &Kernels::multiply_scratch>::call,
      Base<base, &Kernels::patches>::call,
      Base<base, &Kernels::patches_scratch>::call,
      Base<base, &Kernels::convolve>::call,
      Base<base, &Kernels::convolve_scratch>::call,
      Base<base, &Kernels::activate>::call,
      Base<base, &Kernels::activate_scratch>::call,
      Base<base, &Kernels::rotary>::call,
      Base<base, &Kernels::rotary_scratch>::call,
      Base<base, &Kernels::append>::call,
      Base<base, &Kernels::append_scratch>::call,
      Base<base, &Kernels::append_finite>::call,
      Base<base, &Kernels::merge>::call,
      Base<base, &Kernels::merge_scratch>::call,
  };
}

}  // namespace
}  // namespace fovea
