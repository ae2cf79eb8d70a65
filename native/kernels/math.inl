// Exponential, hyperbolic tangent, logistic function, tail of the normal distribution and logarithm. Ranges and errors are as
// test/native/math.cc tests them, on every target.
#pragma once

#include <cstring>

#include "../args.h"

namespace fovea {
namespace {

constexpr float kLog2e = 1.44269504088896341f;
constexpr float kInfinity = __builtin_inff();
constexpr float kLargest = 3.40282347e+38f;  // the largest finite float32

/** Lanes that are −Infinity: nothing finite is less than −kLargest, and NaN is less than nothing. */
template <class V>
inline auto is_masked(V score) {
  return less(score, V::set(-kLargest));
}

/** The maximum, or 0 for a row that has seen nothing: −∞ − −∞ would be NaN. */
template <class V>
inline V finite_base(V row_max) {
  return zero_where(is_masked(row_max), row_max);
}

// 2^x on [−∞, 127], ≤ 2 ulp (2.1 where mul_add rounds twice); exactly 1 at 0, exactly 0 below −126, NaN at NaN.
// x = n + f with n whole and |f| ≤ ½ (Cody & Waite 1980); 2^f by a polynomial with constant term 1 whose error
// plus rounding, counted in ulps of the result, is minimax: below 0 an ulp is half as large, and there it lies closer.
template <class V>
inline V exp2(V x) {
  const V n = round(x);
  const V f = sub(x, n);  // NaN at −∞: what lies below −126 is replaced whole
  V p = V::set(0x1.5986a4p-10f);
  p = mul_add(p, f, V::set(0x1.3cf362p-7f));
  p = mul_add(p, f, V::set(0x1.c6bdcp-5f));
  p = mul_add(p, f, V::set(0x1.ebf99ep-3f));
  p = mul_add(p, f, V::set(0x1.62e42p-1f));
  p = mul_add(p, f, V::set(1.0f));
  return zero_where(less(x, V::set(-126.0f)), scale_pow2(p, n));
}

/** e^x for x ≤ 0, the difference of a score and its row's maximum: log₂e comes in here, where no finite score can overflow. */
template <class V>
inline V exp_of_difference(V x) {
  return exp2(mul(x, V::set(kLog2e)));
}

template <class V>
inline float exp_of_difference(float x) {
  float lanes[V::lanes];
  exp_of_difference(V::set(x)).store(lanes);
  return lanes[0];
}

// tanh, ≤ 4 ulp; ±1 at ±∞, NaN at NaN. Small arguments by an odd polynomial, the others as (1 − e)/(1 + e), e = 2^(−2x·log₂e)
// (Moshier's Cephes, tanhf).
template <class V>
inline V tanh(V x) {
  const V zero = V::set(0.0f);
  const V size = magnitude(x);
  const V square = mul(x, x);
  V p = V::set(-5.70498872745e-3f);
  p = mul_add(p, square, V::set(2.06390887954e-2f));
  p = mul_add(p, square, V::set(-5.37397155531e-2f));
  p = mul_add(p, square, V::set(1.33314422036e-1f));
  p = mul_add(p, square, V::set(-3.33332819422e-1f));
  const V small = mul_add(mul(p, square), x, x);
  const V e = exp2(mul(size, V::set(-2.0f * kLog2e)));
  const V large = div(sub(V::set(1.0f), e), add(V::set(1.0f), e));
  return select(less(size, V::set(0.625f)), small, select(less(x, zero), sub(zero, large), large));
}

// 1/(1 + e^−x), ≤ 4 ulp; 1 at +∞, exactly 0 below −87.33, where it would be less than 2^−125, NaN at NaN. With e = e^−|x| it is 1/(1 + e)
// or e/(1 + e), so that nothing cancels. Where e is the result, log₂e·x would lose the last bits of a large x: n is taken off as n·ln 2 in
// two parts, the first of which is exact (Cody & Waite 1980).
template <class V>
inline V sigmoid(V x) {
  const V zero = V::set(0.0f), one = V::set(1.0f);
  const V fall = minus_magnitude(x);
  const V n = round(mul(fall, V::set(kLog2e)));
  const V rest = mul_add(n, V::set(2.12194440e-4f), mul_add(n, V::set(-0.693359375f), fall));
  const V e = zero_where(less(fall, V::set(-87.33f)), scale_pow2(exp2(mul(rest, V::set(kLog2e))), n));
  return div(select(less(x, zero), e, one), add(one, e));
}

// Φ(x) for x ≤ 0, the tail of the normal distribution, ≤ 2 u absolutely, u = 2^−24; ½ at 0, exactly 0 from −13 down, NaN at NaN. It is
// 2^p(x), where p follows log₂ Φ(x), minimax in what it does to the tail; where less than u is left of it, it falls faster.
template <class V>
inline V normal_tail(V x) {
  const V bounded = max(V::set(-16.0f), x);  // in this order NaN passes
  const V x2 = mul(bounded, bounded), x4 = mul(x2, x2);
  const auto line = [=](V slope, float at_zero) { return mul_add(slope, bounded, V::set(at_zero)); };
  const V low = mul_add(x2, line(V::set(0x1.add62ap-5f), -0x1.d63c66p-2f), line(V::set(0x1.26aeccp+0f), -1.0f));
  const V top = line(line(V::set(-0x1.a692cep-19f), -0x1.690cccp-15f), -0x1.a95d24p-13f);
  const V high = mul_add(x2, top, line(V::set(0x1.a1087ap-14f), 0x1.cc053cp-8f));
  return exp2(mul_add(x4, high, low));  // as Estrin 1960, side by side: a chain of eight would have to be waited for
}

// ln x for x ≥ 0, ≤ 1 ulp of float32; −∞ at 0, +∞ at +∞, NaN at NaN. In double: x = 2^e·(1 + s)/(1 − s), ln of the
// quotient by its odd series.
inline float log_natural(float x) {
  if (!(x > 0.0f)) return x == 0.0f ? -kInfinity : x;
  if (x > kLargest) return x;
  double wide = x;
  uint64_t bits;
  std::memcpy(&bits, &wide, sizeof bits);
  int64_t exponent = static_cast<int64_t>(bits >> 52) - 1023;
  bits = (bits & 0xfffffffffffffu) | 0x3ff0000000000000u;
  double m;
  std::memcpy(&m, &bits, sizeof m);
  if (m > 1.4142135623730951) m *= 0.5, exponent++;
  const double s = (m - 1.0) / (m + 1.0), q = s * s;
  const double series = 1 + q * (1.0 / 3 + q * (1.0 / 5 + q * (1.0 / 7 + q * (1.0 / 9 + q * (1.0 / 11)))));
  return static_cast<float>(0.69314718055994530942 * static_cast<double>(exponent) + 2 * s * series);
}

}  // namespace
}  // namespace fovea
