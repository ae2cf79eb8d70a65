// Matrix product: blocks of a and b, packed where it pays, and the micro-kernel over them (Goto & van de Geijn 2008; BLIS).
// Few rows of a take another way, that of a matrix-vector product: b is then streamed once, as it lies.
#pragma once

#include "../kernels.h"
#include "activation.inl"
#include "matmul_panels.inl"
#include "streams.inl"

namespace fovea {
namespace {

constexpr int64_t kPackedPanels = 8;  // of b, packed at a time for a single block of a
constexpr int64_t kSummedRows = 512;  // rows of c, if it is of a half type, whose sums wait in scratch for the next block of k

/** The part of c that a tile writes: element (r, c) at data[r · row_stride + c · column_stride], of that dtype. */
struct Target {
  void* data;
  DType dtype;
  int64_t row_stride, column_stride;

  Target at(int64_t row, int64_t column) const {
    return {element(data, dtype, row * row_stride + column * column_stride), dtype, row_stride, column_stride};
  }
  bool is_plain() const { return dtype == DType::float32 && column_stride == 1; }
};

/** The rows of a in one block of k: packed panels of tile_rows, one a tile, or as they lie. */
struct BlockRows {
  const float* data;
  int64_t panel;  // from one tile's panel to the next; 0: they lie in place
  int64_t row_stride, step;

  TileRows at(int64_t tile, int64_t row) const { return {data + (panel ? tile * panel : row * row_stride), row_stride, step}; }
};

/** m rows as tiles of nearly the same height, as few as can be: 128 rows are 7 tiles of 12 and 4 of 11, not 10 of 12 and one of 8. */
struct TileHeights {
  int64_t tiles, height, taller;  // the first `taller` tiles have one row more

  TileHeights(int64_t m, int64_t most) : tiles((m + most - 1) / most), height(m / tiles), taller(m % tiles) {}
  int64_t begin(int64_t tile) const { return tile * height + smaller(tile, taller); }
  int64_t rows(int64_t tile) const { return height + (tile < taller); }
};

/** Calls body(Height<rows>). */
template <class V, int RM = V::tile_rows, class Body>
FOVEA_INLINE void with_rows(int64_t rows, Body body) {
  if constexpr (RM > 1)
    if (rows < RM) return with_rows<V, RM - 1>(rows, body);
  body(Height<RM>());
}

/** bias[j · stride] for n columns, 0 where there is none. */
template <class V>
inline void read_bias(const MatmulArgs& args, int64_t column, int64_t n, float* to) {
  if (args.bias)
    widen<V>(args.bias + column * args.bias_stride, DType::float32, args.bias_stride, n, to);
  else
    for (int64_t i = 0; i < n; i++) to[i] = 0;
}

/**
 * What happens to c in one block of k: it starts from the bias, or from what the blocks before have left; the last one ends it. What is
 * left between two blocks lies in c itself, or in `sums` where c cannot hold a float32.
 */
struct Step {
  const float* bias;  // null: not the first block of k
  bool last;
  Activation activation;  // none: not the last one, or there is none
  float* sums;            // null: c holds them
  int64_t sums_stride;

  Step at(int64_t row, int64_t column) const {
    return {bias ? bias + column : nullptr, last, activation, sums ? sums + row * sums_stride + column : nullptr, sums_stride};
  }
};

// One tile of c: `columns` of it are real, the rest is padding that stays here. What earlier blocks of k have left is added at the
// end: until then it has time to come from memory.
template <class V, class E, int RM>
inline void matmul_tile(TileRows a, TileColumns b, int64_t steps, Step step, Target c, int64_t columns) {
  constexpr int RN = V::tile_vectors;
  constexpr int width = RN * V::lanes;
  const bool whole = columns == width && c.is_plain();
  float edge[RM * width];
  float* out = whole ? static_cast<float*>(c.data) : edge;
  const int64_t out_stride = whole ? c.row_stride : width;

  Tile<V, RM, RN> tile;
  if (whole) {
    for (int i = 0; i < RM; i++)
      for (int j = 0; j < width; j += 16) __builtin_prefetch(out + i * out_stride + j, 1);
  } else if (!step.bias && !step.sums) {
    for (int i = 0; i < RM; i++) widen<V>(c.at(i, 0).data, c.dtype, c.column_stride, columns, edge + i * width);
  }
  if (step.bias)
    tile.load(step.bias, 0);
  else
    tile.set(0.0f);
  tile.template accumulate<E>(a, b, steps);
  if (step.sums) {
    if (!step.bias) tile.add(step.sums, step.sums_stride);
    if (!step.last) return tile.store(step.sums, step.sums_stride);
  } else if (!step.bias) {
    tile.add(out, out_stride);
  }
  tile.store(out, out_stride);
  if (step.activation != Activation::none) activate<V>(step.activation, out, out, out_stride, RM, width);
  if (!whole)
    for (int i = 0; i < RM; i++) narrow<V>(edge + i * width, columns, c.at(i, 0).data, c.dtype, c.column_stride);
}

/** Rows that are packed next, asked for while the block before is computed, into L2: L1 is full of this one. */
struct Ahead {
  const char* row = nullptr;
  int64_t rows = 0, bytes = 0, stride = 0, at = 0;

