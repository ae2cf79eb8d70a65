// What turns raw scores into final ones, in the order of docs/design.md: softcap, ALiBi, bias, then every boolean rule.
// Whole tiles are classified first: one that no row sees is never computed, one that every row sees whole needs no rule.
#pragma once

#include "attention_rows.inl"
#include "mask.inl"

namespace fovea {
namespace {

enum class RuleClass {
  empty,    // no row sees any key
  full,     // every row sees every key, and nothing changes a score
  shifted,  // every row sees every key; softcap or ALiBi change the scores
  partial,  // some row does not see some key, or there is a bias: it may hold −∞
};

inline const float* bias_of(const AttentionArgs& args, const Row& row) {
  if (!args.bias.data) return nullptr;
  const View4& bias = args.bias;
  return static_cast<const float*>(bias.data) + row.batch * bias.batch_stride + row.head * bias.head_stride + row.query * bias.row_stride;
}

inline const uint8_t* mask_of(const AttentionArgs& args, const Row& row) {
  if (!args.mask.data) return nullptr;
  const View4& mask = args.mask;
  return static_cast<const uint8_t*>(mask.data) + row.batch * mask.batch_stride + row.head * mask.head_stride + row.query * mask.row_stride;
}

/** Whether a row sees a key, by all rules: the slow answer, for the rare tile that needs it key by key. */
inline bool sees(const AttentionArgs& args, const Row& row, int64_t key) {
  if (key < row.keys.begin || key >= row.keys.end) return false;
  const uint8_t* mask = mask_of(args, row);
  if (mask && !mask[key * args.mask.column_stride]) return false;
  const float* bias = bias_of(args, row);
  return !(bias && bias[key * args.bias.column_stride] == -kInfinity);
}

/** By intervals and by one look over the mask; a bias may hold −∞ anywhere, so it makes a tile partial. */
inline RuleClass classify(const AttentionArgs& args, const Row* rows, int64_t count, Keys keys) {
  if (keys.begin >= keys.end) return RuleClass::empty;
  bool whole = true;
  for (int64_t i = 0; i < count; i++) whole &= rows[i].keys.begin <= keys.begin && rows[i].keys.end >= keys.end;
  if (args.mask.data) {
    Visibility seen;
    const uint8_t* looked_at = nullptr;
    for (int64_t i = 0; i < count; i++) {
      const uint8_t* mask = mask_of(args, rows[i]);
      if (mask == looked_at) continue;  // a mask that broadcasts along the queries
      looked_at = mask;
      seen.look(mask + keys.begin * args.mask.column_stride, args.mask.column_stride, keys.end - keys.begin);
    }
    if (!seen.any) return RuleClass::empty;
    whole &= seen.all;
  }
  if (!whole || args.bias.data) return RuleClass::partial;
  return args.softcap > 0 || args.alibi ? RuleClass::shifted : RuleClass::full;
}

/** scores[i] += bias; −∞ where the bias is, even if the score is NaN. */
template <class V>
inline void add_bias(const float* bias, int64_t stride, int64_t n, float* scores) {
  for (int64_t i = 0; i < n; i += V::lanes) {
    const int64_t count = smaller(V::lanes, n - i);
    V x;
    if (stride == 1) {
      x = load_part<V>(bias + i, count);
    } else {
      float part[V::lanes] = {};
      for (int64_t j = 0; j < count; j++) part[j] = bias[(i + j) * stride];
      x = V::load(part);
    }
    const V score = add(load_part<V>(scores + i, count), x);
    store_part(select(is_masked(x), V::set(-kInfinity), score), scores + i, count);
  }
}

/**
 * scores[i] = −∞ for begin ≤ i < end, by whole vectors: what was just stored whole is also read whole, and need not wait for
 * the store. The rows of a tile of scores are whole vectors.
 */
template <class V>
inline void hide(float* scores, int64_t begin, int64_t end) {
  const V masked = V::set(-kInfinity), first = V::set(static_cast<float>(begin)), last = V::set(static_cast<float>(end));
  for (int64_t i = begin / V::lanes * V::lanes; i < end; i += V::lanes) {
    const V place = add(V::set(static_cast<float>(i)), V::iota()), score = V::load(scores + i);
    select(less(place, first), score, select(less(place, last), masked, score)).store(scores + i);
  }
}

/** One row's final scores over the keys that start at keys.begin. */
template <class V>
inline void apply_rules(const AttentionArgs& args, const Row& row, Keys keys, RuleClass kind, float* scores) {
  if (kind == RuleClass::full) return;
  const int64_t n = keys.end - keys.begin, padded = round_up(n, V::lanes);
  if (args.softcap > 0) {
    const V cap = V::set(args.softcap);
    for (int64_t i = 0; i < padded; i += V::lanes) mul(tanh(div(V::load(scores + i), cap)), cap).store(scores + i);
  }
  if (args.alibi) {
    const V slope = V::set(-args.alibi[row.head]);
    for (int64_t i = 0; i < padded; i += V::lanes) {
      const V distance = add(V::set(static_cast<float>(keys.begin + i - row.position)), V::iota());
      mul_add(slope, magnitude(distance), V::load(scores + i)).store(scores + i);
    }
  }
  if (const float* bias = bias_of(args, row)) add_bias<V>(bias + keys.begin * args.bias.column_stride, args.bias.column_stride, n, scores);
  hide<V>(scores, 0, smaller(row.keys.begin - keys.begin, n));
  hide<V>(scores, smaller(larger(row.keys.end - keys.begin, 0), n), padded);
  if (kind == RuleClass::shifted) return;
  if (const uint8_t* mask = mask_of(args, row))
    mask_row<V>(mask + keys.begin * args.mask.column_stride, args.mask.column_stride, n, scores);
}

}  // namespace
}  // namespace fovea
