// The operations on pairs of bfloat16, where the ISA has them: dot_pairs against two fused multiply-adds, the others by their definition.
#include <algorithm>

#include "check.h"
#include "simd.h"

namespace {

float value_of(uint16_t code) { return std::bit_cast<float>(static_cast<uint32_t>(code) << 16); }

/** Subnormal numbers count as 0. */
float flushed(float x) { return std::abs(x) < 0x1p-126f ? std::copysign(0.0f, x) : x; }

using Words = std::array<uint16_t, 2 * kLanes>;

Vec vec_of(const Words& words) { return Vec::load(reinterpret_cast<const float*>(words.data())); }

Words words_of(Vec vector) {
  Words words;
  vector.store(reinterpret_cast<float*>(words.data()));
  return words;
}

/** Numbers of every kind, each kind often: 0, subnormal, ordinary, the largest, Infinity, NaN. */
uint16_t any_code(std::mt19937& random) {
  const uint16_t sign = static_cast<uint16_t>(random() & 0x8000), fraction = static_cast<uint16_t>(random() & 0x7f);
  switch (random() % 16) {
    case 0:
      return sign;
    case 1:
      return sign | fraction;
    case 2:
      return sign | 0x7f7f;
    case 3:
      return sign | 0x7f80;
    case 4:
      return static_cast<uint16_t>(sign | 0x7f80 | (fraction + 1));
    case 5:
      return static_cast<uint16_t>(random());
    default:
      return static_cast<uint16_t>(sign | (120 + random() % 16) << 7 | fraction);
  }
}

template <class V>
void test_dot() {
  if constexpr (requires(V v) { dot_pairs(v, v, v); }) {
    Test test("dot_pairs: two fused multiply-adds, without subnormal numbers");
    std::mt19937 random(20261124);
    for (int round = 0; round < 200000; ++round) {
      Words a, b;
      Lanes c;
      for (int i = 0; i < 2 * kLanes; ++i) a[i] = any_code(random), b[i] = any_code(random);
      for (int i = 0; i < kLanes; ++i) c[i] = value_of(any_code(random)) * (1 + static_cast<float>(random() % 65536) * 0x1p-23f);
      const V pairs = vec_of(a), others = vec_of(b), sums = vec(c);
      const Lanes got = lanes_of(dot_pairs(pairs, others, sums));
      for (int i = 0; i < kLanes; ++i) {
        const auto x = [&](int half) { return flushed(value_of(a[2 * i + half])); };
        const auto y = [&](int half) { return flushed(value_of(b[2 * i + half])); };
        const float first = flushed(std::fma(x(1), y(1), flushed(c[i])));
        test.same(got[i], flushed(std::fma(x(0), y(0), first)), "dot_pairs");
      }
    }
  }
}

template <class V>
void test_zip() {
  if constexpr (requires(V v) { zip_pairs_lower(v, v); }) {
    Test test("zip_pairs_lower, zip_pairs_upper: pairs of two rows");
    Words a, b;
    for (int i = 0; i < 2 * kLanes; ++i) a[i] = static_cast<uint16_t>(i), b[i] = static_cast<uint16_t>(0x8000 + i);
    const V row = vec_of(a), next = vec_of(b);
    const Words lower = words_of(zip_pairs_lower(row, next)), upper = words_of(zip_pairs_upper(row, next));
    for (int i = 0; i < 2 * kLanes; ++i) {
      const Words& from = i % 2 ? b : a;
      test.check(lower[i] == from[i / 2], "word %d of the lower half is %#x", i, lower[i]);
      test.check(upper[i] == from[kLanes + i / 2], "word %d of the upper half is %#x", i, upper[i]);
    }
  }
}

template <class V>
void test_rounding() {
  if constexpr (requires(V v) { to_pairs(v, v); }) {
    Test test("to_pairs, first_of_pairs, second_of_pairs: to nearest even and back");
    const std::vector<float> values = assorted_values(4000);
    for (size_t begin = 0; begin + 2 * kLanes <= values.size(); begin += 2 * kLanes) {
      Lanes a, b;
      std::copy_n(values.begin() + static_cast<int64_t>(begin), kLanes, a.begin());
      std::copy_n(values.begin() + static_cast<int64_t>(begin) + kLanes, kLanes, b.begin());
      const V first = vec(a), second = vec(b), pairs = to_pairs(first, second);
      const Lanes even = lanes_of(first_of_pairs(pairs)), odd = lanes_of(second_of_pairs(pairs));
      for (int i = 0; i < 2 * kLanes; ++i) {
        const float x = flushed(i < kLanes ? a[i] : b[i - kLanes]);
        const uint32_t bits = std::bit_cast<uint32_t>(x);
        const float expected = x == x ? value_of(static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)) : x;
        test.same(i % 2 ? odd[i / 2] : even[i / 2], expected, "rounded");
      }
    }
  }
}

}  // namespace

void test_pairs() {
  test_dot<Vec>();
  test_zip<Vec>();
  test_rounding<Vec>();
}
