// The score of a query and a key (design.md, Score kinds): the product q·k of the micro-kernel, and what two of them have beside it.
//
//   dot         scale · q·k                                        q has the scale already
//   cosine      scale · q·k / max(‖q‖‖k‖, 10⁻¹²)                   q has scale/‖q‖ already; times min(1/‖k‖, 10¹²·‖q‖)
//   euclidean   scale · −‖q − k‖²                                  ‖q − k‖² = ‖q‖² + ‖k‖² − 2·q·k, from a point near the queries
//   rbf         scale · e^(−γ‖q − k‖²)
//   additive    scale · v·tanh(q + k + b)                          no product: a tile of its own
//
// A general score, and what an additive one projects, is a product of q or k with a weight before all this (project.inl): here they are
// there already.
#pragma once

#include "attention_rows.inl"
#include "math.inl"
#include "micro.inl"

namespace fovea {
namespace {

inline bool is_distance(Score score) { return score == Score::euclidean || score == Score::rbf; }

/** Whether a query and a key each have a number that goes into their score beside the product. */
inline bool has_terms(Score score) { return score == Score::cosine || is_distance(score); }

constexpr float kLeastProduct = 1e-12f;  // of the lengths that a cosine is divided by
constexpr float kLeastNorm =
    0x1p-100f;  // of a query, so that its inverse is finite: with any key up to 10¹⁸ the product is the least anyway

/** Σ (factor · x[i])². */
template <class V>
FOVEA_APART float sum_of_squares(const float* x, int64_t n, float factor) {
  V sum = V::set(0.0f);
  for (int64_t i = 0; i < n; i += V::lanes) {
    const V part = mul(load_first<V>(x + i, n - i), V::set(factor));
    sum = mul_add(part, part, sum);
  }
  return reduce_add(sum);
}

/** ‖x‖, also where its square would overflow or vanish. */
template <class V>
FOVEA_APART float norm_of(const float* x, int64_t n) {
  V most = V::set(0x1p-126f);
  for (int64_t i = 0; i < n; i += V::lanes) most = max(most, magnitude(load_first<V>(x + i, n - i)));
  const float greatest = reduce_max(most);
  return greatest * __builtin_sqrtf(sum_of_squares<V>(x, n, 1.0f / greatest));
}

// ---- the point that distances are measured from ----

/** Features that a centre is computed for at a time. */
constexpr int64_t kCentreFeatures = 64;

/**
 * Features [begin, begin + n) of a point near the queries of a key/value head: ‖q‖² + ‖k‖² − 2·q·k loses what lies far from 0, and
 * distances do not care where 0 is. Of three queries the middle one, feature by feature: one that is far from all others does not count.
 */
template <class V>
FOVEA_APART void centre_of(const AttentionArgs& args, const Group& group, int64_t begin, int64_t n, float* to) {
  float features[3][kCentreFeatures] = {};
  const int64_t last = group.live_rows() - 1;
  for (int i = 0; i < 3; i++) {
    const Row row = group.row(args, group.place(last * i / 2));
    const View4& q = args.q;
    const int64_t offset = row.batch * q.batch_stride + row.head * q.head_stride + row.query * q.row_stride + begin * q.column_stride;
    widen<V>(element(static_cast<const void*>(q.data), q.dtype, offset), q.dtype, q.column_stride, n, features[i]);
  }
  for (int64_t c = 0; c < kCentreFeatures; c += V::lanes) {
    const V x = V::load(features[0] + c), y = V::load(features[1] + c), z = V::load(features[2] + c);
    const V middle = max(min(x, y), min(max(x, y), z));
    select(less(magnitude(middle), V::set(0x1p40f)), middle, V::set(0.0f)).store(to + c);  // NaN, and what is far from everything
  }
}

/** Calls body(begin, n, centre) for all features, some at a time. */
template <class V, class Body>
inline void with_centre(const AttentionArgs& args, const Group& group, const Body& body) {
  for (int64_t begin = 0; begin < args.head_dim; begin += kCentreFeatures) {
    float centre[kCentreFeatures];
    const int64_t n = smaller(kCentreFeatures, args.head_dim - begin);
    centre_of<V>(args, group, begin, n, centre);
    body(begin, n, centre);
  }
}

// ---- queries ----

inline const void* query_of(const AttentionArgs& args, const Row& row) {
  const View4& q = args.q;
  const int64_t offset = row.batch * q.batch_stride + row.head * q.head_stride + row.query * q.row_stride;
  return element(static_cast<const void*>(q.data), q.dtype, offset);
}

/** A row of q as float32; of a dot product times its scale. */
template <class V>
inline void load_query(const AttentionArgs& args, const Row& row, float* to) {
  const float factor = args.score == Score::dot ? args.scale : 1.0f;
  widen<V>(query_of(args, row), args.q.dtype, args.q.column_stride, args.head_dim, to, Scaled<V>{V::set(factor)});
}

/** Makes of a row of q what its products with keys want, and notes the query's own term. */
template <class V>
FOVEA_APART void finish_query(const AttentionArgs& args, Row& row, float* q) {
  const int64_t n = args.head_dim;
  if (args.score == Score::cosine) {
    const float norm = __builtin_fmaxf(norm_of<V>(q, n), kLeastNorm);
    change<V>(q, n, [=](V x) { return mul(x, V::set(args.scale / norm)); });
    row.term = norm / kLeastProduct;
  } else if (is_distance(args.score)) {
    row.term = -sum_of_squares<V>(q, n, 1.0f);
    change<V>(q, n, [](V x) { return add(x, x); });
  } else if (args.score == Score::additive && args.score_bias.data) {
    const ScoreWeight& bias = args.score_bias;
    for (int64_t i = 0; i < n; i++) q[i] += bias.data[row.head * bias.head_stride + i * bias.column_stride];
  }
}

/** n neighbours of bfloat16 as pairs, by whole vectors. */
template <class V>
inline void load_row_of_pairs(const bfloat16* from, int64_t stride, int64_t n, float* to) {
  for (int64_t c = 0; c < n; c += 2 * V::lanes, to += V::lanes)
    load_pairs<V>(from + c * stride, stride, smaller(2 * V::lanes, n - c)).store(to);
}

/** Rows of q as their products want them (as they are, where they are pairs), `stride` apart; zeros up to a whole number of tiles. */
template <class V, class E>
inline void load_queries(const AttentionArgs& args, const Group& group, Row* rows, int64_t count, int64_t stride, float* to) {
  for (int64_t r = 0; r < count; r++) {
    if constexpr (E::depth == 1)
      load_query<V>(args, rows[r], to + r * stride);
    else
      load_row_of_pairs<V>(static_cast<const bfloat16*>(query_of(args, rows[r])), args.q.column_stride, args.head_dim, to + r * stride);
  }
  if (is_distance(args.score) && count > 0)
    with_centre<V>(args, group, [=](int64_t begin, int64_t n, const float* centre) {
      for (int64_t r = 0; r < count; r++)
        for (int64_t i = 0; i < n; i++) to[r * stride + begin + i] -= centre[i];
    });
  if (args.score != Score::dot)
    for (int64_t r = 0; r < count; r++) finish_query<V>(args, rows[r], to + r * stride);
  std::memset(to + count * stride, 0, sizeof(float) * static_cast<size_t>((round_up(count, V::tile_rows) - count) * stride));
}

// ---- keys ----

/** The terms of one vector of keys, `n` steps of it `step` apart: 1/‖k‖. */
template <class V>
inline void inverse_norms(const float* keys, int64_t step, int64_t n, float* terms) {
  V most = V::set(0x1p-126f), sum = V::set(0.0f);
  for (int64_t r = 0; r < n; r++) most = max(most, magnitude(V::load(keys + r * step)));
  const V factor = div(V::set(1.0f), most);
  for (int64_t r = 0; r < n; r++) {
    const V x = mul(V::load(keys + r * step), factor);
    sum = mul_add(x, x, sum);
  }
  sum.store(terms);
  float factors[V::lanes];
  factor.store(factors);
  for (int64_t l = 0; l < V::lanes; l++) terms[l] = factors[l] / __builtin_sqrtf(terms[l]);
}

/** The keys' own terms, from their panels; those of a distance are moved to the centre first. `terms` begins with that of reach.begin. */
template <class V>
FOVEA_APART void key_terms(const AttentionArgs& args, int64_t kv_head, Keys reach, float* panels, float* terms) {
  constexpr int64_t width = V::tile_vectors * V::lanes;
  const int64_t count = reach.end - reach.begin;
  panels += reach.begin * args.head_dim;
  if (args.score == Score::cosine) {
    for (int64_t j = 0; j < count; j += V::lanes)
      inverse_norms<V>(panels + j / width * width * args.head_dim + j % width, width, args.head_dim, terms + j);
    return;
  }
  std::memset(terms, 0, sizeof(float) * static_cast<size_t>(round_up(count, width)));
  if (count == 0) return;
  with_centre<V>(args, Group(args, kv_head), [=](int64_t begin, int64_t n, const float* centre) {
    for (int64_t j = 0; j < count; j += V::lanes) {
      float* keys = panels + j / width * width * args.head_dim + j % width + begin * width;
      V sum = V::load(terms + j);
      for (int64_t r = 0; r < n; r++) {
        const V x = sub(V::load(keys + r * width), V::set(centre[r]));
        x.store(keys + r * width);
        sum = sub(sum, mul(x, x));
      }
      sum.store(terms + j);
    }
  });
}

// ---- scores ----

/** Products of a row with n keys (of distances: what is left is the keys' terms) → its scores; `terms` are the keys'. */
template <class V>
FOVEA_APART void finish_scores(const AttentionArgs& args, float query_term, const float* terms, int64_t n, float* scores) {
  const V own = V::set(query_term), scale = V::set(args.scale), zero = V::set(0.0f);
  if (args.score == Score::cosine) {
    for (int64_t j = 0; j < n; j += V::lanes) mul(V::load(scores + j), min(own, V::load(terms + j))).store(scores + j);
    return;
  }
  const V rate = V::set(args.gamma * kLog2e);
  const bool is_rbf = args.score == Score::rbf;
  for (int64_t j = 0; j < n; j += V::lanes) {
    const V square = min(zero, add(V::load(scores + j), add(own, V::load(terms + j))));  // below 0, and in this order NaN passes
    mul(scale, is_rbf ? exp2(mul(rate, square)) : square).store(scores + j);
  }
}

/** Σ vector[c] · tanh(q[c] + k[c]) of a row with `n` keys of a panel, a lane a key. */
template <class V>
inline void additive_panel(const float* q, const ScoreWeight& vector, int64_t head, const float* keys, int64_t units,
                           V (&sums)[V::tile_vectors]) {
  constexpr int64_t width = V::tile_vectors * V::lanes;
  const float* weight = vector.data + head * vector.head_stride;
  for (int64_t c = 0; c < units; c++, keys += width, weight += vector.column_stride)
#pragma GCC unroll 4
    for (int l = 0; l < V::tile_vectors; l++)
      sums[l] = mul_add(V::set(*weight), tanh(add(V::set(q[c]), V::load(keys + l * V::lanes))), sums[l]);
}

/** The scores of one row with the keys of whole panels. */
template <class V>
FOVEA_APART void additive_row(const AttentionArgs& args, int64_t head, const float* q, const float* panels, int64_t n, float* scores) {
  constexpr int64_t width = V::tile_vectors * V::lanes;
  for (int64_t j = 0; j < n; j += width, panels += width * args.head_dim) {
    V sums[V::tile_vectors];
    for (int l = 0; l < V::tile_vectors; l++) sums[l] = V::set(0.0f);
    additive_panel(q, args.score_vector, head, panels, args.head_dim, sums);
    for (int l = 0; l < V::tile_vectors; l++) mul(V::set(args.scale), sums[l]).store(scores + j + l * V::lanes);
  }
}

}  // namespace
}  // namespace fovea
