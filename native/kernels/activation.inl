// What numbers may be put through, a tensor's or a product's before it is rounded: relu, gelu, tanh and sigmoid of rows of float32.
#pragma once

#include "math.inl"

namespace fovea {
namespace {

// x·Φ(x) = max(0, x) − |x|·Φ(−|x|): nothing cancels, and the tail is 0 where |x| is infinite.
template <class V>
inline V gelu(V x) {
  const V fall = minus_magnitude(x);
  return mul_add(max(V::set(-16.0f), fall), normal_tail(fall), max(V::set(0.0f), x));  // in this order NaN passes
}

/** out[r · row_stride + c] = activation(x[r · row_stride + c]); columns is a multiple of the lanes, and out may be x. */
template <class V>
__attribute__((noinline)) void activate(Activation activation, const float* x, float* out, int64_t row_stride, int64_t rows,
                                        int64_t columns) {
  const auto each = [=](auto function) {
    for (int64_t r = 0; r < rows; r++)
      for (int64_t c = 0; c < columns; c += V::lanes) function(V::load(x + r * row_stride + c)).store(out + r * row_stride + c);
  };
  if (activation == Activation::relu) each([](V value) { return max(V::set(0.0f), value); });  // in this order NaN passes
  if (activation == Activation::gelu) each([](V value) { return gelu(value); });
  if (activation == Activation::tanh) each([](V value) { return tanh(value); });
  if (activation == Activation::sigmoid) each([](V value) { return sigmoid(value); });
}

}  // namespace
}  // namespace fovea
