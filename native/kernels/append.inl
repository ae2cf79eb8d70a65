// New tokens of a cache: rows of any stride, rounded to the cache's dtype, into the blocks that hold them.
// int8 is symmetric, with a scale a token and head: scale = max |x| / 127, q = x / scale to the nearest whole number, as in
// src/plan/int8.ts.
#pragma once

#include "attention_source.inl"

namespace fovea {
namespace {

/** Of numbers up to ±greatest: a normal number, of which 127 are finite; 0 where all are 0. */
inline float int8_scale(float greatest) {
  constexpr float least = 0x1p-126f, most = 0x810203p98f;
  const float scale = greatest / 127.0f;
  return greatest == 0.0f ? 0.0f : scale < least ? least : scale > most ? most : scale;
}

template <class V>
inline void quantise(float* row, int64_t n, int8_t* to, float* scale) {
  V greatest = V::set(0.0f);
  for (int64_t c = 0; c < n; c += V::lanes) {
    const V x = load_part<V>(row + c, smaller(V::lanes, n - c));
    greatest = max(greatest, magnitude(x));
  }
  *scale = int8_scale(reduce_max(greatest));
  if (*scale == 0.0f) return static_cast<void>(std::memset(to, 0, static_cast<size_t>(n)));
  const V unit = V::set(*scale), most = V::set(127.0f), least = V::set(-127.0f);
  for (int64_t c = 0; c < n; c += V::lanes) {
    const int64_t count = smaller(V::lanes, n - c);
    store_part(min(max(round(div(load_part<V>(row + c, count), unit)), least), most), row + c, count);
  }
  for (int64_t c = 0; c < n; c++) to[c] = static_cast<int8_t>(row[c]);
}

/** One token's features of one head, from wherever they lie. */
template <class V>
inline void append_token(const View4& from, int64_t index, int64_t n, DType dtype, void* to, float* scale, float* row) {
  const void* source = element(static_cast<const void*>(from.data), from.dtype, index);
  if (from.dtype == dtype && from.column_stride == 1)
    return static_cast<void>(std::memcpy(to, source, static_cast<size_t>(n * element_bytes(dtype))));
  widen<V>(source, from.dtype, from.column_stride, n, row);
  if (dtype == DType::int8)
    quantise<V>(row, n, static_cast<int8_t*>(to), scale);
  else
    narrow<V>(row, n, to, dtype, 1);
}

template <class V>
void append(const AppendArgs& args, int64_t begin, int64_t end, float* scratch) {
  const Pages& pages = args.pages;
  for (int64_t kv_head = begin; kv_head < end; kv_head++) {
    const int64_t batch = kv_head / args.kv_heads, head = kv_head % args.kv_heads;
    const PageRow row = page_row(pages, batch);
    for (int64_t j = 0; j < args.length; j++) {
      const int64_t token = row.end - row.first + j;
      char* block = static_cast<char*>(pages.blocks[row.begin + token / pages.block_tokens].data);
      const int64_t place = head * pages.block_tokens + token % pages.block_tokens;
      const auto put = [&](const View4& from, int64_t n, int64_t part, int64_t scales) {
        const int64_t index = batch * from.batch_stride + head * from.head_stride + j * from.row_stride;
        float* scale = reinterpret_cast<float*>(block + scales) + place;
        append_token<V>(from, index, n, pages.dtype, block + part + place * n * element_bytes(pages.dtype), scale, scratch);
      };
      put(args.k, args.head_dim, 0, pages.key_scales);
      put(args.v, args.value_dim, pages.values, pages.value_scales);
    }
  }
}

template <class V>
bool append_finite(const AppendArgs& args, float* scratch) {
  V residue = V::set(0.0f);  // x − x is 0 for what is finite, NaN for what is not
  const auto look = [&](const View4& from, int64_t index, int64_t n) {
    widen<V>(element(static_cast<const void*>(from.data), from.dtype, index), from.dtype, from.column_stride, n, scratch);
    for (int64_t c = 0; c < n; c += V::lanes) {
      const V x = load_part<V>(scratch + c, smaller(V::lanes, n - c));
      residue = add(residue, sub(x, x));
    }
  };
  for (int64_t kv_head = 0; kv_head < args.batch * args.kv_heads; kv_head++) {
    const int64_t batch = kv_head / args.kv_heads, head = kv_head % args.kv_heads;
    for (int64_t j = 0; j < args.length; j++) {
      look(args.k, batch * args.k.batch_stride + head * args.k.head_stride + j * args.k.row_stride, args.head_dim);
      look(args.v, batch * args.v.batch_stride + head * args.v.head_stride + j * args.v.row_stride, args.value_dim);
    }
  }
  return reduce_add(residue) == 0.0f;
}

/** One row of features; widen writes whole vectors. */
template <class V>
int64_t append_scratch(const AppendArgs& args) {
  return round_up(larger(args.head_dim, args.value_dim), V::lanes);
}

}  // namespace
}  // namespace fovea
