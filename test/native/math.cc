// The functions of native/kernels/math.inl, activation.inl and convert.inl on this ISA's vectors. Errors are counted in units of the last
// place of float32, against double.
#include "../../native/kernels/activation.inl"

#include "../../native/kernels/convert.inl"
#include "check.h"
#include "guarded.h"
#include "simd.h"

namespace {

/** |got − expected| in units of the last place that float32 has at expected. */
double ulps(float got, double expected) {
  const double magnitude = std::fabs(expected);
  const double unit = magnitude < 0x1p-126 ? 0x1p-149 : std::ldexp(1.0, std::ilogb(magnitude) - 23);
  return std::fabs(got - expected) / unit;
}

/** Largest error over every `stride`-th float32 from `from` to `to` (both of one sign), in vectors. */
template <class Function, class Reference>
void test_error(const char* name, double bound, float from, float to, Function function, Reference reference) {
  Test test(name);
  constexpr uint32_t kStride = 1009;
  const auto first = std::bit_cast<uint32_t>(from), last = std::bit_cast<uint32_t>(to);
  for (uint64_t bits = first; bits <= last; bits += uint64_t{kStride} * kLanes) {
    Lanes x;
    for (int lane = 0; lane < kLanes; ++lane) {
      const uint64_t mine = bits + uint64_t{kStride} * lane;
      x[lane] = std::bit_cast<float>(static_cast<uint32_t>(mine < last ? mine : last));
    }
    const Lanes got = lanes_of(function(vec(x)));
    for (int lane = 0; lane < kLanes; ++lane) {
      const double error = ulps(got[lane], reference(x[lane]));
      test.check(error <= bound, "at %a: %a, off by %.2f ulp", x[lane], got[lane], error);
    }
  }
}

void test_exp2() {
  const auto function = [](Vec x) { return fovea::exp2(x); };
  const auto reference = [](float x) { return std::exp2(static_cast<double>(x)); };
  const double bound = mul_add_fuses() ? 2 : 2.1;
  test_error("exp2 on [0, 127]: ≤ 2 ulp, 2.1 unfused", bound, 0.0f, 127.0f, function, reference);
  test_error("exp2 on [-126, -0]: ≤ 2 ulp, 2.1 unfused", bound, -0.0f, -126.0f, function, reference);
  test_error("exp2 below -126: exactly 0", 0, std::nextafter(-126.0f, -kInf), -kInf, function, [](float) { return 0.0; });
  Test test("exp2: 1 at 0, NaN at NaN, powers of two exact");
  const auto at = [](float x) { return lanes_of(fovea::exp2(Vec::set(x)))[kLanes - 1]; };
  test.same(at(0), 1, "at 0");
  test.same(at(-0.0f), 1, "at -0");
  test.same(at(kNaN), kNaN, "at NaN");
  for (int n = -126; n <= 127; ++n) test.same(at(static_cast<float>(n)), std::ldexp(1.0f, n), "at a whole number");
}

void test_tanh() {
  const auto function = [](Vec x) { return fovea::tanh(x); };
  const auto reference = [](float x) { return std::tanh(static_cast<double>(x)); };
  test_error("tanh on [0, Infinity]: ≤ 4 ulp", 4, 0.0f, kInf, function, reference);
  test_error("tanh on [-Infinity, -0]: ≤ 4 ulp", 4, -0.0f, -kInf, function, reference);
  Test test("tanh: ±1 at ±Infinity, NaN at NaN, never beyond ±1");
  const auto at = [](float x) { return lanes_of(fovea::tanh(Vec::set(x)))[0]; };
  test.same(at(kInf), 1, "at Infinity");
  test.same(at(-kInf), -1, "at -Infinity");
  test.same(at(kNaN), kNaN, "at NaN");
  for (float x = 0.5f; x < 100; x *= 1.01f) test.check(std::fabs(at(x)) <= 1 && std::fabs(at(-x)) <= 1, "at %a: %a", x, at(x));
}

void test_sigmoid() {
  const auto function = [](Vec x) { return fovea::sigmoid(x); };
  const auto reference = [](float x) { return 1 / (1 + std::exp(-static_cast<double>(x))); };
  test_error("sigmoid on [0, Infinity]: ≤ 4 ulp", 4, 0.0f, kInf, function, reference);
  test_error("sigmoid on [-87.33, -0]: ≤ 4 ulp", 4, -0.0f, -87.33f, function, reference);
  test_error("sigmoid below -87.33: exactly 0", 0, std::nextafter(-87.33f, -kInf), -kInf, function, [](float) { return 0.0; });
  Test test("sigmoid: ½ at 0, 1 at Infinity, NaN at NaN");
  const auto at = [](float x) { return lanes_of(fovea::sigmoid(Vec::set(x)))[kLanes - 1]; };
  test.same(at(0), 0.5f, "at 0");
  test.same(at(-0.0f), 0.5f, "at -0");
  test.same(at(kInf), 1, "at Infinity");
  test.same(at(-kInf), 0, "at -Infinity");
  test.same(at(kNaN), kNaN, "at NaN");
}

void test_normal_tail() {
  Test test("normal_tail on [-Infinity, 0]: within 2u; ½ at 0, 0 from -13 down, NaN at NaN");
  const auto at = [](float x) { return lanes_of(fovea::normal_tail(Vec::set(x)))[0]; };
  for (float x = 0; x > -20; x -= 0.00071f) {
    const double error = std::fabs(at(x) - 0.5 * std::erfc(-x * 0.70710678118654752440));
    test.check(error <= 2 * 0x1p-24, "at %a: %a, off by %g", x, at(x), error);
  }
  test.same(at(0), 0.5f, "at 0");
  for (float x = -13; x > -0x1p100f; x *= 1.07f) test.same(at(x), 0, "far out");
  test.same(at(-kInf), 0, "at -Infinity");
  test.same(at(kNaN), kNaN, "at NaN");
}

/** See activatedError in test/tolerance.ts. */
void test_activations() {
  Test test("relu, gelu, tanh, sigmoid: NaN at NaN, their limits at ±Infinity; gelu within 3.5u|x|");
  const auto at = [](fovea::Activation activation, float value) {
    Lanes lanes;
    lanes.fill(value);
    fovea::activate<Vec>(activation, lanes.data(), lanes.data(), kLanes, 1, kLanes);
    return lanes[kLanes - 1];
  };
  using enum fovea::Activation;
  for (const auto activation : {none, relu, gelu, tanh, sigmoid}) test.same(at(activation, kNaN), kNaN, "at NaN");
  test.same(at(none, -kInf), -kInf, "none at -Infinity");
  test.same(at(relu, -kInf), 0, "relu at -Infinity");
  test.same(at(relu, kInf), kInf, "relu at Infinity");
  test.same(at(gelu, kInf), kInf, "gelu at Infinity");
  test.check(at(gelu, -kInf) == 0, "gelu at -Infinity: %a", at(gelu, -kInf));
  test.same(at(tanh, kInf), 1, "tanh at Infinity");
  test.same(at(sigmoid, -kInf), 0, "sigmoid at -Infinity");
  for (float x = -20; x < 20; x += 0.0137f) {
    const double exact = 0.5 * x * std::erfc(-x * 0.70710678118654752440);
    const double error = std::fabs(at(gelu, x) - exact);
    test.check(error <= 3.5 * 0x1p-24 * std::fabs(x), "gelu at %a: %a, off by %g", x, at(gelu, x), error);
  }
}

void test_log() {
  Test test("log_natural on (0, Infinity): ≤ 1 ulp; -Infinity at 0, NaN at NaN");
  for (uint32_t bits = 1; bits < 0x7f800000; bits += 997) {
    const auto x = std::bit_cast<float>(bits);
    const double error = ulps(fovea::log_natural(x), std::log(static_cast<double>(x)));
    test.check(error <= 1, "at %a: off by %.2f ulp", x, error);
  }
  test.same(fovea::log_natural(0), -kInf, "at 0");
  test.same(fovea::log_natural(-0.0f), -kInf, "at -0");
  test.same(fovea::log_natural(1), 0, "at 1");
  test.same(fovea::log_natural(kInf), kInf, "at Infinity");
  test.same(fovea::log_natural(kNaN), kNaN, "at NaN");
}

void test_is_masked() {
  Test test("is_masked: -Infinity alone");
  for (const float x : assorted_values(1000)) {
    const float got = lanes_of(fovea::select(fovea::is_masked(Vec::set(x)), Vec::set(1), Vec::set(0)))[0];
    test.check((got == 1) == (x == -kInf), "at %a: %g", x, got);
  }
}

template <class T>
T stored(float value) {
  T all[kLanes];
  Vec::set(value).store(all);
  return all[0];
}

/** Rows of any length and stride, in memory that ends with them. */
template <class T>
void test_rows(const char* name, fovea::DType dtype) {
  Test test(name);
  for (int64_t stride = 1; stride <= 3; ++stride) {
    for (int64_t n = 1; n <= 3 * kLanes + 1; ++n) {
      GuardedMemory<T> row((n - 1) * stride + 1);
      std::vector<float> wide(n + 1, -1.0f), back(n);
      for (int64_t i = 0; i < (n - 1) * stride + 1; ++i) row[i] = stored<T>(static_cast<float>(i) - 5);
      fovea::widen<Vec>(row.data(), dtype, stride, n, wide.data());
      for (int64_t i = 0; i < n; ++i) test.same(wide[i], static_cast<float>(i * stride) - 5, "widen");
      test.same(wide[n], -1, "widen wrote past its end");

      for (int64_t i = 0; i < n; ++i) wide[i] = static_cast<float>(i) * 0.5f;
      fovea::narrow<Vec>(wide.data(), n, row.data(), dtype, stride);
      fovea::widen<Vec>(row.data(), dtype, stride, n, back.data());
      for (int64_t i = 0; i < n; ++i) test.same(back[i], wide[i], "narrow");
      if (stride > 1 && n > 1) {
        const T between = row[1];
        float seen;
        fovea::widen<Vec>(&between, dtype, 1, 1, &seen);
        test.same(seen, -4, "narrow wrote between its elements");
      }
    }
  }
}

}  // namespace

void test_math() {
  test_exp2();
  test_tanh();
  test_sigmoid();
  test_normal_tail();
  test_activations();
  test_log();
  test_is_masked();
  test_rows<float>("widen, narrow: float32", fovea::DType::float32);
  test_rows<fovea::float16>("widen, narrow: float16", fovea::DType::float16);
  test_rows<fovea::bfloat16>("widen, narrow: bfloat16", fovea::DType::bfloat16);
}
