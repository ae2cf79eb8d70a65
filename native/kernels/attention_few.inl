// Attention of a few queries, as in decoding: every key and value is read once, where it lies, and nothing is packed. The keys that any
// row sees are cut into a few streams (streams.inl), and a tile is the same stretch of each. The steps are those of attention.inl; only the
// two products differ:
//
//   S = Q·Kᵀ     dot products with a key of each stream, kept in lanes until there are as many as lanes, then added up together
//   O += P·V     a value of each stream at a time
#pragma once

#include "attention.inl"
#include "streams.inl"

namespace fovea {
namespace {

/** Rows whose products run side by side: their sums fit in the registers beside what they are made of. */
template <class V>
constexpr int kFewHeight = V::tile_rows * V::tile_vectors >= 16 ? 4 : 2;

/** Scratch of one key/value head; sizes in floats. */
template <class V>
struct FewScratch {
  int64_t width;   // of a row of queries and of sums
  float* queries;  // Q · scale, zeros past the head dim
  float* scores;   // S, then P: rows are key_tile apart
  float* sums;     // O
  float *row_max, *row_sum, *factors, *bases;
  float* zeros;  // a row of them
  float* terms;  // of a tile's keys, where the score has such
  float* key;    // one of them as float32

  static int64_t width_of(const AttentionArgs& args) { return round_up(larger(args.head_dim, args.value_dim), 16); }
  static int64_t floats(const AttentionArgs& args) {
    return kFewRows * (2 * width_of(args) + V::key_tile + V::lanes + 3) + 2 * width_of(args) + V::key_tile;
  }

  FewScratch(const AttentionArgs& args, float* memory)
      : width(width_of(args)),
        queries(memory),
        scores(queries + kFewRows * width),
        sums(scores + kFewRows * V::key_tile),
        row_max(sums + kFewRows * width),
        row_sum(row_max + kFewRows),
        factors(row_sum + kFewRows * V::lanes),
        bases(factors + kFewRows),
        zeros(bases + kFewRows),
        terms(zeros + width),
        key(terms + V::key_tile) {}
};

/** Lane i: the sum of the lanes of x[i]. Two vectors become one, their sums half as long, until one is left. */
template <class V>
FOVEA_INLINE V sums_of(V (&x)[V::lanes]) {
#pragma GCC unroll 4
  for (int half = V::lanes / 2; half > 0; half /= 2)
#pragma GCC unroll 8
    for (int i = 0; i < half; i++) x[i] = add(zip_lower(x[i], x[i + half]), zip_upper(x[i], x[i + half]));
  return x[0];
}

/** Keys of each stream whose products with one row fill a vector of sums. */
template <class V>
constexpr int kFewKeys = larger(V::lanes / kStreams, 1);

/**
 * The keys of one tile: the same stretch of each stream, keys[s] of the s-th. Their scores lie one stream after the other, `pitch`
 * apart; key i of stream s has the place s · pitch + i. Where a stream is over, its keys and values are zeros that no row sees.
 */
template <class V>
struct FewTile {
  static constexpr int64_t kLength = V::key_tile / kStreams;
  static_assert(kLength % V::lanes == 0, "whole vectors of scores");

  int64_t length, pitch;  // of the longest stream
  DType k_dtype, v_dtype;
  int64_t k_ahead, v_ahead;  // elements from a row to the one that is asked for with it
  Keys keys[kStreams];
  const void *k[V::key_tile], *v[V::key_tile];
  bool scaled;  // int8: then these are filled, too
  float key_scales[V::key_tile], value_scales[V::key_tile];

