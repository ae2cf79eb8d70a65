// float16 and bfloat16: every one of their 65,536 codes widened and narrowed again, and the rounding between each two of them.
#include "check.h"
#include "guarded.h"
#include "simd.h"

namespace {

/** float16 by its definition, IEEE 754-2019, §3.4. */
double value_of(fovea::float16 half) {
  const int exponent = half.bits >> 10 & 0x1f, fraction = half.bits & 0x3ff;
  const double sign = half.bits >> 15 ? -1 : 1;
  if (exponent == 31) return fraction ? kNaN : sign * kInf;
  return exponent == 0 ? sign * std::ldexp(fraction, -24) : sign * std::ldexp(0x400 + fraction, exponent - 25);
}

/** bfloat16 is the upper half of a float32. */
double value_of(fovea::bfloat16 half) { return std::bit_cast<float>(static_cast<uint32_t>(half.bits) << 16); }

template <class Half>
constexpr uint16_t kInfinityBits = 0;
template <>
constexpr uint16_t kInfinityBits<fovea::float16> = 0x7c00;
template <>
constexpr uint16_t kInfinityBits<fovea::bfloat16> = 0x7f80;

template <class Half>
float widened(Half half) {
  std::array<Half, kLanes> halves;
  halves.fill(half);
  return lanes_of(Vec::load(halves.data()))[0];
}

template <class Half>
std::array<Half, kLanes> narrowed(const Lanes& lanes) {
  std::array<Half, kLanes> halves;
  vec(lanes).store(halves.data());
  return halves;
}

template <class Half>
void test_widening(const char* name) {
  Test test(name);
  for (int first = 0; first < 65536; first += kLanes) {
    GuardedMemory<Half> halves(kLanes);
    for (int lane = 0; lane < kLanes; ++lane) halves[lane].bits = static_cast<uint16_t>(first + lane);
    const Lanes wide = lanes_of(Vec::load(halves.data()));
    for (int lane = 0; lane < kLanes; ++lane) test.same(wide[lane], static_cast<float>(value_of(halves[lane])), "widened");
    Vec::load(halves.data()).store(halves.data());
    for (int lane = 0; lane < kLanes; ++lane) {
      const auto code = static_cast<uint16_t>(first + lane);
      if (wide[lane] != wide[lane]) {
        const int magnitude = halves[lane].bits & 0x7fff;
        test.check(magnitude > kInfinityBits<Half>, "NaN %#x became %#x", code, halves[lane].bits);
      } else {
        test.check(halves[lane].bits == code, "%#x came back as %#x", code, halves[lane].bits);
      }
    }
  }
}

/** Between each two neighbours: just below the middle down, the middle to the even one, just above it up; both signs. */
template <class Half>
void test_rounding(const char* name) {
  Test test(name);
  constexpr int kInfinity = kInfinityBits<Half>;
  for (int code = 0; code < kInfinity; ++code) {
    const double low = value_of(Half{static_cast<uint16_t>(code)});
    // The middle to infinity is where the next code's value would have been, were there one.
    const double step = value_of(Half{static_cast<uint16_t>(code + 1 < kInfinity ? code : code - 1)});
    const double next = value_of(Half{static_cast<uint16_t>(code + 1 < kInfinity ? code + 1 : code)});
    const double middle = low + (next - step) / 2;
    const auto exact = static_cast<float>(middle);
    if (static_cast<double>(exact) != middle) continue;  // a middle below float32's smallest: bfloat16's first steps
    const Lanes around = [&] {
      Lanes lanes;
      for (int lane = 0; lane < kLanes; ++lane) {
        const float values[4] = {std::nextafter(exact, 0.0f), exact, std::nextafter(exact, kInf), -exact};
        lanes[lane] = values[lane % 4];
      }
      return lanes;
    }();
    const int even = code % 2 == 0 ? code : code + 1;
    const int expected[4] = {code, even, code + 1, even | 0x8000};
    const auto got = narrowed<Half>(around);
    for (int lane = 0; lane < kLanes; ++lane) {
      test.check(got[lane].bits == expected[lane % 4], "%a became %#x, expected %#x", around[lane], got[lane].bits, expected[lane % 4]);
    }
  }
}

template <class Half>
void test_specials(const char* name) {
  Test test(name);
  const auto code = [](float value) {
    Lanes lanes;
    lanes.fill(value);
    return narrowed<Half>(lanes)[kLanes - 1].bits;
  };
  test.check(code(kInf) == kInfinityBits<Half>, "Infinity became %#x", code(kInf));
  test.check(code(-kInf) == (kInfinityBits<Half> | 0x8000), "-Infinity became %#x", code(-kInf));
  test.check(code(-0.0f) == 0x8000, "-0 became %#x", code(-0.0f));
  test.check(code(0x1p-149f) == 0, "2^-149 became %#x", code(0x1p-149f));
  test.check(code(0x1.fffffep127f) == kInfinityBits<Half>, "the largest float32 became %#x", code(0x1.fffffep127f));
  // A NaN whose payload lies in the bits that are cut off must not become an infinity.
  for (const uint32_t bits : {0x7f800001u, 0x7fc00000u, 0xff800001u, 0x7fbfffffu, 0x7fffffffu, 0xffffffffu}) {
    const uint16_t got = code(std::bit_cast<float>(bits));
    test.check((got & 0x7fff) > kInfinityBits<Half> && got >> 15 == bits >> 31, "NaN %#x became %#x", bits, got);
  }
}

}  // namespace

void test_half() {
  test_widening<fovea::float16>("float16: every code, there and back");
  test_widening<fovea::bfloat16>("bfloat16: every code, there and back");
  test_rounding<fovea::float16>("float16: to nearest even between all neighbours");
  test_rounding<fovea::bfloat16>("bfloat16: to nearest even between all neighbours");
  test_specials<fovea::float16>("float16: infinities, too large, NaN");
  test_specials<fovea::bfloat16>("bfloat16: infinities, too large, NaN");
}
