// A target's table: every kernel instantiated for its vector. The last thing that targets/<isa>.cc includes.
#pragma once

#include "../kernels.h"
#include "activate_backward.inl"
#include "activate_tensor.inl"
#include "append.inl"
#include "attention.inl"
#include "attention_backward.inl"
#include "attention_few.inl"
#include "convert_tensor.inl"
#include "convolve.inl"
#include "matmul.inl"
#include "merge.inl"
#include "multiply.inl"
#include "norm.inl"
#include "norm_backward.inl"
#include "patches.inl"
#include "pool.inl"
#include "project.inl"
#include "project_backward.inl"
#include "rotary.inl"
#include "softmax.inl"
#include "softmax_backward.inl"

namespace fovea {
namespace {

template <class V>
constexpr Kernels table(const char* name, uint32_t features) {
  constexpr int columns = V::tile_vectors * V::lanes;
  static_assert(V::query_tile % V::tile_rows == 0 && V::block_m % V::tile_rows == 0, "whole panels of rows");
  static_assert(V::key_tile % columns == 0 && V::block_n % columns == 0, "whole panels of columns");
  return {
      name,
      features,
      {V::lanes, V::tile_rows, columns, V::query_tile, V::key_tile},
      matmul<V>,
      matmul_scratch<V>,
      softmax<V>,
      softmax_scratch<V>,
      attention_pack<V>,
      attention_packed<V>,
      attention<V>,
      attention_scratch<V>,
      attention_few<V>,
      attention_few_scratch<V>,
      backward<V>,
      backward_scratch<V>,
      project_queries<V>,
      project_keys<V>,
      project_scratch<V>,
      project_backward_rows<V>,
      project_backward_weight<V>,
      project_backward_scratch<V>,
      sum_rows<V>,
      convert<V>,
      convert_scratch<V>,
      norm<V>,
      norm_scratch<V>,
      softmax_backward<V>,
      softmax_backward_scratch<V>,
      norm_backward<V>,
      norm_backward_scratch<V>,
      add_up<V>,
      activate_backward<V>,
      activate_backward_scratch<V>,
      pool<V>,
      pool_scratch<V>,
      multiply<V>,
      multiply_scratch<V>,
      patches<V>,
      patches_scratch<V>,
      convolve<V>,
      convolve_scratch<V>,
      activate_tensor<V>,
      activate_scratch<V>,
      rotary<V>,
      rotary_scratch<V>,
      append<V>,
      append_scratch<V>,
      append_finite<V>,
      merge<V>,
      merge_scratch<V>,
  };
}

}  // namespace
}  // namespace fovea
