// A product with the patches of images: row m of the matrix of patches is a place of a grid (image, then y, then x), its columns are the
// numbers that a filter covers there (row, then column of the filter, then channel), zeros where it reaches past the image. The matrix
// exists a block at a time only. Times the filter it is a convolution; transposed, times the gradient of that, it is the gradient of the
// filter; and of patches whose places lie between those of the image, the gradient of the image. See Chellapilla et al. 2006 (im2col).
#pragma once

#include "matmul.inl"

namespace fovea {
namespace {

/** Where along one side of an image the tap-th place of a filter lies at the index-th place of the grid; −1: past the image, or between two
 * pixels. */
inline int64_t pixel_at(const PatchSide& side, int64_t index, int64_t tap) {
  const int64_t at = index * side.step + tap * side.dilation + side.offset;
  if (at < 0) return -1;
  if (side.gap == 1) return at < side.pixels ? at : -1;
  if (at % side.gap != 0) return -1;
  return at / side.gap < side.pixels ? at / side.gap : -1;
}

/** n numbers from a pixel's channel on, or zeros. */
template <class V>
inline void copy_channels(const float* from, int64_t stride, int64_t n, float* to) {
  if (from)
    widen<V>(from, DType::float32, stride, n, to);
  else
    for (int64_t c = 0; c < n; c++) to[c] = 0.0f;
}

/** Columns [begin, end) of the patch at one place of the grid. */
template <class V>
inline void gather_patch(const Patches& patches, int64_t image, int64_t y, int64_t x, int64_t begin, int64_t end, float* to) {
  const int64_t channels = patches.channels, row = patches.width.taps * channels;
  // Neighbours in the filter are neighbours in the image: a stretch of one of its rows is copied at once.
  const bool joined =
      patches.width.dilation == 1 && patches.width.gap == 1 && patches.x.row_stride == channels && patches.x.column_stride == 1;
  for (int64_t k = begin; k < end;) {
    const int64_t tap_y = k / row, pixel_y = pixel_at(patches.height, y, tap_y);
    const int64_t last = smaller(end, (tap_y + 1) * row);
    if (pixel_y < 0) {
      copy_channels<V>(nullptr, 0, last - k, to);
      to += last - k;
      k = last;
      continue;
    }
    // Reckoned where there are pixels only: else there may be no memory that the sum could point into.
    const auto pixel = [&](int64_t column) {
      return static_cast<const float*>(patches.x.data) + image * patches.x.batch_stride + pixel_y * patches.x.head_stride +
             column * patches.x.row_stride;
    };
    const int64_t first = x * patches.width.step + patches.width.offset;  // pixel of the filter's first column
    if (joined && first >= 0 && first + patches.width.taps <= patches.width.pixels) {
      copy_channels<V>(pixel(first) + (k - tap_y * row), 1, last - k, to);
      to += last - k;
      k = last;
      continue;
    }
    while (k < last) {
      const int64_t tap_x = (k - tap_y * row) / channels, channel = k - tap_y * row - tap_x * channels;
      const int64_t n = smaller(channels - channel, last - k), pixel_x = pixel_at(patches.width, x, tap_x);
      copy_channels<V>(pixel_x < 0 ? nullptr : pixel(pixel_x) + channel * patches.x.column_stride, patches.x.column_stride, n, to);
      to += n;
      k += n;
    }
  }
}

/** Rows [row, row + rows) of columns [begin, end) of the matrix of patches, one after another. */
template <class V>
FOVEA_APART void gather_patches(const Patches& patches, int64_t row, int64_t rows, int64_t begin, int64_t end, float* to) {
  if (rows == 0) return;  // of a grid without places
  const int64_t width = patches.width.places, height = patches.height.places;
  int64_t x = row % width, y = row / width % height, image = row / width / height;
  for (int64_t r = 0; r < rows; r++, to += end - begin) {
    gather_patch<V>(patches, image, y, x, begin, end, to);
    if (++x < width) continue;
    x = 0;
    if (++y < height) continue;
    y = 0;
    image++;
  }
}

/** The matrix of patches, or its transpose, from a row on, as matmul_blocks asks for it. */
template <class V>
struct RowsOfPatches {
  const PatchesArgs& args;
  int64_t first;
  float* gathered;  // of one block

  Matrix block(int64_t row, int64_t rows, int64_t column, int64_t columns, bool again) const {
    if (args.transposed) {
      if (!again) gather_patches<V>(args.patches, column, columns, first + row, first + row + rows, gathered);
      return {gathered, DType::float32, 1, rows};
    }
    if (!again) gather_patches<V>(args.patches, first + row, rows, column, column + columns, gathered);
    return {gathered, DType::float32, columns, 1};
  }
};

template <class V>
void patches(const PatchesArgs& args, int64_t m_begin, int64_t m_end, int64_t n_begin, int64_t n_end, float* scratch) {
  const MatmulArgs& product = args.product;
  const Matrix b = matrix_of(product, product.b, 0).at(0, n_begin);
  const Target out = {product.out.data, DType::float32, product.out.row_stride, product.out.column_stride};
  const RowsOfPatches<V> rows = {args, m_begin, scratch + blocks_scratch<V, Single>(product)};
  matmul_blocks<V, Single>(product, rows, b, out.at(m_begin, n_begin), m_end - m_begin, n_begin, n_end - n_begin, scratch);
}

template <class V>
int64_t patches_scratch(const PatchesArgs& args) {
  return blocks_scratch<V, Single>(args.product) + block_of_m<V>(args.product) * block_of_k<V, Single>(args.product);
}

}  // namespace
}  // namespace fovea
