// Attention of a few queries, as in decoding: every key and value is read once, where it lies, front to back, and nothing is packed.
// The steps are those of attention.inl, over key tiles counted from the first key that any row sees; only the two products differ:
//
//   S = Q·Kᵀ     dot products of some keys side by side, kept in lanes until there are as many as lanes, then added up together
//   O += P·V     some values at a time, while they are in L1
#pragma once

#include "attention.inl"

namespace fovea {
namespace {

/** Sums that fit in the registers beside what they are made of, a power of two. */
template <class V>
constexpr int kFewSums = V::tile_rows * V::tile_vectors >= 16 ? 16 : 8;

/** Keys whose dot products run side by side. */
constexpr int kFewKeys = 4;

/** Keys whose values are added between two looks at O. */
constexpr int64_t kFewValues = 16;

/** How far ahead keys and values are asked for, in bytes: where two streams take turns the CPU's own prefetch comes late. */
constexpr int64_t kFewAhead = 2048;

/** Scratch of one key/value head; sizes in floats. */
template <class V>
struct FewScratch {
  int64_t width;   // of a row of queries and of sums
  float* queries;  // Q · scale, zeros past the head dim
  float* scores;   // S, then P: rows are key_tile apart
  float* sums;     // O
  float *row_max, *row_sum, *factors, *bases;

  static int64_t width_of(const AttentionArgs& args) { return round_up(larger(args.head_dim, args.value_dim), 16); }
  static int64_t floats(const AttentionArgs& args) { return kFewRows * (2 * width_of(args) + V::key_tile + V::lanes + 3); }

