// What an additive score hands on. It is s = scale · Σ vector[c] · tanh(q[c] + k[c]), q and k projected and q with its bias, so that with
// W, the gradient of s times the scale, and t = tanh(…)
//
//   dq[c] = Σ over keys     W · vector[c] · (1 − t²)
//   dk[c] = Σ over queries  the same
//   dv[c] = Σ over both     W · t
//
// No t is kept: each is worked out once more.
#pragma once

#include "attention_score.inl"

namespace fovea {
namespace {

/**
 * What one row adds to the three sums: W and keys by whole vectors from `begin` to `end`, counted from the panel that `keys` and `d_keys`
 * begin with. Where W is 0 the key may be hidden and hold anything.
 */
template <class V>
FOVEA_APART void additive_gradients(const ScoreWeight& vector, int64_t head, int64_t units, int64_t begin, int64_t end, const float* w,
                                    const float* q, const float* keys, float* d_query, float* d_keys, float* d_vector) {
  constexpr int64_t width = V::tile_vectors * V::lanes;
  const V zero = V::set(0.0f), one = V::set(1.0f);
  const float* factor = vector.data + head * vector.head_stride;
  for (int64_t c = 0; c < units; c++, factor += vector.column_stride) {
    const V own = V::set(q[c]), weight = V::set(*factor);
    V of_query = zero, of_vector = zero;
    for (int64_t j = begin; j < end; j += V::lanes) {
      const int64_t place = panel_of<V>(j) * units + c * width + j % width;
      const V gradient = V::load(w + j), t = tanh(add(own, V::load(keys + place)));
      const auto nothing = less(magnitude(gradient), V::set(0x1p-149f));
      const V part = zero_where(nothing, mul(mul(gradient, weight), sub(one, mul(t, t))));
      of_query = add(of_query, part);
      of_vector = add(of_vector, zero_where(nothing, mul(gradient, t)));
      add(V::load(d_keys + place), part).store(d_keys + place);
    }
    d_query[c] += reduce_add(of_query);
    d_vector[c] += reduce_add(of_vector);
  }
}

/** One key of panels, as a row. */
template <class V>
inline void row_of_panels(const float* panels, int64_t key, int64_t units, float* row) {
  constexpr int64_t width = V::tile_vectors * V::lanes;
  const float* from = panels + panel_of<V>(key) * units + key % width;
  for (int64_t c = 0; c < units; c++) row[c] = from[c * width];
}

}  // namespace
}  // namespace fovea
