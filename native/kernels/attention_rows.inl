// The query rows that share a key/value head, and which keys each may see.
#pragma once

#include "../kernels.h"
#include "attention_source.inl"
#include "math.inl"

namespace fovea {
namespace {

/** One query of one head, and the keys that the interval rules (causal, window, key length) let it see. */
struct Row {
  int64_t batch, head, query;
  int64_t index;     // (batch · query_heads + head) · query_length + query: its place in weights and log_sum_exp
  int64_t position;  // query + query_offset: where it stands among the keys
  Keys keys;
  float term;  // what its scores have beside the product (attention_score.inl)
};

/** A query head and a query of it. */
struct Place {
  int64_t head, query;
};

/** The rows that read one key/value head: the queries of its heads one after another, those past query_lengths last. */
struct Group {
  int64_t batch, first_head, heads, length, live_length;

  Group(const AttentionArgs& args, int64_t kv_head)
      : batch(kv_head / args.kv_heads),
        first_head(kv_head % args.kv_heads * (args.query_heads / args.kv_heads)),
        heads(args.query_heads / args.kv_heads),
        length(args.query_length),
        live_length(args.query_lengths ? larger(0, smaller(args.query_lengths[batch], length)) : length) {}

  int64_t rows() const { return heads * length; }
  int64_t live_rows() const { return heads * live_length; }

  /** Row r of the group. */
  Place place(int64_t r) const {
    const int64_t live = live_rows(), dead_length = length - live_length;
    if (r < live) return {first_head + r / live_length, r % live_length};
    return {first_head + (r - live) / dead_length, live_length + (r - live) % dead_length};
  }

  /** The row after that one, where both are live. */
  Place next(Place place) const { return place.query + 1 < live_length ? Place{place.head, place.query + 1} : Place{place.head + 1, 0}; }

  Row row(const AttentionArgs& args, Place place) const {
    Row row;
    row.batch = batch;
    row.head = place.head;
    row.query = place.query;
    row.index = (batch * args.query_heads + row.head) * length + row.query;
    row.position = row.query + (args.query_offsets ? args.query_offsets[batch] : args.query_offset);
    const int64_t visible = args.key_lengths ? smaller(args.key_lengths[batch], args.key_length) : args.key_length;
    row.keys.begin = args.window_left < kUnbounded ? larger(row.position - args.window_left, 0) : 0;
    row.keys.end = args.window_right < kUnbounded ? smaller(row.position + args.window_right + 1, visible) : visible;
    if (args.pages.blocks) {
      const PageRow page = page_row(args.pages, batch);
      row.keys.begin = larger(row.keys.begin, page.first);
      row.keys.end = smaller(row.keys.end, page.end);
    }
    return row;
  }
};

/** Where the panel that holds a key begins. */
template <class V>
inline int64_t panel_of(int64_t key) {
  constexpr int64_t width = V::tile_vectors * V::lanes;
  return key / width * width;
}

inline Keys union_of_keys(const Row* rows, int64_t count) {
  Keys keys = {kUnbounded, 0};
  for (int64_t i = 0; i < count; i++) {
    if (rows[i].keys.begin >= rows[i].keys.end) continue;
    keys.begin = smaller(keys.begin, rows[i].keys.begin);
    keys.end = larger(keys.end, rows[i].keys.end);
  }
  return keys.begin < keys.end ? keys : Keys{0, 0};
}

/** The key tile that these rows see as their `step`-th: tiles are counted from the panel of the first key that any of them sees. */
template <class V>
inline Keys visible_keys(const Row* rows, int64_t count, int64_t step) {
  const Keys keys = union_of_keys(rows, count);
  const int64_t begin = panel_of<V>(keys.begin) + step * V::key_tile;
  return {begin, smaller(begin + V::key_tile, keys.end)};
}

/** Steps that reach every key of [begin, end). */
template <class V>
inline int64_t key_steps(Keys keys) {
  return (keys.end - panel_of<V>(keys.begin) + V::key_tile - 1) / V::key_tile;
}

/** Where a row's weights of some keys are; its scores, until m and ℓ are final. */
inline float* weights_of(const AttentionArgs& args, const Row& row, Keys keys) {
  return args.weights + row.index * args.key_length + keys.begin;
}

/** A row's weights, all 0: tiles that it does not see are never written. */
inline void clear_weights(const AttentionArgs& args, const Row& row) {
  std::memset(args.weights + row.index * args.key_length, 0, sizeof(float) * static_cast<size_t>(args.key_length));
}

/** A row past query_lengths: nothing is computed for it, sinks or not. */
inline void finish_dead_row(const AttentionArgs& args, const Row& row) {
  const View4& out = args.out;
  const int64_t offset = row.batch * out.batch_stride + row.head * out.head_stride + row.query * out.row_stride;
  const int64_t piece = out.column_stride == 1 ? args.value_dim : 1;  // one stretch, or number by number
  for (int64_t c = 0; c < args.value_dim; c += piece)
    std::memset(element(out.data, out.dtype, offset + c * out.column_stride), 0, static_cast<size_t>(piece * element_bytes(out.dtype)));
  if (args.log_sum_exp) args.log_sum_exp[row.index] = -kInfinity;
  if (args.weights) clear_weights(args, row);
}

}  // namespace
}  // namespace fovea
