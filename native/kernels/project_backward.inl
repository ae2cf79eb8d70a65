// Back through the weights of general and additive scores: y = x · weight for rows x of q or k (project.inl), so that dx = dy · weightᵀ and
// dweight = Σ xᵀ · dy. A row whose dy is all 0 is one that nothing sees or that sees nothing: it may hold NaN, and counts as zeros.
#pragma once

#include "attention_backward.inl"

namespace fovea {
namespace {

template <class V>
constexpr int64_t kPanelWidth = V::tile_vectors * V::lanes;

/** Scratch of a task; sizes in floats. */
template <class V>
struct ProjectBackwardScratch {
  int64_t x_stride, rows;
  float *weight, *x, *d_y, *sums;
  int64_t floats = 0;

  ProjectBackwardScratch(const ProjectBackwardArgs& args, float* memory)
      : x_stride(round_up(args.width, kPanelWidth<V>)), rows(round_up(kProjectedRows, V::tile_rows)) {
    const auto take = [&](int64_t count) {
      float* block = memory ? memory + floats : nullptr;
      floats += round_up(count, 16);
      return block;
    };
    weight = take(args.columns * x_stride);
    x = take(rows * round_up(kWeightRows, V::tile_rows));
    d_y = take(rows * args.stride);
    sums = take(larger(rows * x_stride, round_up(kWeightRows, V::tile_rows) * args.stride));
  }
};

template <class V>
FOVEA_APART bool is_all_zero(const float* x, int64_t n) {
  V sum = V::set(0.0f);
  for (int64_t c = 0; c < n; c += V::lanes) sum = add(sum, magnitude(load_first<V>(x + c, n - c)));  // of NaN NaN
  return reduce_add(sum) == 0.0f;
}

inline const float* d_y_of(const ProjectBackwardArgs& args, int64_t batch, int64_t head, int64_t row) {
  return args.d_y + ((batch * args.heads + head) * args.length + row) * args.stride;
}

/** Rows [begin, end) of d_x of one head of x, counted batch · x_heads + head: of all heads of y that are made of it. */
template <class V>
void project_backward_rows(const ProjectBackwardArgs& args, int64_t x_head, int64_t begin, int64_t end, float* memory) {
  const ProjectBackwardScratch<V> at(args, memory);
  const int64_t batch = x_head / args.x_heads, own = x_head % args.x_heads, share = args.heads / args.x_heads, count = end - begin;
  const ScoreWeight& weight = args.weight;
  std::memset(at.sums, 0, sizeof(float) * static_cast<size_t>(at.rows * at.x_stride));
  std::memset(at.d_y, 0, sizeof(float) * static_cast<size_t>(at.rows * args.stride));
  const int64_t heads = args.width * args.columns == 0 ? 0 : share;  // without numbers there is no memory either
  for (int64_t head = own * share; head < own * share + heads; head++) {
    if (!weight.data && args.width == args.columns) {
      for (int64_t i = 0; i < count; i++)
        write_gradient<V>(args.d_x, batch, own, begin + i, d_y_of(args, batch, head, begin + i), args.width);
      return;
    }
    std::memcpy(at.d_y, d_y_of(args, batch, head, begin), sizeof(float) * static_cast<size_t>(count * args.stride));
    const float* from = weight.data + head * weight.head_stride;
    for (int64_t c = 0; c < args.columns; c++)
      widen<V>(from + c * weight.column_stride, DType::float32, weight.row_stride, args.width, at.weight + c * at.x_stride);
    for (int64_t i = 0; i < count; i += V::tile_rows)
      with_height<V>(smaller(V::tile_rows, count - i), [&](auto height) {
        add_product<V, decltype(height)::rows>({at.d_y + i * args.stride, args.stride, 1}, at.weight, at.x_stride, kPanelWidth<V>,
                                               args.columns, at.x_stride, at.sums + i * at.x_stride);
      });
  }
  for (int64_t i = 0; i < count; i++) {
    float* sums = at.sums + i * at.x_stride;
    bool nothing = true;
    for (int64_t head = own * share; head < (own + 1) * share; head++)
      nothing &= is_all_zero<V>(d_y_of(args, batch, head, begin + i), args.columns);
    if (nothing) std::memset(sums, 0, sizeof(float) * static_cast<size_t>(args.width));  // the weight may hold NaN
    write_gradient<V>(args.d_x, batch, own, begin + i, sums, args.width);
  }
}

/** Rows [begin, end) of d_weight of one head, at most kWeightRows; where the heads share it, of all of them. */
template <class V>
void project_backward_weight(const ProjectBackwardArgs& args, int64_t own, int64_t begin, int64_t end, float* memory) {
  const ProjectBackwardScratch<V> at(args, memory);
  const ScoreGradient& to = args.d_weight;
  const int64_t count = end - begin, x_width = round_up(count, V::tile_rows), share = args.heads / args.x_heads;
  const bool shared = to.head_stride == 0;
  std::memset(at.sums, 0, sizeof(float) * static_cast<size_t>(x_width * args.stride));
  for (int64_t batch = 0; batch < args.batch; batch++)
    for (int64_t head = shared ? 0 : own; head < (shared ? args.heads : own + 1); head++)
      for (int64_t row = 0; row < args.length; row += kProjectedRows) {
        const int64_t rows = smaller(kProjectedRows, args.length - row);
        std::memset(at.x, 0, sizeof(float) * static_cast<size_t>(rows * x_width));
        for (int64_t i = 0; i < rows; i++) {
          if (is_all_zero<V>(d_y_of(args, batch, head, row + i), args.columns)) continue;
          const View4& x = args.x;
          const int64_t offset = batch * x.batch_stride + head / share * x.head_stride + (row + i) * x.row_stride + begin * x.column_stride;
          widen<V>(element(static_cast<const void*>(x.data), x.dtype, offset), x.dtype, x.column_stride, count, at.x + i * x_width);
        }
        for (int64_t f = 0; f < count; f += V::tile_rows)
          with_height<V>(smaller(V::tile_rows, count - f), [&](auto height) {
            add_product<V, decltype(height)::rows>({at.x + f, 1, x_width}, d_y_of(args, batch, head, row), args.stride, kPanelWidth<V>,
                                                   rows, args.stride, at.sums + f * args.stride);
          });
      }
  for (int64_t f = 0; f < count; f++)
    for (int64_t c = 0; c < args.columns; c++)
      to.data[own * to.head_stride + (begin + f) * to.row_stride + c * to.column_stride] = at.sums[f * args.stride + c];
}

/** The sum of all rows of one head, or where the heads share it of all of them. */
template <class V>
void sum_rows(const RowSums& args, int64_t own) {
  const ScoreGradient& to = args.sum;
  const bool shared = to.head_stride == 0;
  for (int64_t c = 0; c < args.columns; c += V::lanes) {
    const int64_t n = smaller(V::lanes, args.columns - c);
    V total = V::set(0.0f);
    for (int64_t batch = 0; batch < args.batch; batch++)
      for (int64_t head = shared ? 0 : own; head < (shared ? args.heads : own + 1); head++) {
        V sum = V::set(0.0f);
        const float* row = args.rows + (batch * args.heads + head) * args.length * args.stride + c;
        for (int64_t i = 0; i < args.length; i++, row += args.stride) sum = add(sum, load_first<V>(row, n));
        total = add(total, sum);
      }
    float sums[V::lanes];
    total.store(sums);
    for (int64_t l = 0; l < n; l++) to.data[own * to.head_stride + (c + l) * to.column_stride] = sums[l];
  }
}

template <class V>
int64_t project_backward_scratch(const ProjectBackwardArgs& args) {
  return ProjectBackwardScratch<V>(args, nullptr).floats;
}

}  // namespace
}  // namespace fovea
