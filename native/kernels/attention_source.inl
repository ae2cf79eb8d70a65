// Where attention finds the keys and values of one head: in one piece as the caller's tensors lie, or in the blocks of a cache.
// Kernels walk from run to run and need not know which.
#pragma once

#include "../args.h"
#include "pack.inl"

namespace fovea {
namespace {

/** Keys of one head that lie in one piece, and their values: row j of either is key `key + j`, for j < count. */
struct KeyRun {
  Matrix keys, values;
  const float *key_scales, *value_scales;  // of int8, one a key: a value is int8 · scale; null otherwise
  int64_t count;
};

/** The matrix of one head of [batch, kv heads, keys, features]. */
inline Matrix head_of(const View4& view, const AttentionArgs& args, int64_t kv_head) {
  const int64_t offset = kv_head / args.kv_heads * view.batch_stride + kv_head % args.kv_heads * view.head_stride;
  return {element(static_cast<const void*>(view.data), view.dtype, offset), view.dtype, view.row_stride, view.column_stride};
}

/** The keys from `key` on, at most up to `end`, that lie in one piece; kv_head counts batch · kv_heads + head. */
inline KeyRun key_run(const AttentionArgs& args, int64_t kv_head, int64_t key, int64_t end) {
  return {head_of(args.k, args, kv_head).at(key, 0), head_of(args.v, args, kv_head).at(key, 0), nullptr, nullptr, end - key};
}

/** Whether all keys and values of a head are one run. */
inline bool in_one_piece(const AttentionArgs&) { return true; }

}  // namespace
}  // namespace fovea
