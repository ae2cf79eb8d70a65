// Every operation of native/simd/, lane by lane against the scalar it stands for. half.cc and math.cc belong to the same program.
#include "check.h"
#include "guarded.h"
#include "simd.h"

void test_half();
void test_pairs();
void test_math();

namespace {

/** Calls body with vectors whose lanes walk through all pairs of assorted values, each value in each lane. */
template <class Body>
void for_pairs(Body body) {
  const std::vector<float> values = assorted_values(200);
  const int count = static_cast<int>(values.size());
  for (int distance = 0; distance < count; ++distance) {
    for (int begin = 0; begin < count; begin += kLanes) {
      Lanes a, b;
      for (int lane = 0; lane < kLanes; ++lane) {
        a[lane] = values[(begin + lane) % count];
        b[lane] = values[(begin + lane + distance) % count];
      }
      body(a, b);
    }
  }
}

template <class Op, class Scalar>
void test_binary(const char* name, Op op, Scalar scalar) {
  Test test(name);
  for_pairs([&](const Lanes& a, const Lanes& b) {
    const Lanes got = lanes_of(op(vec(a), vec(b)));
    for (int lane = 0; lane < kLanes; ++lane) test.same(got[lane], scalar(a[lane], b[lane]), name);
  });
}

void test_arithmetic() {
  using fovea::add, fovea::sub, fovea::mul, fovea::div;
  test_binary(
      "add", [](Vec a, Vec b) { return add(a, b); }, [](float a, float b) { return a + b; });
  test_binary(
      "sub", [](Vec a, Vec b) { return sub(a, b); }, [](float a, float b) { return a - b; });
  test_binary(
      "mul", [](Vec a, Vec b) { return mul(a, b); }, [](float a, float b) { return a * b; });
  test_binary(
      "div", [](Vec a, Vec b) { return div(a, b); }, [](float a, float b) { return a / b; });
  test_binary(
      "min: the second where either is NaN", [](Vec a, Vec b) { return fovea::min(a, b); }, [](float a, float b) { return a < b ? a : b; });
  test_binary(
      "max: the second where either is NaN", [](Vec a, Vec b) { return fovea::max(a, b); }, [](float a, float b) { return a > b ? a : b; });
  test_binary(
      "magnitude", [](Vec a, Vec) { return fovea::magnitude(a); }, [](float a, float) { return std::fabs(a); });
  test_binary(
      "minus_magnitude", [](Vec a, Vec) { return fovea::minus_magnitude(a); }, [](float a, float) { return -std::fabs(a); });
}

/** One rounding or two: whichever this ISA does, it does it in all lanes and for all values. */
void test_mul_add() {
  Test test("mul_add: one rounding or two, the same everywhere");
  const bool fused = mul_add_fuses();
  for_pairs([&](const Lanes& a, const Lanes& b) {
    Lanes c;
    for (int lane = 0; lane < kLanes; ++lane) c[lane] = -a[lane] * 0.75f;
    const Lanes got = lanes_of(fovea::mul_add(vec(a), vec(b), vec(c)));
    for (int lane = 0; lane < kLanes; ++lane) {
      const volatile float product = a[lane] * b[lane];  // volatile: rounded here, not fused by the compiler
      test.same(got[lane], fused ? std::fma(a[lane], b[lane], c[lane]) : product + c[lane], "mul_add");
    }
  });
}

void test_choice() {
  {
    Test test("less, select, zero_where");
    for_pairs([&](const Lanes& a, const Lanes& b) {
      const Lanes got = lanes_of(fovea::select(fovea::less(vec(a), vec(b)), vec(b), vec(a)));
      const Lanes zeroed = lanes_of(fovea::zero_where(fovea::less(vec(a), vec(b)), vec(a)));
      for (int lane = 0; lane < kLanes; ++lane) {
        test.same(got[lane], a[lane] < b[lane] ? b[lane] : a[lane], "select");
        test.same(zeroed[lane], a[lane] < b[lane] ? 0 : a[lane], "zero_where");
      }
    });
  }
  Test test("load_mask: any non-zero byte is true");
  for (int value = 1; value < 256; ++value) {
    for (int lane = 0; lane < kLanes; ++lane) {
      GuardedMemory<uint8_t> bytes(kLanes);
      for (int i = 0; i < kLanes; ++i) bytes[i] = i == lane ? static_cast<uint8_t>(value) : 0;
      const Lanes got = lanes_of(fovea::select(Vec::load_mask(bytes.data()), Vec::set(1), Vec::set(-1)));
      for (int i = 0; i < kLanes; ++i)
        test.check(got[i] == (i == lane ? 1 : -1), "byte %d in lane %d: lane %d is %g", value, lane, i, got[i]);
    }
  }
}

void test_rounding() {
  {
    Test test("round: to nearest, ties to even");
    for_pairs([&](const Lanes& a, const Lanes&) {
      const Lanes got = lanes_of(fovea::round(vec(a)));
      for (int lane = 0; lane < kLanes; ++lane) {
        const float expected = std::nearbyint(a[lane]);
        test.check(got[lane] == expected || (got[lane] != got[lane] && expected != expected), "round(%a) is %a", a[lane], got[lane]);
      }
    });
  }
  Test test("scale_pow2: every exponent with a normal result");
  for (const float a : {1.0f, 0x1.fffffep-1f, 0x1.6a09e6p-1f, 0x1.6a09e6p0f, -1.25f}) {
    const int low = std::fabs(a) < 1 ? -125 : -126;
    for (int n = low; n <= 127; ++n) {
      const Lanes got = lanes_of(fovea::scale_pow2(Vec::set(a), Vec::set(static_cast<float>(n))));
      for (int lane = 0; lane < kLanes; ++lane) test.same(got[lane], std::ldexp(a, n), "scale_pow2");
    }
  }
}

void test_reductions() {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> real(-100, 100);
  {
    Test whole("reduce_add: exact where every order is");
    Test bounded("reduce_add: within γₙ·Σ|aᵢ|");  // Higham 2002, §4.2
    for (int round = 0; round < 1000; ++round) {
      Lanes a, b;
      float sum = 0;
      double wide = 0, magnitude = 0;
      for (int lane = 0; lane < kLanes; ++lane) {
        a[lane] = static_cast<float>(static_cast<int>(random() % 2001) - 1000);
        sum += a[lane];
        b[lane] = real(random);
        wide += b[lane];
        magnitude += std::fabs(b[lane]);
      }
      whole.same(fovea::reduce_add(vec(a)), sum, "sum");
      const double error = std::fabs(fovea::reduce_add(vec(b)) - wide);
      bounded.check(error <= (kLanes - 1) * 0x1p-24 * 1.01 * magnitude, "off by %g", error);
    }
  }
  Test test("reduce_max: the largest in any lane, below nothing but -Infinity");
  for (int lane = 0; lane < kLanes; ++lane) {
    for (const float largest : {-0x1.fffffep127f, -1.0f, 0.0f, 2.0f, kInf}) {
      Lanes a;
      a.fill(-kInf);
      a[lane] = largest;
      test.same(fovea::reduce_max(vec(a)), largest, "largest");
      a.fill(largest - 1);
      a[lane] = largest;
      test.same(fovea::reduce_max(vec(a)), largest, "largest among others");
    }
  }
  Lanes none;
  none.fill(-kInf);
  test.same(fovea::reduce_max(vec(none)), -kInf, "all -Infinity");
}

void test_order() {
  Test test("set, iota, zip_lower, zip_upper");
  const Lanes iota = lanes_of(Vec::iota()), set = lanes_of(Vec::set(-2.5f));
  const Lanes high = lanes_of(fovea::add(Vec::iota(), Vec::set(100)));
  const Lanes lower = lanes_of(fovea::zip_lower(vec(iota), vec(high))), upper = lanes_of(fovea::zip_upper(vec(iota), vec(high)));
  for (int lane = 0; lane < kLanes; ++lane) {
    test.same(iota[lane], static_cast<float>(lane), "iota");
    test.same(set[lane], -2.5f, "set");
    const float first = static_cast<float>(lane / 2 + lane % 2 * 100);
    test.same(lower[lane], first, "zip_lower");
    test.same(upper[lane], first + kLanes / 2, "zip_upper");
  }
}

/** Parts end where the memory does: one lane too many, read or written, ends the program. */
void test_memory() {
  {
    Test test("load, load_streamed, store: unaligned, to the last byte before memory ends");
    GuardedMemory<float> memory(kLanes);
    for (int lane = 0; lane < kLanes; ++lane) memory[lane] = static_cast<float>(lane) - 0.5f;
    const Lanes streamed = lanes_of(Vec::load_streamed(memory.data()));
    for (int lane = 0; lane < kLanes; ++lane) test.same(streamed[lane], memory[lane], "load_streamed");
    const Vec loaded = Vec::load(memory.data());
    for (int lane = 0; lane < kLanes; ++lane) memory[lane] = 0;
    fovea::add(loaded, Vec::set(1)).store(memory.data());
    for (int lane = 0; lane < kLanes; ++lane) test.same(memory[lane], static_cast<float>(lane) + 0.5f, "lane");
  }
  {
    Test test("load: every int8, to the last byte before memory ends");
    for (int first = -128; first < 128; first += kLanes) {
      GuardedMemory<int8_t> memory(kLanes);
      for (int lane = 0; lane < kLanes; ++lane) memory[lane] = static_cast<int8_t>(first + lane);
      const Lanes loaded = lanes_of(Vec::load(memory.data()));
      for (int lane = 0; lane < kLanes; ++lane) test.same(loaded[lane], static_cast<float>(first + lane), "lane");
    }
  }
  Test test("load_part, store_part: n lanes, zeros beyond, nothing touched behind them");
  for (int n = 1; n <= kLanes; ++n) {
    GuardedMemory<float> memory(n);
    for (int lane = 0; lane < n; ++lane) memory[lane] = static_cast<float>(lane + 1);
    const Lanes loaded = lanes_of(Vec::load_part(memory.data(), n));
    for (int lane = 0; lane < kLanes; ++lane) test.same(loaded[lane], lane < n ? static_cast<float>(lane + 1) : 0, "load_part");
    Vec::set(9).store_part(memory.data(), n);
    for (int lane = 0; lane < n; ++lane) test.same(memory[lane], 9, "store_part");
    Lanes wide;
    wide.fill(-1);
    Vec::set(9).store_part(wide.data(), n);
    for (int lane = 0; lane < kLanes; ++lane) test.same(wide[lane], lane < n ? 9 : -1, "store_part, in the middle");
  }
}

}  // namespace

int main() {
  test_arithmetic();
  test_mul_add();
  test_choice();
  test_rounding();
  test_reductions();
  test_order();
  test_memory();
  test_half();
  test_pairs();
  test_math();
  return finish();
}
