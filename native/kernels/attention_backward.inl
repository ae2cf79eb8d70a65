// Attention backward: the gradients of q, k and v from that of the output (Dao et al. 2022, algorithm 4; Dao 2023, §3.1.2), without the
// matrix of weights: they are computed again from logSumExp, L.
//
//   pack k (as panels of kᵀ), v (as panels of vᵀ) and k (as rows), once a key/value head; dK = dV = 0
//   for each query_tile rows of the heads that share it                       D = Σ dO·O, dQ = 0
//     for each key_tile keys that some row may see
//       P = e^(S − L) ; dP = dO·Vᵀ ; dS = P·(dP − D)                           S as in attention.inl, rules and all
//       W = dS through softcap and the score's own formula
//       dQ += W·K ; dV += Pᵀ·dO ; dK += Wᵀ·Q
//     write dQ
//   write dK, dV
//
// An additive score has its own sums in the place of W·K and Wᵀ·Q (attention_backward_additive.inl). A general one, and what an additive
// one projects, come here as the q and k that the weights made of them; the way back through those is project_backward.inl.
//
// A row that is not finite (its query, its dO, its D or L) makes NaN of all that it meets: of the keys it sees, and of no others.
#pragma once

#include "attention.inl"
#include "attention_backward_additive.inl"

namespace fovea {
namespace {

/** Scratch of one key/value head; sizes in floats. */
template <class V>
struct BackwardScratch {
  static constexpr int64_t kWidth = V::tile_vectors * V::lanes;
  static constexpr int64_t kHeight = V::query_tile;

  AttentionArgs of_keys, of_values;  // what attention_pack makes of them: no values, and v in the place of k
  int64_t key_width, value_width, query_stride, out_stride;
  float *keys, *values, *key_rows;  // panels of kᵀ with their terms, of vᵀ, of k
  float *d_key, *d_value, *column_sums;
  float *queries, *d_out, *d_query;
  float *weights, *gradients, *products;  // P, dS and then W: query_tile × key_tile; dP: tile_rows × key_tile
  float *log_sum_exp, *delta, *row_sums;  // L, D, sums of W
  Row* rows;
  int64_t floats = 0;

