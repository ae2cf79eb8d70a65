// What general and additive scores are made of: rows of q or of k times a weight, before the attention itself.
#pragma once

#include "attention_source.inl"
#include "matmul.inl"

namespace fovea {
namespace {

/** The product of `rows` dense rows with a head's weight. */
inline MatmulArgs projection_of(float* from, int64_t rows, int64_t width, const ScoreWeight& weight, int64_t head, int64_t columns,
                                float* to) {
  MatmulArgs product = {};
  for (int64_t& size : product.batch) size = 1;
  product.m = rows;
  product.n = columns;
  product.k = width;
  product.a.data = from;
  product.a.row_stride = width;
  product.a.column_stride = 1;
  product.b.data = const_cast<float*>(weight.data) + head * weight.head_stride;
  product.b.row_stride = weight.row_stride;
  product.b.column_stride = weight.column_stride;
  product.out.data = to;
  product.out.row_stride = columns;
  product.out.column_stride = 1;
  return product;
}

template <class V>
void project_queries(const AttentionArgs& args, int64_t head, int64_t begin, int64_t end, float* to, float* scratch) {
  const int64_t width = args.head_dim, columns = args.score == Score::general ? args.key_dim : args.units;
  const View4& q = args.q;
  const int64_t offset = head / args.query_heads * q.batch_stride + head % args.query_heads * q.head_stride;
  for (int64_t i = begin; i < end; i++)
    widen<V>(element(static_cast<const void*>(q.data), q.dtype, offset + i * q.row_stride), q.dtype, q.column_stride, width,
             scratch + (i - begin) * width);
  const MatmulArgs product = projection_of(scratch, end - begin, width, args.query_weight, head % args.query_heads, columns, to);
  matmul<V>(product, 0, 0, product.m, 0, columns, scratch + (end - begin) * width);
}

template <class V>
void project_keys(const AttentionArgs& args, int64_t head, int64_t begin, int64_t end, float* to, float* scratch) {
  const int64_t heads = projected_key_heads(args), width = args.key_dim;
  const int64_t kv_head = head / heads * args.kv_heads + head % heads / (heads / args.kv_heads);
  std::memset(scratch, 0, sizeof(float) * static_cast<size_t>((end - begin) * width));  // of what a cache does not hold
  Keys held = {begin, end};
  if (args.pages.blocks) {
    const PageRow row = page_row(args.pages, kv_head / args.kv_heads);
    held = {larger(begin, row.first), smaller(end, row.end)};
  }
  for (int64_t key = held.begin; key < held.end;) {
    const KeyRun run = key_run(args, kv_head, key, held.end);
    for (int64_t j = 0; j < run.count; j++, key++) {
      float* row = scratch + (key - begin) * width;
      widen<V>(run.keys.at(j, 0).data, run.keys.dtype, run.keys.column_stride, width, row);
      if (run.key_scales) change<V>(row, width, [&](V x) { return mul(x, V::set(run.key_scales[j])); });
    }
  }
  const MatmulArgs product = projection_of(scratch, end - begin, width, args.key_weight, head % heads, args.units, to);
  matmul<V>(product, 0, 0, product.m, 0, args.units, scratch + (end - begin) * width);
}

template <class V>
int64_t project_scratch(const AttentionArgs& args) {
  const int64_t width = larger(args.head_dim, args.key_dim);
  const MatmulArgs product = projection_of(nullptr, kProjectedRows, width, {}, 0, larger(args.key_dim, args.units), nullptr);
  const MatmulArgs few = projection_of(nullptr, 1, width, {}, 0, larger(args.key_dim, args.units), nullptr);
  return round_up(kProjectedRows * width, 16) + larger(matmul_scratch<V>(product), matmul_scratch<V>(few));
}

}  // namespace
}  // namespace fovea
