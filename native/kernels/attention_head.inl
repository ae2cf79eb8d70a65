// The key side of attention's tiles: one key/value head, packed.
#pragma once

#include "attention_score.inl"
#include "mask.inl"
#include "pack.inl"

namespace fovea {
namespace {

/**
 * The keys of one head as panels of kᵀ, its values as panels or where they lie, and for each key tile whether all its values
 * are finite. Laid out by attention_pack, read by attention. In steps of E: a pair is two neighbours of the head dim, of the values
 * two neighbouring keys.
 */
template <class V, class E = Single>
struct PackedHead {
  static constexpr int64_t kWidth = V::tile_vectors * V::lanes;

  const float* keys;    // panel p: headDim steps of keys [p · kWidth, (p + 1) · kWidth)
  const float* terms;   // a number a key, where the score has such (attention_score.inl)
  const float* values;  // key j, column c at values[c / kWidth · panel_stride + j / depth · step]
  const float* finite;  // a number a key tile, 0 = some value is NaN or infinite; read where a rule masks
  int64_t panel_stride, step;

  PackedHead(const AttentionArgs& args, int64_t kv_head, const float* packed) {
    keys = packed;
    finite = keys + keys_size(args);
    terms = finite + tiles(args);
    if (in_place(args)) {
      values = static_cast<const float*>(head_of(args.v, args, kv_head, args.value_share).data);
      panel_stride = kWidth;
      step = args.v.row_stride;
    } else {
      values = terms + terms_size(args);
      panel_stride = steps_of<E>(args.key_length) * kWidth;
      step = kWidth;
    }
  }

  TileColumns values_at(int64_t key, int64_t column) const {
    return {values + column / kWidth * panel_stride + key / E::depth * step, step};
  }
  TileColumns keys_at(int64_t key, int64_t head_dim) const { return {keys + key * steps_of<E>(head_dim), kWidth}; }

  /** Whether all values of these keys are finite; read where a rule masks. */
  bool all_finite(Keys keys) const {
    for (int64_t tile = keys.begin / V::key_tile; tile * V::key_tile < keys.end; tile++)
      if (!finite[tile]) return false;
    return true;
  }

  static int64_t tiles(const AttentionArgs& args) { return round_up((args.key_length + V::key_tile - 1) / V::key_tile, 16); }
  static int64_t keys_size(const AttentionArgs& args) { return round_up(args.key_length, kWidth) * steps_of<E>(args.head_dim); }
  static int64_t values_size(const AttentionArgs& args) {
    return in_place(args) ? 0 : steps_of<E>(args.key_length) * round_up(args.value_dim, kWidth);
  }
  static int64_t terms_size(const AttentionArgs& args) { return has_terms(args.score) ? round_up(args.key_length, kWidth) : 0; }
  static int64_t floats(const AttentionArgs& args) { return keys_size(args) + tiles(args) + terms_size(args) + values_size(args); }