  BackwardScratch(const AttentionArgs& args, float* memory) : of_keys(args), of_values(args) {
    of_keys.value_dim = 0;
    of_values.value_dim = 0;
    of_values.head_dim = args.value_dim;
    of_values.kv_heads = args.kv_heads / args.value_share;
    of_values.value_share = 1;
    of_values.k = args.v;
    of_values.score = Score::dot;
    key_width = round_up(args.head_dim, kWidth);
    value_width = round_up(args.value_dim, kWidth);
    query_stride = key_width + 16;  // a cache line more, as in attention
    out_stride = value_width + 16;
    const int64_t length = round_up(args.key_length, kWidth);
    const auto take = [&](int64_t count) {
      float* block = memory ? memory + floats : nullptr;
      floats += round_up(count, 16);
      return block;
    };
    keys = take(PackedHead<V>::floats(of_keys));
    values = take(PackedHead<V>::floats(of_values));
    key_rows = take(args.key_length * key_width);
    d_key = take(length * key_width);
    d_value = take(length * value_width);
    column_sums = take(length);
    queries = take(kHeight * query_stride);
    d_out = take(kHeight * out_stride);
    d_query = take(kHeight * key_width);
    weights = take(kHeight * V::key_tile);
    gradients = take(kHeight * V::key_tile);
    products = take(V::tile_rows * V::key_tile);
    log_sum_exp = take(kHeight);
    delta = take(kHeight);
    row_sums = take(kHeight);
    rows = reinterpret_cast<Row*>(take(kHeight * static_cast<int64_t>(sizeof(Row) / sizeof(float))));
  }
};

/** x, or 0 where it is not finite. */
template <class V>
inline V finite_or_zero(V x) {
  return select(less(magnitude(x), V::set(kInfinity)), x, V::set(0.0f));
}

/** k as rows for W·K: 0 where it is not finite (what sees that is NaN already), and moved to the centre where distances are. */
template <class V>
FOVEA_APART void pack_key_rows(const AttentionArgs& args, int64_t kv_head, float* rows) {
  constexpr int64_t width = V::tile_vectors * V::lanes;
  const int64_t panel = args.key_length * width;
  pack_panels<V>(head_of(args.k, args, kv_head), args.key_length, args.head_dim, width, rows);
  if (may_mask(args)) change<V>(rows, round_up(args.head_dim, width) / width * panel, [](V x) { return finite_or_zero(x); });
  const Group group(args, kv_head);
  if (!is_distance(args.score) || group.live_rows() == 0) return;
  with_centre<V>(args, group, [=](int64_t begin, int64_t n, const float* centre) {
    for (int64_t c = 0; c < n; c += V::lanes) {
      float* column = rows + (begin + c) / width * panel + (begin + c) % width;
      for (int64_t j = 0; j < args.key_length; j++, column += width) sub(V::load(column), V::load(centre + c)).store(column);
    }
  });
}

/** sums[RM × width] += A · B over `depth` steps; B's columns lie in panels. */
template <class V, int RM>
inline void add_product(TileRows a, const float* b, int64_t b_step, int64_t b_panel, int64_t depth, int64_t width, float* sums) {
  constexpr int64_t columns = V::tile_vectors * V::lanes;
  for (int64_t c = 0; c < width; c += columns, b += b_panel) {
    Tile<V, RM, V::tile_vectors> tile;
    tile.load(sums + c, width);
    tile.template accumulate<Single, V::fetch_ahead>(a, {b, b_step}, depth);
    tile.store(sums + c, width);
  }
}

/** Σ dO·O of one row, and NaN where a number of dO is not finite. */
template <class V>
FOVEA_APART float load_d_out(const BackwardArgs& all, const Row& row, float* d_out) {
  constexpr int64_t piece = 64;
  const AttentionArgs& args = all.forward;
  V sum = V::set(0.0f);
  for (int64_t begin = 0; begin < args.value_dim; begin += piece) {
    float out[piece] = {};
    const int64_t n = smaller(piece, args.value_dim - begin);
    const auto load = [&](const View4& view, float* to) {
      const int64_t offset =
          row.batch * view.batch_stride + row.head * view.head_stride + row.query * view.row_stride + begin * view.column_stride;
      widen<V>(element(static_cast<const void*>(view.data), view.dtype, offset), view.dtype, view.column_stride, n, to);
    };
    load(all.d_out, d_out + begin);
    load(args.out, out);
    for (int64_t c = 0; c < n; c += V::lanes) {
      const V part = load_first<V>(d_out + begin + c, n - c);
      sum = add(mul_add(part, V::load(out + c), sum), residue_of<V, Single>(part));
    }
  }
  return reduce_add(sum);
}

/** 0, or NaN where a number of the row is not finite. */
template <class V>
FOVEA_APART float residue_of_row(const float* x, int64_t n) {
  V residue = V::set(0.0f);
  for (int64_t c = 0; c < n; c += V::lanes) residue = add(residue, residue_of<V, Single>(load_first<V>(x + c, n - c)));
  return reduce_add(residue);
}

/** The query rows of a tile: Q as its products want it, dO, D, L; of one that is not finite NaN in the last two, and zeros in the others.
 */
template <class V>
inline void load_rows(const BackwardArgs& all, const Group& group, int64_t count, const BackwardScratch<V>& at) {
  const AttentionArgs& args = all.forward;
  load_queries<V, Single>(args, group, at.rows, count, at.query_stride, at.queries);
  std::memset(at.d_out, 0, sizeof(float) * static_cast<size_t>(round_up(count, V::tile_rows) * at.out_stride));
  for (int64_t r = 0; r < count; r++) {
    float *const q = at.queries + r * at.query_stride, *const d_out = at.d_out + r * at.out_stride;
    const float log_sum_exp = args.log_sum_exp[at.rows[r].index], delta = load_d_out<V>(all, at.rows[r], d_out);
    at.log_sum_exp[r] = log_sum_exp;
    at.delta[r] = delta;
    at.row_sums[r] = 0.0f;
    if (all.d_sinks) {  // of a row that sees nothing else 0, whatever the query
      const Row& row = at.rows[r];
      const float sink = args.sinks[row.head];
      if (sink > -kInfinity) all.d_sinks[row.batch * args.query_heads + row.head] -= exp_of_difference<V>(sink - log_sum_exp) * delta;
    }
    if (log_sum_exp == -kInfinity) {  // it sees nothing
      at.delta[r] = 0.0f;
    } else {
      const float residue = residue_of_row<V>(q, args.head_dim) + (delta - delta) + (log_sum_exp - log_sum_exp);
      if (residue == 0.0f) continue;
      at.log_sum_exp[r] = at.delta[r] = residue;
    }
    std::memset(q, 0, sizeof(float) * static_cast<size_t>(at.query_stride));
    std::memset(d_out, 0, sizeof(float) * static_cast<size_t>(at.out_stride));
  }
}

/** What a row adds to the gradient of its bias. */
template <class V>
FOVEA_APART void add_to_bias(const View4& d_bias, const Row& row, Keys keys, const float* gradients) {
  float* to = static_cast<float*>(d_bias.data) + row.batch * d_bias.batch_stride + row.head * d_bias.head_stride +
              row.query * d_bias.row_stride + keys.begin * d_bias.column_stride;
  const int64_t n = keys.end - keys.begin;
  if (d_bias.column_stride == 1) {
    for (int64_t j = 0; j < n; j += V::lanes) {
      const int64_t part = smaller(V::lanes, n - j);
      store_part(add(load_part<V>(to + j, part), V::load(gradients + j)), to + j, part);
    }
    return;
  }
  for (int64_t j = 0; j < n; j++) to[j * d_bias.column_stride] += gradients[j];
}

/** One row of a tile: final scores → P, in place; dP → dS, in place. What is hidden is 0 in both. */
template <class V>
FOVEA_APART void weights_of_row(float log_sum_exp, float delta, int64_t padded, float* weights, float* products) {
  for (int64_t j = 0; j < padded; j += V::lanes) {
    const V score = V::load(weights + j);
    const auto hidden = is_masked(score);
    const V weight = zero_where(hidden, exp_of_difference(sub(score, V::set(log_sum_exp))));
    weight.store(weights + j);
    zero_where(hidden, mul(weight, sub(V::load(products + j), V::set(delta)))).store(products + j);
  }
}

/**
 * W of one row, in the place of the scores before the rules, S: dS through softcap, times what the score's own formula asks for. Beside
 * W·K and Wᵀ·Q a score may need sums, one for each query and each key:
 *
 *   dot        W = dS
 *   cosine     W = dS · min(1/‖k‖, 10¹²·‖q‖)        of dS · S, where ‖q‖‖k‖ is what S is divided by
 *   euclidean  W = scale · dS                       of W
 *   rbf        W = γ · S · dS                       of W
 *   additive   W = scale · dS
 */
template <class V>
FOVEA_APART void gradients_of_row(const AttentionArgs& args, float query_term, const float* key_terms, int64_t padded,
                                  const float* products, float* gradients, float* row_sum, float* column_sums) {
  const V zero = V::set(0.0f), one = V::set(1.0f), cap = V::set(args.softcap), own = V::set(query_term);
  V total = zero;
  for (int64_t j = 0; j < padded; j += V::lanes) {
    V gradient = V::load(products + j);
    const auto nothing = less(magnitude(gradient), V::set(0x1p-149f));  // there S may be NaN, and is not to be seen
    const V score = V::load(gradients + j);
    if (args.softcap > 0) {
      const V slope = tanh(div(score, cap));
      gradient = mul(gradient, sub(one, mul(slope, slope)));
    }
    V part = zero;
    if (args.score == Score::cosine) {
      const V term = V::load(key_terms + j);
      part = select(less(term, own), mul(gradient, score), zero);
      gradient = mul(gradient, min(own, term));
    } else if (args.score == Score::euclidean || args.score == Score::additive) {
      part = gradient = mul(gradient, V::set(args.scale));
    } else if (args.score == Score::rbf) {
      part = gradient = mul(gradient, mul(score, V::set(args.gamma)));
    }
    zero_where(nothing, gradient).store(gradients + j);
    if (!has_terms(args.score)) continue;
    part = zero_where(nothing, part);
    total = add(total, part);
    add(V::load(column_sums + j), part).store(column_sums + j);
  }
  *row_sum += reduce_add(total);
}

/** A row of sums as the gradient of one row of q, k or v. */
template <class V>
inline void write_gradient(const View4& to, int64_t batch, int64_t head, int64_t place, const float* sums, int64_t n) {
  const int64_t offset = batch * to.batch_stride + head * to.head_stride + place * to.row_stride;
  narrow<V>(sums, n, element(to.data, to.dtype, offset), to.dtype, to.column_stride);
}

/** dQ of one row: of distances 2·(Σ W·k − Σ W·q), of a cosine without what lies along q itself; 0 at a zero vector. */
template <class V>
FOVEA_APART void finish_d_query(const BackwardArgs& all, const Row& row, const float* q, float row_sum, float* sums) {
  const AttentionArgs& args = all.forward;
  const int64_t n = args.head_dim;
  float of_sums = args.scale, of_query = 0.0f;  // dQ = of_sums · sums + of_query · q, q as its products have it
  if (is_distance(args.score)) {
    of_sums = 2.0f;
    of_query = -row_sum;
  } else if (args.score == Score::cosine) {
    const float inverse = 1.0f / (row.term * kLeastProduct);
    const bool is_zero = sum_of_squares<V>(q, n, 1.0f) == 0.0f;
    of_sums = is_zero ? 0.0f : args.scale * inverse;
    of_query = is_zero ? 0.0f : -row_sum * inverse / args.scale;
  } else if (args.score == Score::additive) {
    of_sums = 1.0f;
  }
  for (int64_t c = 0; c < n; c += V::lanes) {
    const V along = mul(V::set(of_query), V::load(q + c));
    mul_add(V::set(of_sums), V::load(sums + c), along).store(sums + c);
  }
  write_gradient<V>(all.d_query, row.batch, row.head, row.query, sums, n);
}

/** dK of every key of a head. */
template <class V>
FOVEA_APART void finish_keys(const BackwardArgs& all, int64_t kv_head, const float* key_terms, const BackwardScratch<V>& at) {
  const AttentionArgs& args = all.forward;
  constexpr int64_t width = V::tile_vectors * V::lanes;
  const int64_t batch = kv_head / args.kv_heads, head = kv_head % args.kv_heads, panel = args.key_length * width;
  for (int64_t j = 0; j < args.key_length; j++) {
    float* sums = at.d_key + j * at.key_width;
    if (args.score == Score::additive) {
      sums = at.d_query;
      row_of_panels<V>(at.d_key, j, args.head_dim, sums);
    } else if (has_terms(args.score)) {
      const float* const k = at.key_rows + j * width;
      float of_sums = 1.0f, of_key = -2.0f * at.column_sums[j];
      if (args.score == Score::cosine) {
        const bool is_zero = !(key_terms[j] <= kLargest) && key_terms[j] == key_terms[j];
        of_sums = is_zero ? 0.0f : 1.0f;
        of_key = is_zero || at.column_sums[j] == 0.0f ? 0.0f : -at.column_sums[j] * key_terms[j] * key_terms[j];  // hidden, it may be NaN
      }
      for (int64_t c = 0; c < args.head_dim; c += V::lanes) {
        const V key = V::load(k + c / width * panel + c % width);
        mul_add(V::set(of_key), key, mul(V::set(of_sums), V::load(sums + c))).store(sums + c);
      }
    }
    write_gradient<V>(all.d_key, batch, head, j, sums, args.head_dim);
  }
}

/** P and W of one tile of rows against one tile of keys; false when no row sees any of them. */
template <class V>
inline bool backward_tile(const BackwardArgs& all, const BackwardScratch<V>& at, const PackedHead<V>& head, int64_t row, int64_t count,
                          Keys keys) {
  const AttentionArgs& args = all.forward;
  const Row* const rows = at.rows + row;
  float *const weights = at.weights + row * V::key_tile, *const gradients = at.gradients + row * V::key_tile;
  const int64_t n = keys.end - keys.begin, padded = round_up(n, V::lanes);
  const RuleClass kind = classify(args, rows, count, keys);
  if (kind == RuleClass::empty) {
    for (int64_t i = 0; i < count; i++) {
      std::memset(weights + i * V::key_tile, 0, sizeof(float) * static_cast<size_t>(padded));
      std::memset(gradients + i * V::key_tile, 0, sizeof(float) * static_cast<size_t>(padded));
    }
    return false;
  }
  raw_scores<V, Single>(args, head, at.queries + row * at.query_stride, at.query_stride, rows, count, keys, gradients);
  with_height<V>(count, [&](auto height) {
    score_tile<V, Single, decltype(height)::rows>(at.d_out + row * at.out_stride, at.out_stride, at.values, args.value_dim, keys, 1.0f,
                                                  at.products);
  });
  for (int64_t i = 0; i < count; i++) {
    float *const weight = weights + i * V::key_tile, *const gradient = gradients + i * V::key_tile,
                 *const product = at.products + i * V::key_tile;
    std::memcpy(weight, gradient, sizeof(float) * static_cast<size_t>(padded));
    apply_rules<V>(args, rows[i], keys, kind, weight);
    weights_of_row<V>(at.log_sum_exp[row + i], at.delta[row + i], padded, weight, product);
    if (all.d_bias.data) add_to_bias<V>(all.d_bias, rows[i], keys, product);
    gradients_of_row<V>(args, rows[i].term, head.terms + keys.begin, padded, product, gradient, at.row_sums + row + i,
                        at.column_sums + keys.begin);
  }
  return true;
}

/** What one row of an additive score adds to dQ, dK and the gradient of its vector, from the keys of the tile that it sees. */
template <class V>
inline void additive_products(const BackwardArgs& all, const BackwardScratch<V>& at, const PackedHead<V>& head, int64_t i, Keys keys) {
  const AttentionArgs& args = all.forward;
  const Row& row = at.rows[i];
  const int64_t begin = larger(row.keys.begin - keys.begin, 0) / V::lanes * V::lanes, end = smaller(row.keys.end, keys.end) - keys.begin;
  additive_gradients<V>(args.score_vector, row.head, args.head_dim, begin, end, at.gradients + i * V::key_tile,
                        at.queries + i * at.query_stride, head.keys_at(keys.begin, args.head_dim).data, at.d_query + i * at.key_width,
                        at.d_key + keys.begin * args.head_dim, all.d_vector + (row.batch * args.query_heads + row.head) * args.units);
}

/** All products of one query tile with one tile of keys; of an additive score what stands for two of them. */
template <class V>
inline void backward_products(const BackwardArgs& all, const BackwardScratch<V>& at, const PackedHead<V>& head, int64_t count, Keys keys) {
  const AttentionArgs& args = all.forward;
  constexpr int64_t width = V::tile_vectors * V::lanes;
  const bool is_additive = args.score == Score::additive;
  const int64_t n = keys.end - keys.begin;
  for (int64_t i = 0; is_additive && i < count; i++) additive_products<V>(all, at, head, i, keys);
  for (int64_t row = 0; !is_additive && row < count; row += V::tile_rows)
    with_height<V>(smaller(V::tile_rows, count - row), [&](auto height) {
      add_product<V, decltype(height)::rows>({at.gradients + row * V::key_tile, V::key_tile, 1}, at.key_rows + keys.begin * width, width,
                                             args.key_length * width, n, at.key_width, at.d_query + row * at.key_width);
    });
  for (int64_t j = 0; j < n; j += V::tile_rows)
    with_height<V>(smaller(V::tile_rows, n - j), [&](auto height) {
      constexpr int rows = decltype(height)::rows;
      add_product<V, rows>({at.weights + j, 1, V::key_tile}, at.d_out, at.out_stride, width, count, at.value_width,
                           at.d_value + (keys.begin + j) * at.value_width);
      if (is_additive) return;
      add_product<V, rows>({at.gradients + j, 1, V::key_tile}, at.queries, at.query_stride, width, count, at.key_width,
                           at.d_key + (keys.begin + j) * at.key_width);
    });
}

/** The tile of queries that begins with row `begin` of the group. */
template <class V>
inline void backward_queries(const BackwardArgs& all, const Group& group, const BackwardScratch<V>& at, const PackedHead<V>& head,
                             int64_t begin) {
  const AttentionArgs& args = all.forward;
  const int64_t count = smaller(begin + V::query_tile, group.live_rows()) - begin;
  Place place = group.place(begin);
  for (int64_t i = 0; i < count; i++, place = group.next(place)) at.rows[i] = group.row(args, place);
  load_rows<V>(all, group, count, at);
  std::memset(at.d_query, 0, sizeof(float) * static_cast<size_t>(round_up(count, V::tile_rows) * at.key_width));
  const Keys seen = union_of_keys(at.rows, count);
  for (int64_t step = 0; step < key_steps<V>(seen); step++) {
    const int64_t first = panel_of<V>(seen.begin) + step * V::key_tile;
    const Keys keys = {first, smaller(first + V::key_tile, seen.end)};
    bool any = false;
    for (int64_t row = 0; row < count; row += V::tile_rows)
      any |= backward_tile<V>(all, at, head, row, smaller(V::tile_rows, count - row), keys);
    if (any) backward_products<V>(all, at, head, count, keys);
  }
  for (int64_t i = 0; i < count; i++)
    finish_d_query<V>(all, at.rows[i], at.queries + i * at.query_stride, at.row_sums[i], at.d_query + i * at.key_width);
}

/** All of one head of k: dK, and what its queries add to dV. */
template <class V>
inline void backward_head(const BackwardArgs& all, int64_t kv_head, const BackwardScratch<V>& at) {
  const AttentionArgs& args = all.forward;
  const Group group(args, kv_head);
  for (int64_t stretch = 0; stretch * kPackedKeyTiles * V::key_tile < args.key_length; stretch++)
    attention_pack<V, Single>(at.of_keys, kv_head, stretch, at.keys);
  if (args.score != Score::additive) pack_key_rows<V>(args, kv_head, at.key_rows);
  const int64_t padded = round_up(args.key_length, V::tile_vectors * V::lanes);
  std::memset(at.d_key, 0, sizeof(float) * static_cast<size_t>(padded * at.key_width));
  std::memset(at.column_sums, 0, sizeof(float) * static_cast<size_t>(padded));
  const PackedHead<V> head(at.of_keys, kv_head, at.keys);
  for (int64_t h = group.first_head; h < group.first_head + group.heads; h++) {
    const int64_t index = group.batch * args.query_heads + h;
    if (all.d_sinks) all.d_sinks[index] = 0.0f;
    if (all.d_vector) std::memset(all.d_vector + index * args.units, 0, sizeof(float) * static_cast<size_t>(args.units));
  }
  for (int64_t row = 0; row < group.live_rows(); row += V::query_tile) backward_queries<V>(all, group, at, head, row);
  std::memset(at.queries, 0, sizeof(float) * static_cast<size_t>(at.query_stride));
  for (int64_t r = group.live_rows(); r < group.rows(); r++) {
    const Row row = group.row(args, group.place(r));
    write_gradient<V>(all.d_query, row.batch, row.head, row.query, at.queries, args.head_dim);
  }
  finish_keys<V>(all, kv_head, head.terms, at);
}

/** One head of v, and the heads of k that go with it: one, unless keys are projected for each query head. */
template <class V>
void backward(const BackwardArgs& all, int64_t value_head, float* memory) {
  const AttentionArgs& args = all.forward;
  const BackwardScratch<V> at(args, memory);
  for (int64_t stretch = 0; stretch * kPackedKeyTiles * V::key_tile < args.key_length; stretch++)
    attention_pack<V, Single>(at.of_values, value_head, stretch, at.values);
  const int64_t padded = round_up(args.key_length, V::tile_vectors * V::lanes);
  std::memset(at.d_value, 0, sizeof(float) * static_cast<size_t>(padded * at.value_width));
  for (int64_t kv_head = value_head * args.value_share; kv_head < (value_head + 1) * args.value_share; kv_head++)
    backward_head<V>(all, kv_head, at);
  const int64_t batch = value_head / at.of_values.kv_heads, head = value_head % at.of_values.kv_heads;
  for (int64_t j = 0; j < args.key_length; j++)
    write_gradient<V>(all.d_value, batch, head, j, at.d_value + j * at.value_width, args.value_dim);
}

template <class V>
int64_t backward_scratch(const BackwardArgs& args) {
  return BackwardScratch<V>(args.forward, nullptr).floats;
}

}  // namespace
}  // namespace fovea