  FewScratch(const AttentionArgs& args, float* memory)
      : width(width_of(args)),
        queries(memory),
        scores(queries + kFewRows * width),
        sums(scores + kFewRows * V::key_tile),
        row_max(sums + kFewRows * width),
        row_sum(row_max + kFewRows),
        factors(row_sum + kFewRows * V::lanes),
        bases(factors + kFewRows) {}
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

template <class T>
inline void fetch(const T* row, int64_t n) {
  constexpr int64_t line = 64 / sizeof(T);
  for (int64_t i = 0; i < n; i += line) __builtin_prefetch(row + i);
}

/** products[r][first + j] = q[r] · k[j], lane by lane, for R rows and the kFewKeys keys of n features at `keys`. */
template <class V, int R, class T>
FOVEA_INLINE void multiply_keys(const float* q, int64_t q_stride, const T* const (&keys)[kFewKeys], int64_t n, V (&products)[R][V::lanes],
                                int64_t first) {
  V acc[R][kFewKeys];
#pragma GCC unroll 4
  for (int r = 0; r < R; r++)
#pragma GCC unroll 4
    for (int j = 0; j < kFewKeys; j++) acc[r][j] = V::set(0.0f);
  const auto add_features = [&](int64_t c, auto load) __attribute__((always_inline)) {
    V key[kFewKeys];
#pragma GCC unroll 4
    for (int j = 0; j < kFewKeys; j++) key[j] = load(keys[j] + c);
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
      const V query = V::load(q + r * q_stride + c);
#pragma GCC unroll 4
      for (int j = 0; j < kFewKeys; j++) acc[r][j] = mul_add(query, key[j], acc[r][j]);
    }
  };
  int64_t c = 0;
  for (; c + V::lanes <= n; c += V::lanes) add_features(c, [](const T* p) { return V::load(p); });
  if (c < n) add_features(c, [=](const T* p) { return load_part<V>(p, n - c); });
#pragma GCC unroll 4
  for (int r = 0; r < R; r++)
#pragma GCC unroll 4
    for (int j = 0; j < kFewKeys; j++) products[r][first + j] = acc[r][j];
}

/** S of R rows and count ≤ lanes keys; `scales` are int8's, one a key, or null. The first rows ask for keys `ahead`, 0: others did. */
template <class V, int R, class T>
FOVEA_APART void score_keys(const float* q, int64_t q_stride, const T* k, int64_t k_stride, int64_t n, int64_t count, const float* scales,
                            int64_t ahead, float* scores) {
  V products[R][V::lanes];
  for (int64_t j = 0; j < V::lanes; j += kFewKeys) {
    const T* keys[kFewKeys];  // past the last one: the last one again, whose scores are not stored
    for (int64_t i = 0; i < kFewKeys; i++) {
      keys[i] = k + smaller(j + i, count - 1) * k_stride;
      if (ahead > 0) fetch(keys[i] + ahead, n);
    }
    multiply_keys<V, R>(q, q_stride, keys, n, products, j);
  }
  for (int r = 0; r < R; r++) {
    V sums = sums_of(products[r]);
    if (scales) sums = mul(sums, load_first<V>(scales, count));
    store_part(sums, scores + r * V::key_tile, count);
  }
}

/** O[r][c] += Σ weights[r][j] · v[j][c] for R rows, `count` keys, C vectors of columns; of a single one perhaps only n lanes. */
template <class V, int R, int C, class T>
inline void add_columns(const float* weights, const T* v, int64_t v_stride, int64_t count, int64_t n, int64_t ahead, float* sums,
                        int64_t width) {
  V acc[R][C];
#pragma GCC unroll 4
  for (int r = 0; r < R; r++)
#pragma GCC unroll 8
    for (int c = 0; c < C; c++) acc[r][c] = V::load(sums + r * width + c * V::lanes);
  for (int64_t j = 0; j < count; j++, v += v_stride) {
    if (ahead > 0) fetch(v + ahead, C * V::lanes);
    V value[C];
#pragma GCC unroll 8
    for (int c = 0; c < C; c++) value[c] = C == 1 ? load_first<V>(v, n) : V::load(v + c * V::lanes);
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
      const V weight = V::set(weights[r * V::key_tile + j]);
#pragma GCC unroll 8
      for (int c = 0; c < C; c++) acc[r][c] = mul_add(weight, value[c], acc[r][c]);
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < R; r++)
#pragma GCC unroll 8
    for (int c = 0; c < C; c++) acc[r][c].store(sums + r * width + c * V::lanes);
}

/** The same for all n columns. */
template <class V, int R, class T>
FOVEA_APART void add_values(const float* weights, const T* v, int64_t v_stride, int64_t count, int64_t n, int64_t ahead, float* sums,
                            int64_t width) {
  constexpr int at_once = kFewSums<V> / R > 8 ? 8 : kFewSums<V> / R;
  int64_t c = 0;
  for (; c + at_once * V::lanes <= n; c += at_once * V::lanes)
    add_columns<V, R, at_once>(weights, v + c, v_stride, count, 0, ahead, sums + c, width);
  for (; c < n; c += V::lanes) add_columns<V, R, 1>(weights, v + c, v_stride, count, n - c, ahead, sums + c, width);
}

/** Calls body(Height<R>, r) for stretches of 4 (2, where there are few registers), 2 and 1 of the rows. */
template <class V, class Body>
FOVEA_INLINE void for_few_rows(int64_t rows, Body body) {
  int64_t r = 0;
  if constexpr (kFewSums<V> >= 16)
    for (; r + 4 <= rows; r += 4) body(Height<4>(), r);
  for (; r + 2 <= rows; r += 2) body(Height<2>(), r);
  if (r < rows) body(Height<1>(), r);
}

/** S of all rows and the keys of one run, the first of which is the tile's `place`-th. */
template <class V>
inline void score_run(const AttentionArgs& args, const FewScratch<V>& at, int64_t rows, const KeyRun& run, int64_t place) {
  with_source_type(run.keys.dtype, [&](auto type) {
    using T = decltype(type);
    const T* k = static_cast<const T*>(run.keys.data);
    const int64_t stride = run.keys.row_stride, n = args.head_dim, ahead = kFewAhead / static_cast<int64_t>(sizeof(T));
    for (int64_t j = 0; j < run.count; j += V::lanes, k += V::lanes * stride) {
      const int64_t count = smaller(V::lanes, run.count - j);
      for_few_rows<V>(rows, [&](auto height, int64_t r) {
        score_keys<V, decltype(height)::rows>(at.queries + r * at.width, at.width, k, stride, n, count,
                                              run.key_scales ? run.key_scales + j : nullptr, r == 0 ? ahead : 0,
                                              at.scores + r * V::key_tile + place + j);
      });
    }
  });
}

/** Whether n values of each of `count` keys are finite numbers. */
template <class V, class T>
inline bool finite_values(const T* v, int64_t stride, int64_t count, int64_t n) {
  V residue = V::set(0.0f);
  for (int64_t j = 0; j < count; j++)
    for (int64_t c = 0; c < n; c += V::lanes) residue = add(residue, residue_of<V, Single>(load_first<V>(v + j * stride + c, n - c)));
  return reduce_add(residue) == 0.0f;
}

/** Whether every row sees every one of these keys. */
inline bool all_seen(const AttentionArgs& args, const Row* rows, int64_t count, Keys keys) {
  for (int64_t r = 0; r < count; r++)
    for (int64_t key = keys.begin; key < keys.end; key++)
      if (!sees(args, rows[r], key)) return false;
  return true;
}

/** O += P·V of all rows and the keys of one run. `partial`: some row may not see some key, whose value may not be a finite number. */
template <class V>
inline void add_run(const AttentionArgs& args, const FewScratch<V>& at, const Row* rows, int64_t row_count, const KeyRun& run, int64_t key,
                    int64_t place, bool partial) {
  if (run.value_scales)
    for (int64_t r = 0; r < row_count; r++)
      for (int64_t j = 0; j < run.count; j += V::lanes) {
        const int64_t n = smaller(V::lanes, run.count - j);
        float* weights = at.scores + r * V::key_tile + place + j;
        store_part(mul(load_part<V>(weights, n), load_part<V>(run.value_scales + j, n)), weights, n);
      }
  with_source_type(run.values.dtype, [&](auto type) {
    using T = decltype(type);
    const T* v = static_cast<const T*>(run.values.data);
    const int64_t stride = run.values.row_stride, n = args.value_dim, ahead = kFewAhead / static_cast<int64_t>(sizeof(T));
    for (int64_t j = 0; j < run.count; j += kFewValues, v += kFewValues * stride) {
      const int64_t count = smaller(kFewValues, run.count - j);
      const Keys keys = {key + j, key + j + count};
      const float* weights = at.scores + place + j;
      if (partial && !finite_values<V>(v, stride, count, n) && !all_seen(args, rows, row_count, keys)) {
        for (int64_t r = 0; r < row_count; r++)  // 0 · NaN is NaN: what a row does not see is not multiplied at all
          for (int64_t i = 0; i < count; i++)
            if (sees(args, rows[r], keys.begin + i))
              add_values<V, 1>(weights + r * V::key_tile + i, v + i * stride, stride, 1, n, 0, at.sums + r * at.width, at.width);
        continue;
      }
      for_few_rows<V>(row_count, [&](auto height, int64_t r) {
        add_values<V, decltype(height)::rows>(weights + r * V::key_tile, v, stride, count, n, r == 0 ? ahead : 0, at.sums + r * at.width,
                                              at.width);
      });
    }
  });
}

/** All rows against one tile of keys. */
template <class V>
inline void attend_few(const AttentionArgs& args, int64_t kv_head, const FewScratch<V>& at, const Row* rows, int64_t count, Keys keys) {
  const RuleClass kind = classify(args, rows, count, keys);
  if (kind == RuleClass::empty) return;
  const auto for_runs = [&](auto body) {
    for (int64_t key = keys.begin; key < keys.end;) {
      const KeyRun run = key_run(args, kv_head, key, keys.end);
      body(run, key);
      key += run.count;
    }
  };
  const int64_t n = keys.end - keys.begin;
  for_runs([&](const KeyRun& run, int64_t key) { score_run<V>(args, at, count, run, key - keys.begin); });
  for (int64_t r = 0; r < count; r++) {
    float* scores = at.scores + r * V::key_tile;
    hide<V>(scores, n, round_up(n, V::lanes));
    apply_rules<V>(args, rows[r], keys, kind, scores);
  }
  if (softmax_tile<V, Single>(at.scores, count, n, at.row_max, at.row_sum, at.row_sum, at.bases, at.factors))
    for (int64_t r = 0; r < count; r++)
      for (int64_t c = 0; c < at.width; c += V::lanes) {
        float* sums = at.sums + r * at.width + c;
        mul(V::load(sums), V::set(at.factors[r])).store(sums);
      }
  for_runs(
      [&](const KeyRun& run, int64_t key) { add_run<V>(args, at, rows, count, run, key, key - keys.begin, kind == RuleClass::partial); });
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
  for (int64_t r = 0; r < count; r++) {
    load_query<V>(args, rows[r], at.queries + r * at.width);
    begin_row<V>(args, rows[r], at.row_max + r, at.row_sum + r * V::lanes);
  }
  const Keys seen = union_of_keys(rows, count);
  for (int64_t begin = seen.begin; begin < seen.end; begin += V::key_tile)
    attend_few<V>(args, kv_head, at, rows, count, {begin, smaller(begin + V::key_tile, seen.end)});
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
