// Attention forward: softmax(scale · q·kᵀ …)·v without the score matrix (Milakov & Gimelshein 2018; Rabe & Staats 2021;
// Dao et al. 2022, algorithm 1; Dao 2023 for the order of the loops).
//
//   pack k (as panels of kᵀ) and v, once a key/value head
//   for each query_tile rows of the heads that share it
//     for each key_tile keys that some row may see
//       for each tile_rows rows                               m, ℓ, O: state of a row, starting from −∞, 0, 0 (or its sink)
//         S = Q·Kᵀ ; rules(S)                                 what is masked becomes −∞
//         m' = max(m, max S) ; α = e^(m − m') ; P = e^(S − m') ; ℓ = α·ℓ + Σ P
//         O = α·O + P·V
//     out = O / ℓ ; logSumExp = m + ln ℓ
#pragma once

#include "attention_head.inl"
#include "attention_rules.inl"

namespace fovea {
namespace {

/** Scratch of one query tile; sizes in floats. */
template <class V, class E>
struct AttentionScratch {
  float* queries;  // query_tile × headDim, in rows queries_stride apart
  float* scores;   // S, then P: tile_rows × key_tile
  float* sums;     // O: query_tile × valueDim, padded to whole panels
  float* row_max;  // m, query_tile
  float* row_sum;  // ℓ, query_tile × lanes: summed up at the end
  float* divisor;  // the ℓ of P as P·V has it: rounded, where P is pairs; else row_sum itself
  float* factors;  // α, tile_rows
  float* bases;    // m', 0 for −∞, tile_rows
  Row* rows;       // query_tile
  int64_t sums_stride, queries_stride;

  static constexpr int64_t kHeight = V::query_tile;
  static constexpr int64_t kTileRows = round_up(V::tile_rows, V::lanes);

  static int64_t floats(const AttentionArgs& args) {
    return kHeight * queries_width(args) + V::tile_rows * V::key_tile + kHeight * sums_width(args) + (1 + E::depth * V::lanes) * kHeight +
           2 * kTileRows + kHeight * static_cast<int64_t>(sizeof(Row) / sizeof(float)) + 16;
  }
  static int64_t sums_width(const AttentionArgs& args) { return round_up(args.value_dim, V::tile_vectors * V::lanes); }

  /** A cache line beyond the head dim, so that rows whose length is a power of two do not compete for the same lines. */
  static int64_t queries_width(const AttentionArgs& args) { return round_up(args.head_dim, 16) + 16; }

