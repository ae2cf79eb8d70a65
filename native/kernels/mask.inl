// Boolean masks over rows of scores: what is masked becomes −∞, whatever it was, before any maximum is taken.
#pragma once

#include "convert.inl"
#include "math.inl"

namespace fovea {
namespace {

inline void fill_masked(float* scores, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; i++) scores[i] = -kInfinity;
}

/** scores[i] = −∞ where mask[i · stride] is zero. */
template <class V>
inline void mask_row(const uint8_t* mask, int64_t stride, int64_t n, float* scores) {
  if (stride == 0) return mask[0] ? void() : fill_masked(scores, 0, n);
  for (int64_t i = 0; i < n; i += V::lanes) {
    const int64_t count = smaller(V::lanes, n - i);
    uint8_t part[V::lanes] = {};
    const uint8_t* bytes = mask + i;
    if (stride != 1 || count < V::lanes) {
      for (int64_t j = 0; j < count; j++) part[j] = mask[(i + j) * stride];
      bytes = part;
    }
    const V seen = select(V::load_mask(bytes), load_part<V>(scores + i, count), V::set(-kInfinity));
    store_part(seen, scores + i, count);
  }
}

/** Whether a stretch of a mask lets anything, or everything, through. */
struct Visibility {
  bool any = false, all = true;

  void look(const uint8_t* mask, int64_t stride, int64_t n) {
    uint8_t some = 0, none = 0;
    if (stride == 1) {
      for (int64_t i = 0; i < n; i++) some |= mask[i], none |= mask[i] == 0;
    } else {
      for (int64_t i = 0; i < (stride == 0 ? 1 : n); i++) some |= mask[i * stride], none |= mask[i * stride] == 0;
    }
    any |= some != 0;
    all &= none == 0;
  }
};

}  // namespace
}  // namespace fovea