  /** The step-th of those that the keys `seen` are cut into; `zeros` are a row of them. */
  FewTile(const AttentionArgs& args, int64_t kv_head, Keys seen, int64_t step, const float* zeros) {
    const bool paged = !in_one_piece(args);
    k_dtype = paged ? args.pages.dtype : args.k.dtype;
    v_dtype = paged ? args.pages.dtype : args.v.dtype;
    k_ahead = stream_ahead(args.head_dim, k_dtype, paged ? args.head_dim : args.k.row_stride);
    v_ahead = stream_ahead(args.value_dim, v_dtype, paged ? args.value_dim : args.v.row_stride);
    const int64_t stream = stream_length(seen);
    length = smaller(kLength, stream - step * kLength);
    pitch = round_up(length, V::lanes);
    scaled = k_dtype == DType::int8;
    const int64_t asked = round_up(length, kFewKeys<V>);  // by the products; no further place has a key to be read
    for (int s = 0; s < kStreams; s++) {
      const int64_t begin = smaller(seen.begin + s * stream + step * kLength, seen.end);
      keys[s] = {begin, smaller(begin + length, smaller(seen.begin + (s + 1) * stream, seen.end))};
      int64_t place = s * pitch;
      for (int64_t key = begin; key < keys[s].end;) {
        const KeyRun run = key_run(args, kv_head, key, keys[s].end);
        for (int64_t j = 0; j < run.count; j++, place++) {
          k[place] = run.keys.at(j, 0).data;
          v[place] = run.values.at(j, 0).data;
        }
        if (scaled) {
          std::memcpy(key_scales + place - run.count, run.key_scales, sizeof(float) * static_cast<size_t>(run.count));
          std::memcpy(value_scales + place - run.count, run.value_scales, sizeof(float) * static_cast<size_t>(run.count));
        }
        key += run.count;
      }
      for (; place < s * pitch + asked; place++) {
        k[place] = v[place] = zeros;
        if (scaled) key_scales[place] = value_scales[place] = 0.0f;
      }
    }
  }

  static int64_t stream_length(Keys seen) { return (seen.end - seen.begin + kStreams - 1) / kStreams; }
  static int64_t steps(Keys seen) { return (stream_length(seen) + kLength - 1) / kLength; }