  AttentionScratch(const AttentionArgs& args, float* memory) : sums_stride(sums_width(args)), queries_stride(queries_width(args)) {
    const auto take = [&](int64_t count) {
      float* block = memory;
      memory += count;
      return block;
    };
    rows = reinterpret_cast<Row*>(take(round_up(kHeight * static_cast<int64_t>(sizeof(Row) / sizeof(float)), 16)));
    scores = take(V::tile_rows * V::key_tile);
    sums = take(kHeight * sums_stride);
    row_max = take(kHeight);
    row_sum = take(kHeight * V::lanes);
    divisor = E::depth == 1 ? row_sum : take(kHeight * V::lanes);
    factors = take(kTileRows);
    bases = take(kTileRows);
    queries = take(kHeight * queries_stride);
  }
};

/** S[RM × keys] = Q·Kᵀ for the keys [begin, end), from whole panels of `steps` rows; times `scale` where they are pairs. */
template <class V, class E, int RM>
inline void score_tile(const float* queries, int64_t stride, const float* panels, int64_t steps, Keys keys, float scale, float* scores) {
  constexpr int64_t width = V::tile_vectors * V::lanes;
  for (int64_t j = keys.begin; j < keys.end; j += width) {
    Tile<V, RM, V::tile_vectors> tile;
    tile.set(0.0f);
    tile.template accumulate<E, V::fetch_ahead>({queries, stride, 1}, {panels + j * steps, width}, steps);
    if constexpr (E::depth == 2) tile.scale(scale);  // q has it already where it is float32
    tile.store(scores + (j - keys.begin), V::key_tile);
  }
}

/** The greatest of `padded` scores of a row. */
template <class V>
inline float highest_of(const float* row, int64_t padded) {
  V one = V::set(-kInfinity), other = one;
  int64_t j = 0;
  for (; j + 2 * V::lanes <= padded; j += 2 * V::lanes) {
    one = max(V::load(row + j), one);
    other = max(V::load(row + j + V::lanes), other);
  }
  if (j < padded) one = max(V::load(row + j), one);
  return reduce_max(max(one, other));
}

/**
 * m', α, P and ℓ of `rows` rows over `count` keys; ℓ stays in lanes until the end. Returns whether any O has to be rescaled. Pairs of P are
 * weights rounded to bfloat16, at the front of their row; they are also added up as such: O divided by that sum stays an average.
 */
template <class V, class E>
inline bool softmax_tile(float* scores, int64_t rows, int64_t count, float* row_max, float* row_sum, float* divisor, float* bases,
                         float* factors) {
  const int64_t padded = round_up(count, V::lanes);
  for (int64_t i = 0; i < rows; i++) bases[i] = highest_of<V>(scores + i * V::key_tile, padded);
  V moved = V::set(0.0f);
  for (int64_t i = 0; i < rows; i += V::lanes) {
    const int64_t n = smaller(V::lanes, rows - i);
    const V before = load_part<V>(row_max + i, n), after = max(load_part<V>(bases + i, n), before), base = finite_base(after);
    const auto moves = less(before, after);
    moved = select(moves, V::set(1.0f), moved);
    store_part(after, row_max + i, n);
    store_part(base, bases + i, n);
    store_part(select(moves, exp_of_difference(sub(before, base)), V::set(1.0f)), factors + i, n);
  }
  const bool rescale = reduce_max(moved) > 0.0f;
  for (int64_t i = 0; i < rows; i++) {
    float* row = scores + i * V::key_tile;
    const V base = V::set(bases[i]);
    V sum = V::load(row_sum + i * V::lanes);
    if (rescale) sum = mul(sum, V::set(factors[i]));
    if constexpr (E::depth == 2) {
      const V ones = to_pairs(V::set(1.0f), V::set(1.0f));
      V rounded = V::load(divisor + i * V::lanes);
      if (rescale) rounded = mul(rounded, V::set(factors[i]));
      for (int64_t j = 0; j < padded; j += 2 * V::lanes) {
        const V first = exp_of_difference(sub(V::load(row + j), base));
        const V second = j + V::lanes < padded ? exp_of_difference(sub(V::load(row + j + V::lanes), base)) : V::set(0.0f);
        const V weights = to_pairs(first, second);
        weights.store(row + j / 2);
        sum = add(sum, add(first, second));
        rounded = dot_pairs(weights, ones, rounded);
      }
      rounded.store(divisor + i * V::lanes);
    } else {
      for (int64_t j = 0; j < padded; j += V::lanes) {
        const V weight = exp_of_difference(sub(V::load(row + j), base));
        weight.store(row + j);
        sum = add(sum, weight);
      }
    }
    sum.store(row_sum + i * V::lanes);
  }
  return rescale;
}

/** O = α·O + P·V for RM rows. */
template <class V, class E, int RM>
inline void value_tile(const float* weights, const PackedHead<V, E>& head, Keys keys, const float* factors, bool rescale, int64_t width,
                       float* sums) {
  for (int64_t c = 0; c < width; c += V::tile_vectors * V::lanes) {
    Tile<V, RM, V::tile_vectors> tile;
    if (rescale)
      tile.load_scaled(sums + c, width, factors);
    else
      tile.load(sums + c, width);
    tile.template accumulate<E, V::fetch_ahead>({weights, V::key_tile, 1}, head.values_at(keys.begin, c),
                                                steps_of<E>(keys.end - keys.begin));
    tile.store(sums + c, width);
  }
}

/** Weight j of a row, as P·V has it. */
template <class E>
inline float weight_at(const float* weights, int64_t j) {
  if constexpr (E::depth == 1) return weights[j];
  uint16_t bits;
  std::memcpy(&bits, reinterpret_cast<const char*>(weights) + j * static_cast<int64_t>(sizeof bits), sizeof bits);
  const uint32_t wide = uint32_t{bits} << 16;
  float weight;
  std::memcpy(&weight, &wide, sizeof weight);
  return weight;
}

/** The values of key j in a step of them. */
template <class E, class V>
inline V of_step(V step, int64_t j) {
  if constexpr (E::depth == 1)
    return step;
  else
    return j % 2 == 0 ? first_of_pairs(step) : second_of_pairs(step);
}

/** The same where masked values are not finite: 0 · NaN is NaN, so what a row does not see is not multiplied at all. */
template <class V, class E>
inline void value_rows_seen(const AttentionArgs& args, const float* weights, const PackedHead<V, E>& head, const Row* rows, int64_t count,
                            Keys keys, const float* factors, bool rescale, int64_t width, float* sums) {
  for (int64_t i = 0; i < count; i++) {
    float* sum = sums + i * width;
    if (rescale)
      for (int64_t c = 0; c < width; c += V::lanes) mul(V::load(sum + c), V::set(factors[i])).store(sum + c);
    for (int64_t j = keys.begin; j < keys.end; j++) {
      if (!sees(args, rows[i], j)) continue;
      const V weight = V::set(weight_at<E>(weights + i * V::key_tile, j - keys.begin));
      for (int64_t c = 0; c < width; c += V::tile_vectors * V::lanes) {
        const float* value = head.values_at(j, c).data;
        for (int64_t l = 0; l < V::tile_vectors * V::lanes; l += V::lanes)
          mul_add(weight, of_step<E>(V::load(value + l), j), V::load(sum + c + l)).store(sum + c + l);
      }
    }
  }
}

/** Scores of one tile of rows against one tile of keys before any rule; −∞ past the keys, in the last vector. */
template <class V, class E>
inline void raw_scores(const AttentionArgs& args, const PackedHead<V, E>& head, const float* queries, int64_t stride, const Row* rows,
                       int64_t count, Keys keys, float* scores) {
  const int64_t n = keys.end - keys.begin, padded = round_up(n, V::lanes);
  if (args.score == Score::additive)
    for (int64_t i = 0; i < count; i++)
      additive_row<V>(args, rows[i].head, queries + i * stride, head.keys_at(keys.begin, args.head_dim).data, n, scores + i * V::key_tile);
  else
    with_height<V>(count, [&](auto height) {
      score_tile<V, E, decltype(height)::rows>(queries, stride, head.keys, steps_of<E>(args.head_dim), keys, args.scale, scores);
    });
  for (int64_t i = 0; i < count; i++, scores += V::key_tile) {
    if (has_terms(args.score)) finish_scores<V>(args, rows[i].term, head.terms + keys.begin, padded, scores);
    hide<V>(scores, n, padded);
  }
}

/** The final ones; false when no row sees any of the keys. */
template <class V, class E>
inline bool scores_of(const AttentionArgs& args, const PackedHead<V, E>& head, const float* queries, int64_t stride, const Row* rows,
                      int64_t count, Keys keys, RuleClass kind, float* scores) {
  if (kind == RuleClass::empty) return false;
  raw_scores<V>(args, head, queries, stride, rows, count, keys, scores);
  for (int64_t i = 0; i < count; i++) apply_rules<V>(args, rows[i], keys, kind, scores + i * V::key_tile);
  return true;
}

/** Everything of one tile of rows against one tile of keys. */
template <class V, class E>
inline void attend(const AttentionArgs& args, const PackedHead<V, E>& head, AttentionScratch<V, E>& at, int64_t row, int64_t count,
                   int64_t step) {
  const Row* rows = at.rows + row;
  const Keys keys = visible_keys<V>(rows, count, step);
  const RuleClass kind = classify(args, rows, count, keys);
  if (!scores_of<V>(args, head, at.queries + row * at.queries_stride, at.queries_stride, rows, count, keys, kind, at.scores)) return;
  if (args.weights)
    for (int64_t i = 0; i < count; i++)
      std::memcpy(weights_of(args, rows[i], keys), at.scores + i * V::key_tile, sizeof(float) * static_cast<size_t>(keys.end - keys.begin));
  float* sums = at.sums + row * at.sums_stride;
  const bool rescale = softmax_tile<V, E>(at.scores, count, keys.end - keys.begin, at.row_max + row, at.row_sum + row * V::lanes,
                                          at.divisor + row * V::lanes, at.bases, at.factors);
  if (kind == RuleClass::partial && !head.all_finite(keys))
    return value_rows_seen<V>(args, at.scores, head, rows, count, keys, at.factors, rescale, at.sums_stride, sums);
  with_height<V>(count, [&](auto height) {
    value_tile<V, E, decltype(height)::rows>(at.scores, head, keys, at.factors, rescale, at.sums_stride, sums);
  });
}

/** m and ℓ of a row that has seen its sink at most. */
template <class V>
inline void begin_row(const AttentionArgs& args, const Row& row, float* row_max, float* row_sum) {
  *row_max = args.sinks ? args.sinks[row.head] : -kInfinity;
  V::set(0.0f).store(row_sum);
  if (*row_max != -kInfinity) *row_sum = 1.0f;
}

/** out and logSumExp of one row. */
template <class V>
inline void finish_row(const AttentionArgs& args, const Row& row, float row_max, float row_sum, float divisor, const float* sums) {
  const float factor = divisor == 0.0f ? 0.0f : 1.0f / divisor;
  const View4& out = args.out;
  void* target = element(out.data, out.dtype, row.batch * out.batch_stride + row.head * out.head_stride + row.query * out.row_stride);
  narrow<V>(sums, args.value_dim, target, out.dtype, out.column_stride, Scaled<V>{V::set(factor)});
  if (args.log_sum_exp) args.log_sum_exp[row.index] = row_sum == 0.0f ? -kInfinity : row_max + log_natural(row_sum);
}

/** The weights of one tile of rows, once m and ℓ are final, in the place of their scores. */
template <class V, class E>
inline void write_weights(const AttentionArgs& args, AttentionScratch<V, E>& at, int64_t row, int64_t count, int64_t step) {
  const Row* rows = at.rows + row;
  const Keys keys = visible_keys<V>(rows, count, step);
  if (classify(args, rows, count, keys) == RuleClass::empty) return;
  for (int64_t i = 0; i < count; i++) {
    float* weights = weights_of(args, rows[i], keys);
    const V base = finite_base(V::set(at.row_max[row + i])), factor = V::set(1.0f / reduce_add(V::load(at.row_sum + (row + i) * V::lanes)));
    for (int64_t j = 0, n = keys.end - keys.begin; j < n; j += V::lanes) {
      const V score = load_part<V>(weights + j, smaller(V::lanes, n - j));
      const V weight = zero_where(is_masked(score), mul(exp_of_difference(sub(score, base)), factor));  // 0 even in a row of NaN
      store_part(weight, weights + j, smaller(V::lanes, n - j));
    }
  }
}

template <class V, class E = Single>
void attention(const AttentionArgs& args, int64_t kv_head, int64_t tile, const float* packed, float* memory) {
  AttentionScratch<V, E> at(args, memory);
  const PackedHead<V, E> head(args, kv_head, packed);
  const Group group(args, kv_head);
  const int64_t begin = tile * V::query_tile, end = smaller(begin + V::query_tile, group.rows());
  const int64_t count = larger(0, smaller(end, group.live_rows()) - begin);
  Place place = count > 0 ? group.place(begin) : Place{};
  for (int64_t i = 0; i < count; i++, place = group.next(place)) at.rows[i] = group.row(args, place);
  for (int64_t r = begin + count; r < end; r++) finish_dead_row(args, group.row(args, group.place(r)));
  for (int64_t i = 0; args.weights && i < count; i++) clear_weights(args, at.rows[i]);
  load_queries<V, E>(args, group, at.rows, count, at.queries_stride, at.queries);
  std::memset(at.sums, 0, sizeof(float) * static_cast<size_t>(count * at.sums_stride));
  for (int64_t i = 0; i < count; i++) {
    begin_row<V>(args, at.rows[i], at.row_max + i, at.row_sum + i * V::lanes);
    if constexpr (E::depth == 2) V::load(at.row_sum + i * V::lanes).store(at.divisor + i * V::lanes);
  }

  const int64_t steps = key_steps<V>(union_of_keys(at.rows, count));
  for (int64_t step = 0; step < steps; step++)
    for (int64_t row = 0; row < count; row += V::tile_rows) attend(args, head, at, row, smaller(V::tile_rows, count - row), step);
  if (args.weights)
    for (int64_t step = 0; step < steps; step++)
      for (int64_t row = 0; row < count; row += V::tile_rows) write_weights(args, at, row, smaller(V::tile_rows, count - row), step);
  for (int64_t i = 0; i < count; i++)
    finish_row<V>(args, at.rows[i], at.row_max[i], reduce_add(V::load(at.row_sum + i * V::lanes)),
                  reduce_add(V::load(at.divisor + i * V::lanes)), at.sums + i * at.sums_stride);
}

template <class V, class E = Single>
int64_t attention_scratch(const AttentionArgs& args) {
  return AttentionScratch<V, E>::floats(args);
}

}  // namespace
}  // namespace fovea