  Ahead() = default;
  Ahead(Matrix b, int64_t rows, int64_t columns)
      : row(static_cast<const char*>(b.data)),
        rows(b.column_stride == 1 ? rows : 0),
        bytes(columns * element_bytes(b.dtype)),
        stride(b.row_stride * element_bytes(b.dtype)) {}

  int64_t lines() const { return rows * ((bytes + 63) / 64); }

  void ask(int64_t lines) {
    for (; lines > 0 && rows > 0; lines--) {
      __builtin_prefetch(row + at, 0, 2);
      at += 64;
      if (at < bytes) continue;
      at = 0;
      row += stride;
      rows--;
    }
  }
};

// One block: panels of b outside, so that one stays in L1 while all panels of a, in L2, run past it.
template <class V, class E>
inline void matmul_block(BlockRows a, BlockColumns b, int64_t m, int64_t n, int64_t steps, Step step, Target c, Ahead ahead) {
  constexpr int64_t width = V::tile_vectors * V::lanes;
  const TileHeights tiles(m, V::tile_rows);
  const int64_t lines = ahead.lines() / (tiles.tiles * ((n + width - 1) / width)) + 1;
  for (int64_t j = 0; j < n; j += width) {
    const TileColumns columns = b.at(j / width);
    const int64_t real = smaller(width, n - j);
    for (int64_t tile = 0; tile < tiles.tiles; tile++) {
      const int64_t i = tiles.begin(tile);
      const TileRows rows = a.at(tile, i);
      if constexpr (V::prefetches) ahead.ask(lines);
      with_rows<V>(tiles.rows(tile), [&](auto height) {
        constexpr int RM = decltype(height)::rows;
        // The packed layout is written out so that the strides are constants in the loop.
        if (a.panel)
          matmul_tile<V, E, RM>({rows.data, 1, V::tile_rows}, columns, steps, step.at(i, j), c.at(i, j), real);
        else
          matmul_tile<V, E, RM>(rows, columns, steps, step.at(i, j), c.at(i, j), real);
      });
    }
  }
}

/** m rows of a, k long, as one panel for each tile. */
template <class V, class E>
inline void pack_tiles(Matrix a, int64_t m, int64_t k, float* to) {
  const TileHeights tiles(m, V::tile_rows);
  const int64_t panel = V::tile_rows * steps_of<E>(k);
  for (int64_t tile = 0; tile < tiles.tiles; tile++)
    pack_block<V, E>(a.at(tiles.begin(tile), 0).transposed(), k, tiles.rows(tile), V::tile_rows, to + tile * panel);
}

// c[RM × n] += A[RM × DEPTH] · B[DEPTH × n] for a few rows of a; b's rows are contiguous, c's a stretch that stays in L1.
template <class V, int RM, int DEPTH, class T>
inline void add_rows(const float* a, int64_t a_row_stride, const T* b, int64_t b_row_stride, int64_t n, float* c) {
  V x[RM][DEPTH];
  for (int i = 0; i < RM; i++)
    for (int p = 0; p < DEPTH; p++) x[i][p] = V::set(a[i * a_row_stride + p]);
  const auto add_at = [&](int64_t j, auto load) {
    V row[DEPTH];
    for (int p = 0; p < DEPTH; p++) row[p] = load(b + p * b_row_stride + j);
    for (int i = 0; i < RM; i++) {
      float* to = c + i * kStreamedColumns + j;
      V sum = V::load(to);
      for (int p = 0; p < DEPTH; p++) sum = mul_add(x[i][p], row[p], sum);
      sum.store(to);
    }
  };
  int64_t j = 0;
  for (; j + V::lanes <= n; j += V::lanes) add_at(j, [](const T* from) { return V::load(from); });
  if (j < n) add_at(j, [&](const T* from) { return load_part<V>(from, n - j); });
}

// c[RM × n] += A[RM × k] · B[k × n]: every row of b is read once, some of them at a time: c is loaded less often, and memory asked at more
// places. RM · DEPTH of a's elements stay in registers.
template <class V, int RM, class T>
inline void stream_rows(const float* a, int64_t a_row_stride, const T* b, int64_t b_row_stride, int64_t n, int64_t k, float* c) {
  constexpr int DEPTH = RM <= 2 && V::lanes >= 8 ? 8 : 4;
  int64_t p = 0;
  for (; p + DEPTH <= k; p += DEPTH) add_rows<V, RM, DEPTH>(a + p, a_row_stride, b + p * b_row_stride, b_row_stride, n, c);
  for (; p < k; p++) add_rows<V, RM, 1>(a + p, a_row_stride, b + p * b_row_stride, b_row_stride, n, c);
}

// The same where b's columns are contiguous: dot products, with a column of each stream at a time.
template <class V, int RM, class T>
inline void stream_columns(const float* a, int64_t a_row_stride, const T* b, int64_t b_column_stride, int64_t n, int64_t k, int64_t ahead,
                           float* c) {
  const int64_t stream = (n + kStreams - 1) / kStreams;
  for (int64_t j = 0; j < stream; j++) {
    const T* columns[kStreams];
    V products[RM * kStreams];
    for (int s = 0; s < kStreams; s++) columns[s] = b + smaller(j + s * stream, n - 1) * b_column_stride;
    multiply_streams<V, RM>(a, a_row_stride, columns, k, ahead, products);
    for (int i = 0; i < RM; i++)
      for (int64_t s = 0; s < kStreams && j + s * stream < n; s++)
        c[i * kStreamedColumns + j + s * stream] += reduce_add(products[i * kStreams + s]);
  }
}

template <class V>
inline void matmul_streamed(const MatmulArgs& args, Matrix a, Matrix b, Target c, int64_t m, int64_t n_begin, int64_t n, float* scratch) {
  const int64_t k = args.k;
  const int64_t width = round_up(k, V::lanes);
  float* rows = scratch;                       // a, m × width
  float* sums = rows + kStreamedRows * width;  // c, m × kStreamedColumns
  for (int64_t i = 0; i < m; i++) {
    if (k > 0) V::set(0.0f).store(rows + (i + 1) * width - V::lanes);  // past the last one: the last vector is multiplied whole
    widen<V>(a.at(i, 0).data, a.dtype, a.column_stride, k, rows + i * width);
  }
  for (int64_t j = 0; j < n; j += kStreamedColumns) {
    const int64_t count = smaller(kStreamedColumns, n - j);
    const Matrix part = b.at(0, j);
    for (int64_t i = 0; i < m; i++) read_bias<V>(args, n_begin + j, count, sums + i * kStreamedColumns);
    with_type(b.dtype, [&](auto type) {
      using T = decltype(type);
      const T* data = static_cast<const T*>(part.data);
      const auto stream = [&](auto height) {
        constexpr int RM = decltype(height)::rows;
        if (b.column_stride == 1)
          stream_rows<V, RM>(rows, width, data, b.row_stride, count, k, sums);
        else
          stream_columns<V, RM>(rows, width, data, b.column_stride, count, k, stream_ahead(k, b.dtype, b.column_stride), sums);
      };
      if (m == 1) stream(Height<1>());
      if (m == 2) stream(Height<2>());
      if (m == 3) stream(Height<3>());
      if (m == 4) stream(Height<4>());
    });
    activate<V>(args.activation, sums, sums, kStreamedColumns, m, round_up(count, V::lanes));
    for (int64_t i = 0; i < m; i++) narrow<V>(sums + i * kStreamedColumns, count, c.at(i, j).data, c.dtype, c.column_stride);
  }
}

inline Panels panels_of(const MatmulArgs& args) { return {args.b.data, args.b.dtype, args.scales, args.k}; }

// The same for a packed b: panel after panel, each one stream.
template <class V>
inline void matmul_streamed_panels(const MatmulArgs& args, Matrix a, Target c, int64_t m, int64_t n_begin, int64_t n, float* rows) {
  constexpr int64_t width = V::tile_vectors * V::lanes;
  const int64_t k = args.k;
  const Panels b = panels_of(args);
  float sums[kStreamedRows * width], bias[width];
  for (int64_t i = 0; i < m; i++) widen<V>(a.at(i, 0).data, a.dtype, a.column_stride, k, rows + i * k);
  for (int64_t j = 0; j < n; j += width) {
    const int64_t column = n_begin + j, count = smaller(width, n - j);
    with_source_type(b.dtype, [&](auto type) {
      const auto* panel = static_cast<const decltype(type)*>(b.data) + column * k;
      if (m == 1) stream_panel<V, 1>(rows, k, panel, sums);
      if (m == 2) stream_panel<V, 2>(rows, k, panel, sums);
      if (m == 3) stream_panel<V, 3>(rows, k, panel, sums);
      if (m == 4) stream_panel<V, 4>(rows, k, panel, sums);
    });
    std::memset(bias, 0, sizeof bias);
    read_bias<V>(args, column, count, bias);
    finish_panel<V>(b.scales ? b.scales + column : nullptr, bias, m, sums);
    activate<V>(args.activation, sums, sums, width, m, width);
    for (int64_t i = 0; i < m; i++) narrow<V>(sums + i * width, count, c.at(i, j).data, c.dtype, c.column_stride);
  }
}

/** The index of the batch, counted with the last dimension fastest, as an offset in elements. */
inline int64_t batch_offset(const MatmulArgs& args, const int64_t (&strides)[kMatmulBatchRank], int64_t index) {
  int64_t offset = 0;
  for (int d = kMatmulBatchRank - 1; d >= 0; d--) {
    offset += index % args.batch[d] * strides[d];
    index /= args.batch[d];
  }
  return offset;
}

inline Matrix matrix_of(const MatmulArgs& args, const MatrixView& view, int64_t batch_index) {
  const void* data = element(static_cast<const void*>(view.data), view.dtype, batch_offset(args, view.batch_strides, batch_index));
  return {data, view.dtype, view.row_stride, view.column_stride};
}

template <class V, class E>
inline int64_t block_of_k(const MatmulArgs& args) {
  return smaller(V::block_k * E::depth, args.k);
}
template <class V>
inline int64_t block_of_m(const MatmulArgs& args) {
  return smaller(V::block_m, round_up(args.m, V::tile_rows));
}
template <class V>
inline int64_t block_of_n(const MatmulArgs& args) {
  return smaller(V::block_n, round_up(args.n, V::tile_vectors * V::lanes));
}
/** Floats of sums that wait for the next block of k: none where c can hold them, or there is but one block. */
template <class V, class E>
inline int64_t sums_size(const MatmulArgs& args) {
  const bool waits = args.out.dtype != DType::float32 && args.k > block_of_k<V, E>(args);
  return waits ? smaller(kSummedRows, args.m) * block_of_n<V>(args) : 0;
}

/** Panels of a matrix that the tile can read where they lie need no packing: float32 (or whole pairs), and columns (for b) contiguous. */
template <class V, class E>
inline bool in_place_rows(Matrix a, int64_t n, int64_t k) {
  constexpr int64_t few = 4 * V::tile_vectors * V::lanes;  // columns over which packing a would not pay
  if constexpr (E::depth == 2) {
    const bool whole = k % 2 == 0 && a.row_stride % 2 == 0 && reinterpret_cast<uintptr_t>(a.data) % sizeof(float) == 0;
    return whole && a.column_stride == 1 && n <= few;
  }
  return a.dtype == DType::float32 && (a.row_stride == 1 || a.column_stride == 1) && n <= few;
}
template <class V>
inline bool in_place_columns(Matrix b, int64_t m, int64_t n, int64_t k) {
  constexpr int64_t width = V::tile_vectors * V::lanes;
  constexpr int64_t small = 8192;  // elements of b that stay in L1 together with a's panel
  return b.dtype == DType::float32 && b.column_stride == 1 && n % width == 0 && (n * k <= small || m <= V::tile_rows);
}

/** The rows of an a that lies in memory, as matmul_blocks asks for them. */
struct RowsInPlace {
  Matrix a;