  int64_t places() const { return kStreams * pitch; }
};

/** S of R rows and kFewKeys keys of each stream, from the i-th on; the first rows ask for memory `ahead`, the others find it there. */
template <class V, int R, class T>
FOVEA_APART void score_keys(const float* q, int64_t q_stride, const FewTile<V>& tile, int64_t i, int64_t n, int64_t ahead, float* scores) {
  constexpr int products = R * kStreams, all = products * kFewKeys<V>;
  V sums[all / V::lanes][V::lanes];
  float score[all];
#pragma GCC unroll 4
  for (int j = 0; j < kFewKeys<V>; j++) {
    const T* k[kStreams];
    for (int s = 0; s < kStreams; s++) k[s] = static_cast<const T*>(tile.k[s * tile.pitch + i + j]);
    multiply_streams<V, R>(q, q_stride, k, n, ahead, sums[0] + j * products);
  }
#pragma GCC unroll 4
  for (int j = 0; j < all / V::lanes; j++) sums_of(sums[j]).store(score + j * V::lanes);
  for (int j = 0; j < kFewKeys<V>; j++)
    for (int r = 0; r < R; r++)
      for (int s = 0; s < kStreams; s++) scores[r * V::key_tile + s * tile.pitch + i + j] = score[j * products + r * kStreams + s];
}

/** O[r] += Σ weights[r][s] · v[s] for R rows and a value of n columns of each stream. */
template <class V, int R, class T>
FOVEA_INLINE void add_values(const float* weights, int64_t pitch, const T* const (&v)[kStreams], int64_t n, int64_t ahead, float* sums,
                             int64_t width) {
  V weight[R][kStreams];
#pragma GCC unroll 4
  for (int r = 0; r < R; r++)
#pragma GCC unroll 4
    for (int s = 0; s < kStreams; s++) weight[r][s] = V::set(weights[r * V::key_tile + s * pitch]);
  for_vectors<V>(
      v, n, ahead, [&](int64_t c, auto load) __attribute__((always_inline)) {
        V value[kStreams];
#pragma GCC unroll 4
        for (int s = 0; s < kStreams; s++) value[s] = load(v[s] + c);
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
          V sum = V::load(sums + r * width + c);
#pragma GCC unroll 4
          for (int s = 0; s < kStreams; s++) sum = mul_add(weight[r][s], value[s], sum);
          sum.store(sums + r * width + c);
        }
      });
}

/** Calls body(Height<R>, r) for stretches of kFewHeight, 2 and 1 of the rows. */
template <class V, class Body>
FOVEA_INLINE void for_few_rows(int64_t rows, Body body) {
  int64_t r = 0;
  constexpr int most = kFewHeight<V>;
  if constexpr (most > 2)
    for (; r + most <= rows; r += most) body(Height<most>(), r);
  for (; r + 2 <= rows; r += 2) body(Height<2>(), r);
  if (r < rows) body(Height<1>(), r);
}

/** Whether n values of a key are finite numbers. */
template <class V, class T>
inline bool finite_values(const T* v, int64_t n) {
  V residue = V::set(0.0f);
  for (int64_t c = 0; c < n; c += V::lanes) residue = add(residue, residue_of<V, Single>(load_first<V>(v + c, n - c)));
  return reduce_add(residue) == 0.0f;
}

/** O += P·V of all rows and a tile. `partial`: some row may not see some key, whose value may not be a finite number. */
template <class V, class T>
inline void add_tile(const AttentionArgs& args, const FewScratch<V>& at, const Row* rows, int64_t count, const FewTile<V>& tile,
                     bool partial) {
  for (int64_t i = 0; i < tile.length; i++) {
    const T* v[kStreams];
    bool finite = true;
    for (int s = 0; s < kStreams; s++) {
      v[s] = static_cast<const T*>(tile.v[s * tile.pitch + i]);
      if (partial) finite &= finite_values<V>(v[s], args.value_dim);
    }
    if (finite) {
      for_few_rows<V>(count, [&](auto height, int64_t r) {
        add_values<V, decltype(height)::rows>(at.scores + r * V::key_tile + i, tile.pitch, v, args.value_dim, r == 0 ? tile.v_ahead : 0,
                                              at.sums + r * at.width, at.width);
      });
      continue;
    }
    for (int64_t r = 0; r < count; r++) {  // 0 · NaN is NaN: instead of what a row does not see it adds zeros
      const T* seen[kStreams];
      for (int s = 0; s < kStreams; s++)
        seen[s] = sees(args, rows[r], tile.keys[s].begin + i) ? v[s] : reinterpret_cast<const T*>(at.zeros);
      add_values<V, 1>(at.scores + r * V::key_tile + i, tile.pitch, seen, args.value_dim, 0, at.sums + r * at.width, at.width);
    }
  }
}

/** scores[r][place] *= scales[place]. */
template <class V>
inline void scale_places(const float* scales, int64_t rows, int64_t places, float* scores) {
  for (int64_t r = 0; r < rows; r++, scores += V::key_tile)
    for (int64_t i = 0; i < places; i += V::lanes) mul(V::load(scores + i), V::load(scales + i)).store(scores + i);
}

/** The products of all rows with one tile of keys. */
template <class V>
inline void few_products(const AttentionArgs& args, const FewScratch<V>& at, int64_t count, const FewTile<V>& tile) {
  with_source_type(tile.k_dtype, [&](auto type) {
    for (int64_t i = 0; i < tile.length; i += kFewKeys<V>)
      for_few_rows<V>(count, [&](auto height, int64_t r) {
        score_keys<V, decltype(height)::rows, decltype(type)>(at.queries + r * at.width, at.width, tile, i, args.head_dim,
                                                              r == 0 ? tile.k_ahead : 0, at.scores + r * V::key_tile);
      });
  });
  if (tile.scaled) scale_places<V>(tile.key_scales, count, tile.places(), at.scores);
}

/** Σ (q − k)². */
template <class V>
FOVEA_APART float square_distance(const float* q, const float* k, int64_t n) {
  V sum = V::set(0.0f);
  for (int64_t i = 0; i < n; i += V::lanes) {
    const V difference = sub(load_first<V>(q + i, n - i), load_first<V>(k + i, n - i));
    sum = mul_add(difference, difference, sum);
  }
  return reduce_add(sum);
}

/** Key by key: the terms of a cosine, or what is the whole of a distance. */
template <class V>
FOVEA_APART void few_terms(const AttentionArgs& args, const FewScratch<V>& at, int64_t count, const FewTile<V>& tile) {
  const int64_t n = args.head_dim;
  for (int s = 0; s < kStreams; s++)
    for (int64_t i = 0; i < tile.keys[s].end - tile.keys[s].begin; i++) {
      const int64_t place = s * tile.pitch + i;
      widen<V>(tile.k[place], tile.k_dtype, 1, n, at.key);
      if (tile.scaled) change<V>(at.key, n, [&](V x) { return mul(x, V::set(tile.key_scales[place])); });
      if (args.score == Score::cosine) {
        at.terms[place] = 1.0f / norm_of<V>(at.key, n);
      } else {
        at.terms[place] = 0.0f;
        for (int64_t r = 0; r < count; r++) at.scores[r * V::key_tile + place] = -square_distance<V>(at.queries + r * at.width, at.key, n);
      }
    }
}

/** All rows against one tile of keys. */
template <class V>
inline void attend_few(const AttentionArgs& args, const FewScratch<V>& at, const Row* rows, int64_t count, const FewTile<V>& tile) {
  RuleClass kinds[kStreams];
  bool empty = true, partial = false;
  for (int s = 0; s < kStreams; s++) {
    const Keys keys = tile.keys[s];
    kinds[s] = classify(args, rows, count, keys);
    empty &= kinds[s] == RuleClass::empty;
    partial |=
        kinds[s] == RuleClass::partial || (kinds[s] == RuleClass::empty && keys.begin < keys.end);  // a stream that is over has no NaN
  }
  if (empty) return;
  if (has_terms(args.score)) few_terms(args, at, count, tile);
  if (!is_distance(args.score)) few_products(args, at, count, tile);
  if (has_terms(args.score))
    for (int64_t r = 0; r < count; r++) finish_scores<V>(args, rows[r].term, at.terms, tile.places(), at.scores + r * V::key_tile);
  for (int64_t r = 0; r < count; r++)
    for (int s = 0; s < kStreams; s++) {
      const Keys keys = tile.keys[s];
      float* scores = at.scores + r * V::key_tile + s * tile.pitch;
      hide<V>(scores, kinds[s] == RuleClass::empty ? 0 : keys.end - keys.begin, tile.pitch);
      if (kinds[s] != RuleClass::empty) apply_rules<V>(args, rows[r], keys, kinds[s], scores);
    }
  if (softmax_tile<V, Single>(at.scores, count, tile.places(), at.row_max, at.row_sum, at.row_sum, at.bases, at.factors))
    for (int64_t r = 0; r < count; r++)
      for (int64_t c = 0; c < at.width; c += V::lanes) {
        float* sums = at.sums + r * at.width + c;
        mul(V::load(sums), V::set(at.factors[r])).store(sums);
      }
  if (tile.scaled) scale_places<V>(tile.value_scales, count, tile.places(), at.scores);
  with_source_type(tile.v_dtype, [&](auto type) { add_tile<V, decltype(type)>(args, at, rows, count, tile, partial); });
}

/** All queries that read one key/value head: at most kFewRows. */
template <class V>
void attention_few(const AttentionArgs& args, int64_t kv_head, float* memory) {
  const FewScratch<V> at(args, memory);
  const Group group(args, kv_head);
  const int64_t count = group.live_rows();
  Row rows[kFewRows];
  Place place = count > 0 ? group.place(0) : Place{};
  for (int64_t r = 0; r < count; r++, place = group.next(place)) rows[r] = group.row(args, place);
  for (int64_t r = count; r < group.rows(); r++) finish_dead_row(args, group.row(args, group.place(r)));
  std::memset(at.queries, 0, sizeof(float) * static_cast<size_t>(count * at.width));
  std::memset(at.sums, 0, sizeof(float) * static_cast<size_t>(count * at.width));
  std::memset(at.zeros, 0, sizeof(float) * static_cast<size_t>(at.width));
  for (int64_t r = 0; r < count; r++) {
    load_query<V>(args, rows[r], at.queries + r * at.width);
    if (is_distance(args.score))
      rows[r].term = 0.0f;
    else if (args.score != Score::dot)
      finish_query<V>(args, rows[r], at.queries + r * at.width);
    begin_row<V>(args, rows[r], at.row_max + r, at.row_sum + r * V::lanes);
  }
  const Keys seen = union_of_keys(rows, count);
  for (int64_t step = 0; step < FewTile<V>::steps(seen); step++)
    attend_few<V>(args, at, rows, count, FewTile<V>(args, kv_head, seen, step, at.zeros));
  for (int64_t r = 0; r < count; r++) {
    const float row_sum = reduce_add(V::load(at.row_sum + r * V::lanes));
    finish_row<V>(args, rows[r], at.row_max[r], row_sum, row_sum, at.sums + r * at.width);
  }
}

template <class V>
int64_t attention_few_scratch(const AttentionArgs& args) {
  return FewScratch<V>::floats(args);
}

}  // namespace
}  // namespace fovea
