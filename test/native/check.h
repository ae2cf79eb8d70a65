// What the native tests share: a test is a name and any number of checks; it passes when all of them hold. Single-threaded.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

inline int tests_passed = 0, tests_failed = 0;

/** Opened by a test, counted when it goes out of scope; prints the first failures with the values that show them. */
class Test {
 public:
  explicit Test(std::string name) : name_(std::move(name)) {}
  Test(const Test&) = delete;
  Test& operator=(const Test&) = delete;
  ~Test() {
    if (checks_ == 0) std::printf("FAILED %s: nothing was checked\n", name_.c_str());
    if (failures_ > 0) std::printf("FAILED %s: %ld of %ld checks\n", name_.c_str(), failures_, checks_);
    (checks_ > 0 && failures_ == 0 ? tests_passed : tests_failed)++;
  }

  template <class... Values>
  void check(bool holds, const char* format, Values... values) {
    ++checks_;
    if (holds || ++failures_ > 5) return;
    std::printf("  %s: ", name_.c_str());
    std::printf(format, values...);
    std::printf("\n");
  }

  /** Bit for bit the same, but that any NaN equals any other. */
  void same(float got, float expected, const char* what) {
    const bool both_nan = got != got && expected != expected;
    check(both_nan || std::bit_cast<uint32_t>(got) == std::bit_cast<uint32_t>(expected), "%s: got %a, expected %a", what,
          static_cast<double>(got), static_cast<double>(expected));
  }

 private:
  const std::string name_;
  long checks_ = 0, failures_ = 0;
};

/** Prints the totals in the form that run.mjs reads; for main to return. */
inline int finish() {
  std::printf("%d passed, %d failed\n", tests_passed, tests_failed);
  return tests_failed == 0 && tests_passed > 0 ? 0 : 1;
}

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/** What goes wrong first: zeros, subnormals, ties, the largest, infinities, NaN. */
inline const std::vector<float>& special_values() {
  static const std::vector<float> values = {
      0.0f,       -0.0f,     1.0f,  -1.0f,       0.5f,       -0.5f,       1.5f,       2.5f,    -2.5f,           0x1p-149f,
      -0x1p-149f, 0x1p-126f, 1e-3f, 0x1.8p-14f,  8388607.5f, -8388607.5f, 8388609.0f, 0x1p31f, 0x1.fffffep127f, -0x1.fffffep127f,
      kInf,       -kInf,     kNaN,  3.14159274f,
  };
  return values;
}

/** The special values, then bit patterns from everywhere in float32; always the same ones. */
inline std::vector<float> assorted_values(int random_count) {
  std::vector<float> values = special_values();
  std::mt19937 random(20240607);
  for (int i = 0; i < random_count; ++i) {
    const auto bits = static_cast<uint32_t>(random());
    values.push_back(i % 2 == 0 ? std::bit_cast<float>(bits) : std::ldexp(static_cast<float>(static_cast<int32_t>(bits)), -31 + i % 7));
  }
  return values;
}