  /** Rows [row, row + rows) of columns [column, column + columns); `again`: they were the last ones that were asked for. */
  Matrix block(int64_t row, int64_t, int64_t column, int64_t, bool) const { return a.at(row, column); }
};

/** The product in blocks: the n columns of b and c from n_begin on, m rows of a and c. */
template <class V, class E, class Rows>
inline void matmul_blocks(const MatmulArgs& args, Rows a, Matrix b, Target c, int64_t m, int64_t n_begin, int64_t n, float* scratch) {
  constexpr int64_t width = V::tile_vectors * V::lanes;
  const int64_t block_k = block_of_k<V, E>(args), block_n = block_of_n<V>(args), waiting = sums_size<V, E>(args);
  const bool one_block = m <= V::block_m;  // of a: it stays packed while b is packed a few panels at a time, which then stay in L2, too
  const int64_t at_once = one_block ? kPackedPanels * width : block_n;
  float* bias = scratch;
  float* sums = bias + block_n;
  float* packed_a = sums + waiting;
  float* packed_b = packed_a + block_of_m<V>(args) * steps_of<E>(block_k);
  for (int64_t j = 0; j < n; j += block_n) {
    const int64_t columns = smaller(block_n, n - j);
    std::memset(bias, 0, sizeof(float) * static_cast<size_t>(round_up(columns, width)));
    read_bias<V>(args, n_begin + j, columns, bias);
    int64_t p = 0;
    do {
      const int64_t depth = smaller(block_k, args.k - p), steps = steps_of<E>(depth);
      const bool last = p + block_k >= args.k;
      const Step step = {p == 0 ? bias : nullptr, last, last ? args.activation : Activation::none, waiting ? sums : nullptr, block_n};
      for (int64_t q = j; q < j + columns; q += at_once) {
        const int64_t count = smaller(at_once, j + columns - q);
        const Matrix block_b = b.at(p, q);
        BlockColumns columns_of_b = {static_cast<const float*>(block_b.data), width, block_b.row_stride};
        if (args.panel) {
          columns_of_b = block_of_panels<V, E>(panels_of(args), n_begin + q, count, p, depth, packed_b);
        } else if (!in_place_columns<V>(b, m, n, depth)) {
          pack_panels<V, E>(block_b, depth, count, width, packed_b);
          columns_of_b = {packed_b, steps * width, width};
        }
        Ahead ahead;
        if (V::prefetches && one_block && !args.panel && !in_place_columns<V>(b, m, n, depth)) {
          if (q + at_once < j + columns)
            ahead = {b.at(p, q + at_once), depth, smaller(at_once, j + columns - q - at_once)};
          else if (!last)
            ahead = {b.at(p + block_k, j), smaller(block_k, args.k - p - block_k), smaller(at_once, columns)};
        }
        for (int64_t i = 0; i < m; i += V::block_m) {
          const int64_t rows = smaller(V::block_m, m - i);
          const bool again = q > j && one_block;
          const Matrix block_a = a.block(i, rows, p, depth, again);
          BlockRows rows_of_a = {static_cast<const float*>(block_a.data), 0, block_a.row_stride / E::depth, block_a.column_stride};
          if (!in_place_rows<V, E>(block_a, n, args.k)) {
            rows_of_a = {packed_a, V::tile_rows * steps, 1, V::tile_rows};
            if (!again) pack_tiles<V, E>(block_a, rows, depth, packed_a);
          }
          matmul_block<V, E>(rows_of_a, columns_of_b, rows, count, steps, step.at(i, q - j), c.at(i, q), ahead);
        }
      }
      p += block_k;
    } while (p < args.k);
  }
}

template <class V, class E = Single>
void matmul(const MatmulArgs& args, int64_t batch_index, int64_t m_begin, int64_t m_end, int64_t n_begin, int64_t n_end, float* scratch) {
  const Matrix a = matrix_of(args, args.a, batch_index).at(m_begin, 0);
  const Matrix b = matrix_of(args, args.b, batch_index).at(0, n_begin);
  void* out = element(args.out.data, args.out.dtype, batch_offset(args, args.out.batch_strides, batch_index));
  const Target c = Target{out, args.out.dtype, args.out.row_stride, args.out.column_stride}.at(m_begin, n_begin);
  const int64_t m = m_end - m_begin, n = n_end - n_begin;
  if constexpr (E::depth == 1) {
    if (args.m <= kStreamedRows && args.panel) return matmul_streamed_panels<V>(args, a, c, m, n_begin, n, scratch);
    if (args.m <= kStreamedRows && (b.column_stride == 1 || b.row_stride == 1))
      return matmul_streamed<V>(args, a, b, c, m, n_begin, n, scratch);
  }
  const int64_t at_once = sums_size<V, E>(args) ? kSummedRows : m;
  for (int64_t i = 0; i < m; i += at_once)
    matmul_blocks<V, E>(args, RowsInPlace{a.at(i, 0)}, b, c.at(i, 0), smaller(at_once, m - i), n_begin, n, scratch);
}

/** Of matmul_blocks. */
template <class V, class E>
inline int64_t blocks_scratch(const MatmulArgs& args) {
  const int64_t steps = steps_of<E>(block_of_k<V, E>(args)), block_n = block_of_n<V>(args);
  return block_n + sums_size<V, E>(args) + (block_of_m<V>(args) + block_n) * steps;
}

template <class V, class E = Single>
int64_t matmul_scratch(const MatmulArgs& args) {
  const int64_t blocked = blocks_scratch<V, E>(args);
  const int64_t streamed = kStreamedRows * (round_up(args.k, V::lanes) + kStreamedColumns);
  return args.m <= kStreamedRows ? larger(blocked, streamed) : blocked;
}

}  // namespace
}  // namespace fovea