  /** Values need no packing when whole vectors of them can be read in rows that lie close together. */
  static bool in_place(const AttentionArgs& args) {
    constexpr int64_t close = 512;
    return in_one_piece(args) && args.v.dtype == DType::float32 && args.v.column_stride == 1 && args.value_dim % kWidth == 0 &&
           args.v.row_stride <= close;
  }
};

/** Whether any rule can hide a key from a row. */
inline bool may_mask(const AttentionArgs& args) {
  return args.mask.data || args.bias.data || args.key_lengths || args.pages.blocks || args.window_left < kUnbounded ||
         args.window_right < kUnbounded;
}

/** What any live query of the group may see of a stretch, from the start of a panel: only that is packed. */
template <class V>
inline Keys reach_of(const AttentionArgs& args, int64_t kv_head, int64_t stretch) {
  const Group group(args, kv_head);
  if (group.live_length == 0) return {0, 0};
  // Positions grow with the queries, and so do both ends of what they see.
  constexpr int64_t length = kPackedKeyTiles * V::key_tile;
  const Keys keys = {larger(group.row(args, {group.first_head, 0}).keys.begin, stretch * length),
                     smaller(group.row(args, {group.first_head, group.live_length - 1}).keys.end, (stretch + 1) * length)};
  const int64_t begin = panel_of<V>(keys.begin);
  return begin < keys.end ? Keys{begin, keys.end} : Keys{0, 0};
}

/** panel[r · width + c] *= scales[c] for c < columns. */
template <class V>
inline void scale_columns(const float* scales, int64_t rows, int64_t columns, int64_t width, float* panel) {
  for (int64_t c = 0; c < columns; c += V::lanes) {
    const int64_t n = smaller(V::lanes, columns - c);
    const V scale = load_part<V>(scales + c, n);
    for (float* p = panel + c; p < panel + rows * width; p += width) store_part(mul(load_part<V>(p, n), scale), p, n);
  }
}

/** panel[r · width + c] *= scales[r] for c < width, a whole number of vectors. */
template <class V>
inline void scale_rows(const float* scales, int64_t rows, int64_t width, float* panel) {
  for (int64_t r = 0; r < rows; r++, panel += width)
    for (int64_t c = 0; c < width; c += V::lanes) mul(V::load(panel + c), V::set(scales[r])).store(panel + c);
}

/** The keys of one run as columns of the panels of kᵀ, from the place of `key` on. */
template <class V, class E>
inline void pack_keys(const AttentionArgs& args, const KeyRun& run, int64_t key, float* panels) {
  constexpr int64_t width = PackedHead<V>::kWidth;
  for (int64_t j = 0, n; j < run.count; j += n) {
    const int64_t column = (key + j) % width;
    n = smaller(width - column, run.count - j);
    float* panel = panels + (key + j - column) * steps_of<E>(args.head_dim) + column;
    pack_block<V, E>(run.keys.at(j, 0).transposed(), args.head_dim, n, width, panel);
    if (run.key_scales) scale_columns<V>(run.key_scales + j, args.head_dim, n, width, panel);
  }
}

/** The values of one run as rows of their panels; `values` is where the first panel's row of the run begins. */
template <class V, class E>
inline void pack_values(const AttentionArgs& args, const KeyRun& run, int64_t panel_stride, float* values) {
  constexpr int64_t width = PackedHead<V>::kWidth;
  for (int64_t c = 0; c < args.value_dim; c += width, values += panel_stride) {
    pack_panels<V, E>(run.values.at(0, c), run.count, smaller(width, args.value_dim - c), width, values);
    if (run.value_scales) scale_rows<V>(run.value_scales, run.count, width, values);
  }
}

/** NaN where a lane of x holds a number that is not finite, else 0. */
template <class V, class E>
inline V residue_of(V x) {
  if constexpr (E::depth == 2)
    return dot_pairs(x, V::set(0.0f), V::set(0.0f));
  else
    return sub(x, x);
}

template <class V, class E = Single>
void attention_pack(const AttentionArgs& args, int64_t kv_head, int64_t stretch, float* packed) {
  using Head = PackedHead<V, E>;
  constexpr int64_t width = Head::kWidth;
  const int64_t key_steps = steps_of<E>(args.head_dim);
  const Keys reach = reach_of<V>(args, kv_head, stretch);
  const Head head(args, kv_head, packed);
  float* finite = packed + Head::keys_size(args);
  float* terms = finite + Head::tiles(args);
  float* values = terms + Head::terms_size(args);
  if (reach.end % width != 0)  // the last panel is filled up with zeros
    std::memset(packed + reach.end / width * width * key_steps, 0, sizeof(float) * static_cast<size_t>(width * key_steps));
  int64_t held = reach.begin;  // what a cache's window has passed is not there: zeros up to the first key of the panel that is
  if (args.pages.blocks && reach.begin < reach.end) held = larger(held, page_row(args.pages, kv_head / args.kv_heads).first);
  if (held > reach.begin) {
    std::memset(packed + reach.begin * args.head_dim, 0, sizeof(float) * static_cast<size_t>(width * args.head_dim));
    for (int64_t c = 0; c < args.value_dim; c += width)
      std::memset(values + c / width * head.panel_stride + reach.begin * width, 0,
                  sizeof(float) * static_cast<size_t>((held - reach.begin) * width));
  }
  for (int64_t key = held; key < reach.end;) {
    const KeyRun run = key_run(args, kv_head, key, reach.end);
    pack_keys<V, E>(args, run, key, packed);
    if (!Head::in_place(args)) pack_values<V, E>(args, run, head.panel_stride, values + key / E::depth * width);
    key += run.count;
  }
  if (has_terms(args.score)) key_terms<V>(args, kv_head, reach, packed, terms + reach.begin);
  if (!may_mask(args)) return;
  for (int64_t tile = reach.begin / V::key_tile; tile * V::key_tile < reach.end; tile++) {
    V residue = V::set(0.0f);
    const int64_t begin = larger(tile * V::key_tile, reach.begin), end = smaller((tile + 1) * V::key_tile, reach.end);
    for (int64_t c = 0; c < args.value_dim; c += width)
      for (int64_t j = begin; j < end; j += E::depth)
        for (int64_t l = 0; l < width; l += V::lanes) residue = add(residue, residue_of<V, E>(V::load(head.values_at(j, c).data + l)));
    finite[tile] = reduce_add(residue) == 0.0f;
  }
}

template <class V, class E = Single>
int64_t attention_packed(const AttentionArgs& args) {
  return PackedHead<V, E>::floats(args);
}

}  // namespace
}  // namespace fovea
