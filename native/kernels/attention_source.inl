// Where attention finds the keys and values of one head: in one piece as the caller's tensors lie, or in the blocks of a cache.
// Kernels walk from run to run and need not know which.
#pragma once

#include "../args.h"
#include "pack.inl"

namespace fovea {
namespace {

/** Keys [begin, end). */
struct Keys {
  int64_t begin, end;
};

/** Keys of one head that lie in one piece, and their values: row j of either is key `key + j`, for j < count. */
struct KeyRun {
  Matrix keys, values;
  const float *key_scales, *value_scales;  // of int8, one a key: a value is int8 · scale; null otherwise
  int64_t count;
};

/** The matrix of one head of [batch, heads, keys, features], of which `share` key/value heads read one. */
inline Matrix head_of(const View4& view, const AttentionArgs& args, int64_t kv_head, int64_t share = 1) {
  const int64_t offset = kv_head / args.kv_heads * view.batch_stride + kv_head % args.kv_heads / share * view.head_stride;
  return {element(static_cast<const void*>(view.data), view.dtype, offset), view.dtype, view.row_stride, view.column_stride};
}

/** The same in the blocks of a cache: the rest of the block that holds `key`, which is one that the row has. */
inline KeyRun paged_run(const AttentionArgs& args, int64_t kv_head, int64_t key, int64_t end) {
  const Pages& pages = args.pages;
  const PageRow row = page_row(pages, kv_head / args.kv_heads);
  const int64_t token = key - row.first, slot = token % pages.block_tokens;
  const char* block = static_cast<const char*>(pages.blocks[row.begin + token / pages.block_tokens].data);
  const int64_t place = kv_head % args.kv_heads / args.value_share * pages.block_tokens + slot;
  const auto matrix = [&](int64_t part, int64_t width) {
    return Matrix{element(static_cast<const void*>(block + part), pages.dtype, place * width), pages.dtype, width, 1};
  };
  const auto scales = [&](int64_t part) {
    return pages.dtype == DType::int8 ? reinterpret_cast<const float*>(block + part) + place : nullptr;
  };
  const Matrix values = matrix(pages.values, args.value_dim);
  const int64_t count = smaller(pages.block_tokens - slot, end - key);
  if (args.k.data) return {head_of(args.k, args, kv_head).at(key, 0), values, nullptr, scales(pages.value_scales), count};  // projected
  return {matrix(0, args.key_dim), values, scales(pages.key_scales), scales(pages.value_scales), count};
}

/** The keys from `key` on, at most up to `end`, that lie in one piece; kv_head counts batch · kv_heads + head. */
inline KeyRun key_run(const AttentionArgs& args, int64_t kv_head, int64_t key, int64_t end) {
  if (args.pages.blocks) return paged_run(args, kv_head, key, end);
  return {head_of(args.k, args, kv_head).at(key, 0), head_of(args.v, args, kv_head, args.value_share).at(key, 0), nullptr, nullptr,
          end - key};
}

/** Whether all keys and values of a head are one run. */
inline bool in_one_piece(const AttentionArgs& args) { return !args.pages.blocks; }

}  // namespace
}  // namespace fovea
