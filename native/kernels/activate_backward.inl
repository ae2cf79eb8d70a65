// What an activation makes of a gradient, element by element: d_x = d_out · activation′(x). A block at a time, through scratch what does
// not lie contiguous in float32.
#pragma once

#include "../kernels.h"
#include "activate_tensor.inl"

namespace fovea {
namespace {

// The slope of 1/(1 + e^−x), e/(1 + e)² with e = e^−|x|: nothing cancels. That of tanh is four times this one of 2x.
template <class V>
inline V sigmoid_slope(V x) {
  const V e = exp_of_difference(minus_magnitude(x)), all = add(V::set(1.0f), e);
  return div(e, mul(all, all));
}

// Φ(x) + x·φ(x); beyond ±16 φ is 0, and ∞·0 would be NaN.
template <class V>
inline V gelu_slope(V x) {
  const V zero = V::set(0.0f), bounded = min(V::set(16.0f), max(V::set(-16.0f), x));  // in this order NaN passes
  const V tail = normal_tail(minus_magnitude(bounded));
  const V density = mul(V::set(0.398942280401432678f), exp_of_difference(mul(mul(V::set(-0.5f), bounded), bounded)));
  return mul_add(bounded, density, select(less(zero, bounded), sub(V::set(1.0f), tail), tail));
}

/** to = d_out where x is above 0, NaN where it is NaN; elsewhere 0, whatever d_out is. */
template <class V>
inline V relu_gradient(V x, V d_out) {
  const V zero = V::set(0.0f);
  const V positive = max(zero, x);  // in this order NaN passes
  return add(min(zero, positive), zero_where(less(positive, V::set(0x1p-149f)), d_out));
}

template <class V>
__attribute__((noinline)) void activate_backward_block(Activation activation, const float* x, const float* d_out, int64_t n, float* to) {
  const auto each = [=](auto gradient) { each_vector<V>(x, n, to, [=](V value, auto load) { return gradient(value, load(d_out)); }); };
  if (activation == Activation::relu) each([](V value, V d) { return relu_gradient(value, d); });
  if (activation == Activation::gelu) each([](V value, V d) { return mul(d, gelu_slope(value)); });
  if (activation == Activation::tanh) each([](V value, V d) { return mul(d, mul(V::set(4.0f), sigmoid_slope(add(value, value)))); });
  if (activation == Activation::sigmoid) each([](V value, V d) { return mul(d, sigmoid_slope(value)); });
}

template <class V>
int64_t activate_backward_scratch(const ActivateBackwardArgs& args) {
  return 3 * round_up(smaller(args.views.length, kActivateBlock), V::lanes);
}

template <class V>
void activate_backward(const ActivateBackwardArgs& args, int64_t begin, int64_t end, float* scratch) {
  const GradientViews& views = args.views;
  const int64_t block = activate_backward_scratch<V>(args) / 3;
  const auto place = [&](const AxisView& view) {
    return outer_offset(views.outer, view, begin / views.length) + begin % views.length * view.axis_stride;
  };
  while (begin < end) {
    const int64_t n = smaller(smaller(views.length - begin % views.length, end - begin), block);
    const float* const x = row_of<V>(views.x, place(views.x), views.x.axis_stride, n, scratch);
    const float* const d_out = row_of<V>(views.d_out, place(views.d_out), views.d_out.axis_stride, n, scratch + block);
    put_row<V>(views.d_x, place(views.d_x), views.d_x.axis_stride, n, scratch + 2 * block,
               [=](float* to) { activate_backward_block<V>(args.activation, x, d_out, n, to); });
    begin += n;
  }
}

}  // namespace
}  // namespace fovea
