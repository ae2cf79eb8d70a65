// Packing: a matrix is copied once into panels that the micro-kernel then reads front to back, whatever its dtype and strides.
// Vocabulary and layout are BLIS's (Van Zee & van de Geijn 2015).
#pragma once

#include "convert.inl"
#include "micro.inl"

namespace fovea {
namespace {

/** Element (r, c) lies at data[r · row_stride + c · column_stride]. A transposed matrix is the same with the strides swapped. */
struct Matrix {
  const void* data;
  DType dtype;
  int64_t row_stride, column_stride;

  Matrix at(int64_t row, int64_t column) const {
    return {element(data, dtype, row * row_stride + column * column_stride), dtype, row_stride, column_stride};
  }
  Matrix transposed() const { return {data, dtype, column_stride, row_stride}; }
};

/** Rows become columns: log₂(lanes) rounds, each interleaving the lower half of the vectors with the upper half. */
template <class V>
inline void transpose(V (&rows)[V::lanes]) {
  constexpr int half = V::lanes / 2;
  for (int span = 1; span < V::lanes; span *= 2) {
    V next[V::lanes];
#pragma GCC unroll 8
    for (int i = 0; i < half; i++) {
      next[2 * i] = zip_lower(rows[i], rows[i + half]);
      next[2 * i + 1] = zip_upper(rows[i], rows[i + half]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < V::lanes; i++) rows[i] = next[i];
  }
}

/** Columns as panels `panel` apart: column c of row r at to[c / width · panel + r · width + c % width]. Those past them are left alone. */
template <class V, class T>
FOVEA_APART void pack_rows(const T* from, int64_t row_stride, int64_t rows, int64_t columns, int64_t width, int64_t panel, float* to) {
  for (int64_t r = 0; r < rows; r++, from += row_stride, to += width) {
    float* row = to;
    for (int64_t begin = 0; begin < columns; begin += width, row += panel) {
      const int64_t end = smaller(width, columns - begin);
      int64_t c = 0;
      for (; c + V::lanes <= end; c += V::lanes) V::load(from + begin + c).store(row + c);
      if (c < end) store_part(load_part<V>(from + begin + c, end - c), row + c, end - c);
    }
  }
}

/**
 * to[r · width + c] = from(r, c) in blocks of lanes × lanes, transposed in registers: load(c, r, n) gives n rows of column c from row r on,
 * 0 in other lanes. Rows shorter than a vector are stored whole, but for the last: what is past them is the next one's, which then comes.
 */
template <class V, class Load>
inline void pack_transposed(int64_t rows, int64_t columns, int64_t width, float* to, Load load) {
  const int64_t last = V::tile_rows < V::lanes && width < V::lanes ? rows - 1 : 0;
  for (int64_t c = 0; c < columns; c += V::lanes) {
    const int64_t count = smaller(V::lanes, columns - c);
    for (int64_t r = 0; r < rows; r += V::lanes) {
      const int64_t depth = smaller(V::lanes, rows - r);
      V block[V::lanes];
      for (int64_t i = 0; i < V::lanes; i++) block[i] = i >= count ? V::set(0.0f) : load(c + i, r, depth);
      transpose(block);
      for (int64_t i = 0; i < depth; i++) {
        float* p = to + (r + i) * width + c;
        if (count == V::lanes || r + i < last)
          block[i].store(p);
        else
          store_part(block[i], p, count);
      }
    }
  }
}

/** The same where the columns of the source are contiguous. */
template <class V, class T>
inline void pack_columns(const T* from, int64_t column_stride, int64_t rows, int64_t columns, int64_t width, float* to) {
  pack_transposed<V>(rows, columns, width, to, [=](int64_t c, int64_t r, int64_t n) {
    const T* p = from + c * column_stride + r;
    __builtin_prefetch(p + V::lanes * column_stride);  // columns of a head are short, and end before the CPU has seen them begin
    return load_first<V>(p, n);
  });
}

/** n ≤ 2 · lanes neighbours of a row of bfloat16, two a lane, 0 elsewhere. */
template <class V>
inline V load_pairs(const bfloat16* p, int64_t stride, int64_t n) {
  if (stride == 1 && n == 2 * V::lanes) return V::load(reinterpret_cast<const float*>(p));
  bfloat16 part[2 * V::lanes] = {};
  for (int64_t i = 0; i < n; i++) part[i] = p[i * stride];
  return V::load(reinterpret_cast<const float*>(part));
}

/** The same of bfloat16 as it is: to[r / 2 · width + c] = the pair from(r, c), from(r + 1, c), whose second is 0 past the last row. */
template <class V>
inline void pack_pairs(Matrix from, int64_t rows, int64_t columns, int64_t width, float* to) {
  const bfloat16* data = static_cast<const bfloat16*>(from.data);
  const int64_t row_stride = from.row_stride, column_stride = from.column_stride;
  if (row_stride == 1)  // pairs already: what is left is to turn them
    return pack_transposed<V>(steps_of<Pair>(rows), columns, width, to, [=](int64_t c, int64_t r, int64_t n) {
      return load_pairs<V>(data + c * column_stride + 2 * r, 1, smaller(2 * n, rows - 2 * r));
    });
  for (int64_t r = 0; r < rows; r += 2, data += 2 * row_stride, to += width)
    for (int64_t c = 0; c < columns; c += 2 * V::lanes) {
      const int64_t n = smaller(2 * V::lanes, columns - c);
      const V row = load_pairs<V>(data + c * column_stride, column_stride, n);
      const V next = r + 1 < rows ? load_pairs<V>(data + row_stride + c * column_stride, column_stride, n) : V::set(0.0f);
      store_part(zip_pairs_lower(row, next), to + c, smaller(V::lanes, n));
      if (n > V::lanes) store_part(zip_pairs_upper(row, next), to + c + V::lanes, n - V::lanes);
    }
}

/** to[r · width + c] = from(r, c) in steps of E: one panel, or columns of one, of at most `width` columns. */
template <class V, class E = Single>
inline void pack_block(Matrix from, int64_t rows, int64_t columns, int64_t width, float* to) {
  if constexpr (E::depth == 2) return pack_pairs<V>(from, rows, columns, width, to);
  if (from.column_stride == 1) {
    with_source_type(from.dtype, [=](auto type) {
      pack_rows<V>(static_cast<const decltype(type)*>(from.data), from.row_stride, rows, columns, width, 0, to);
    });
  } else if (from.row_stride == 1) {
    with_source_type(from.dtype, [=](auto type) {
      pack_columns<V>(static_cast<const decltype(type)*>(from.data), from.column_stride, rows, columns, width, to);
    });
  } else {
    for (int64_t r = 0; r < rows; r++) widen<V>(from.at(r, 0).data, from.dtype, from.column_stride, columns, to + r * width);
  }
}

/**
 * All columns in panels of `width`, one after another, each as many steps of `width` long as rows make; the last is filled up with zeros.
 * Rows that are contiguous are read as far as they go: their lines may all lie in one set of the caches.
 */
template <class V, class E = Single>
inline void pack_panels(Matrix from, int64_t rows, int64_t columns, int64_t width, float* to) {
  const int64_t panel = steps_of<E>(rows) * width;
  if (columns % width != 0) std::memset(to + columns / width * panel, 0, sizeof(float) * static_cast<size_t>(panel));
  if (E::depth == 1 && from.column_stride == 1)
    return with_source_type(from.dtype, [=](auto type) {
      pack_rows<V>(static_cast<const decltype(type)*>(from.data), from.row_stride, rows, columns, width, panel, to);
    });
  for (int64_t c = 0; c < columns; c += width, to += panel) pack_block<V, E>(from.at(0, c), rows, smaller(width, columns - c), width, to);
}

}  // namespace
}  // namespace fovea
