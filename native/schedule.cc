// Cuts a call into tasks. Their borders come from the shape alone, never from the number of threads, so the bits do not either. (Where
// they change no bits, one thread alone may have others: run_pool.)
// A call too small to be worth another thread is one task.
#include "schedule.h"

#include <new>

#include "waiting.h"

namespace fovea {
namespace {

/** Work of a task in multiply-adds that is worth a thread's coming: some ten microseconds. */
constexpr int64_t kWorthwhile = int64_t{1} << 19;

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
int64_t round_up(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

/** How many pieces of size `step` cover `count`. */
int64_t pieces(int64_t count, int64_t step) { return (count + step - 1) / step; }

/** Room for `floats` floats, rounded up so that what follows stays aligned to a cache line. */
int64_t bytes_of(int64_t floats) { return round_up(floats * int64_t{sizeof(float)}, 64); }

int64_t product(const int64_t* sizes, int count) {
  int64_t total = 1;
  for (int i = 0; i < count; i++) total *= sizes[i];
  return total;
}

/** Does task(index, scratch) for every index; those of little work, in multiply-adds, some at a time. */
template <class F>
Status in_tasks(Host* host, int64_t tasks, int64_t work, int64_t scratch_floats, const F& task) {
  if (tasks == 0) return Status::ok;
  struct Context {
    const F& task;
    int64_t tasks, step;
  } const all = {task, tasks, larger(1, kWorthwhile / (work + 1))};
  const auto some = [](const void* context, int64_t index, void* scratch) {
    const auto& it = *static_cast<const Context*>(context);
    const int64_t end = smaller((index + 1) * it.step, it.tasks);
    for (int64_t i = index * it.step; i < end; i++) it.task(i, static_cast<float*>(scratch));
  };
  return host->run(host, pieces(tasks, all.step), bytes_of(scratch_floats), some, &all);
}

/** Does task(begin, end, scratch) for stretches of `step` rows, a row of so much work. */
template <class F>
Status in_stretches(Host* host, int64_t rows, int64_t step, int64_t row_work, int64_t scratch_floats, const F& task) {
  return in_tasks(host, pieces(rows, step), smaller(step, rows) * row_work, scratch_floats,
                  [&](int64_t index, float* scratch) { task(index * step, smaller(index * step + step, rows), scratch); });
}

/** What an element of a softmax, a norm, a merge, an activation, a rotation or a conversion costs, in multiply-adds. */
constexpr int64_t kElement = 8;

/** Rows of a softmax, a norm, a rotation or a merge in a task: worth a thread's coming, or one row. */
int64_t rows_of_task(int64_t elements_per_row) {
  constexpr int64_t elements = kWorthwhile / kElement;
  return elements_per_row >= elements ? 1 : elements / (elements_per_row + 1) + 1;
}

// ---- attention ----

/** How the key/value heads of a call fall into parts: stretches of keys to pack, and tiles of queries that read them. */
struct Heads {
  int64_t count, stretches, tiles, packed_floats, scratch_floats;
  int64_t work;  // multiply-adds of a head, were nothing hidden
  bool heavy_last;

  Heads(const Kernels& kernels, const AttentionArgs& args)
      : count(args.batch * args.kv_heads), packed_floats(kernels.attention_packed(args)), scratch_floats(kernels.attention_scratch(args)) {
    const int64_t rows = args.query_heads / args.kv_heads * args.query_length;
    stretches = larger(1, pieces(args.key_length, kPackedKeyTiles * kernels.tile.key_tile));
    tiles = pieces(rows, kernels.tile.query_tile);
    constexpr int64_t tanh = 16;  // as multiply-adds
    const int64_t score = args.score == Score::additive ? tanh * args.head_dim : args.head_dim;
    work = rows * (args.key_length + 1) * (score + args.value_dim + 1);
    heavy_last = args.window_right < kUnbounded;
  }
};

/** Small heads: a task is some of them, each packed and worked on in the thread's own scratch. */
Status run_whole_heads(const Kernels& kernels, const AttentionArgs& args, const Heads& heads, Host* host) {
  const int64_t packed_floats = round_up(heads.packed_floats, 16);
  return in_tasks(host, heads.count, heads.work, packed_floats + heads.scratch_floats, [&](int64_t head, float* scratch) {
    for (int64_t stretch = 0; stretch < heads.stretches; stretch++) kernels.attention_pack(args, head, stretch, scratch);
    for (int64_t tile = 0; tile < heads.tiles; tile++) kernels.attention(args, head, tile, scratch, scratch + packed_floats);
  });
}

/** Whether keys and values are read where they lie, by few queries a head. Their weights, if asked for, take a second look at the keys. */
bool is_few(const AttentionArgs& args) {
  const bool in_rows = args.pages.blocks || (args.k.column_stride == 1 && args.v.column_stride == 1);
  const bool few = args.query_heads / args.kv_heads * args.query_length <= kFewRows;
  return few && in_rows && !args.weights && args.score != Score::additive;
}

/** A score's weights, multiplied to q and k before the attention: what then is attended to is a score of two vectors of one width. */
struct Projection {
  bool of_queries, of_keys;
  int64_t key_heads, width;  // of what comes of it
  int64_t query_floats, key_floats;

  explicit Projection(const AttentionArgs& args)
      : of_queries(args.score == Score::general || args.query_weight.data || args.head_dim != args.units),
        of_keys(args.score == Score::additive && (args.key_weight.data || args.key_dim != args.units)),
        key_heads(of_keys ? projected_key_heads(args) : args.kv_heads),
        width(args.score == Score::general ? args.key_dim : args.units),
        query_floats(of_queries ? round_up(args.batch * args.query_heads * args.query_length * width, 16) : 0),
        key_floats(of_keys ? round_up(args.batch * key_heads * args.key_length * width, 16) : 0) {}

  int64_t floats() const { return query_floats + key_floats; }

  /** The attention that is left, of what lies in `memory`. */
  AttentionArgs rest_of(const AttentionArgs& args, float* memory) const {
    AttentionArgs rest = args;
    const auto dense = [&](float* data, int64_t heads, int64_t length) {
      return View4{data, DType::float32, heads * length * width, length * width, width, 1};
    };
    if (args.score == Score::general) rest.score = Score::dot;
    rest.head_dim = width;
    if (of_queries) rest.q = dense(memory, args.query_heads, args.query_length);
    if (of_keys) rest.k = dense(memory + query_floats, key_heads, args.key_length);
    rest.value_share = key_heads / args.kv_heads;
    rest.kv_heads = key_heads;
    return rest;
  }

  Status run(const Kernels& kernels, const AttentionArgs& args, Host* host, float* memory) const {
    const int64_t queries = pieces(args.query_length, kProjectedRows), keys = pieces(args.key_length, kProjectedRows);
    const int64_t query_tasks = of_queries ? args.batch * args.query_heads * queries : 0;
    const int64_t key_tasks = of_keys ? args.batch * key_heads * keys : 0;
    const int64_t rows = smaller(kProjectedRows, larger(of_queries ? args.query_length : 0, of_keys ? args.key_length : 0));
    const int64_t work = rows * width * larger(args.head_dim, args.key_dim);
    return in_tasks(host, query_tasks + key_tasks, work, kernels.project_scratch(args), [&](int64_t index, float* scratch) {
      const bool is_query = index < query_tasks;
      const int64_t length = is_query ? args.query_length : args.key_length, of_head = is_query ? queries : keys;
      const int64_t head = (is_query ? index : index - query_tasks) / of_head;
      const int64_t begin = (is_query ? index : index - query_tasks) % of_head * kProjectedRows;
      float* to = memory + (is_query ? 0 : query_floats) + (head * length + begin) * width;
      const auto project = is_query ? kernels.project_queries : kernels.project_keys;
      project(args, head, begin, smaller(begin + kProjectedRows, length), to, scratch);
    });
  }
};

/** Where a packed head lies, and how far those that lay there one after the other have come. */
struct Slot {
  Counter packed, done;
};

/**
 * Large heads: all threads work on one head together, first on its packing, then on its tiles. The next head is packed, into another
 * slot, before the last tiles of this one, so that nobody waits for it: with one thread there is one slot, and nothing is packed ahead.
 *
 *   order of tasks:  pack 0 | tiles of 0 but the last `ahead` · pack 1 · these last | tiles of 1 but … | …
 */
struct SharedHeads {
  const Kernels& kernels;
  const AttentionArgs& args;
  const Heads heads;
  int64_t slots, ahead;
  int64_t slot_bytes;
  char* memory = nullptr;

  SharedHeads(const Kernels& kernels, const AttentionArgs& args, const Heads& heads, int64_t threads)
      : kernels(kernels), args(args), heads(heads), slot_bytes(int64_t{sizeof(Slot)} + bytes_of(heads.packed_floats)) {
    slots = threads == 1 ? 1 : smaller(heads.count, 2 + (threads - 1) / heads.tiles);
    ahead = slots == 1 ? 0 : smaller(heads.tiles, threads);
  }

  int64_t bytes() const { return slots * slot_bytes; }

  void begin(char* where) {
    memory = where;
    for (int64_t i = 0; i < slots; i++) new (&slot(i)) Slot;
  }

  Slot& slot(int64_t head) const { return *reinterpret_cast<Slot*>(memory + head % slots * slot_bytes); }
  float* packed(int64_t head) const { return reinterpret_cast<float*>(&slot(head) + 1); }

  void pack(int64_t head, int64_t stretch) const {
    slot(head).done.wait_for(head / slots * heads.tiles);  // of the heads that lay here before
    kernels.attention_pack(args, head, stretch, packed(head));
    slot(head).packed.add_one();
  }

  void attend(int64_t head, int64_t place, float* scratch) const {
    slot(head).packed.wait_for((head / slots + 1) * heads.stretches);
    kernels.attention(args, head, heads.heavy_last ? heads.tiles - 1 - place : place, packed(head), scratch);
    slot(head).done.add_one();
  }

  void task(int64_t index, float* scratch) const {
    if (index < heads.stretches) return pack(0, index);
    const int64_t round = heads.tiles + heads.stretches;
    const int64_t head = (index - heads.stretches) / round, step = (index - heads.stretches) % round;
    const int64_t before = head == heads.count - 1 ? heads.tiles : heads.tiles - ahead;
    if (step < before) return attend(head, step, scratch);
    if (step < before + heads.stretches) return pack(head + 1, step - before);
    attend(head, step - heads.stretches, scratch);
  }
};

}  // namespace

Status run_attention(const Kernels& kernels, const AttentionArgs& args, Host* host) {
  if (args.batch == 0 || args.query_heads == 0 || args.query_length == 0) return Status::ok;
  constexpr int64_t small = int64_t{1} << 22;
  const bool projects = args.score == Score::general || args.score == Score::additive;
  const Projection projection(args);
  AttentionArgs projected;
  if (projects) projected = projection.rest_of(args, nullptr);
  const AttentionArgs& rest = projects ? projected : args;
  const Heads heads(kernels, rest);
  const bool few = is_few(rest), shares = !few && heads.work > small;
  SharedHeads shared(kernels, rest, heads, host->threads);

  const int64_t before = projects ? bytes_of(projection.floats()) : 0, bytes = before + (shares ? shared.bytes() : 0);
  char* const memory = bytes > 0 ? static_cast<char*>(host->acquire(host, bytes)) : nullptr;
  if (bytes > 0 && !memory) return Status::out_of_memory;
  if (projects) {
    projected = projection.rest_of(args, reinterpret_cast<float*>(memory));
    const Status status = projection.run(kernels, args, host, reinterpret_cast<float*>(memory));
    if (status != Status::ok) return status;
  }
  if (few)
    return in_tasks(host, heads.count, heads.work, kernels.attention_few_scratch(rest),
                    [&](int64_t head, float* scratch) { kernels.attention_few(rest, head, scratch); });
  if (!shares) return run_whole_heads(kernels, rest, heads, host);

  shared.begin(memory + before);
  return in_tasks(host, heads.count * (heads.stretches + heads.tiles), kWorthwhile, heads.scratch_floats,
                  [&](int64_t index, float* scratch) { shared.task(index, scratch); });
}

namespace {

/** 0 for every element that the view reaches; a dimension of stride 0 is one element. */
void clear(const View4& view, const AttentionArgs& args) {
  const auto once = [](int64_t size, int64_t stride) { return stride == 0 && size > 0 ? 1 : size; };
  for (int64_t b = 0; b < once(args.batch, view.batch_stride); b++)
    for (int64_t h = 0; h < once(args.query_heads, view.head_stride); h++)
      for (int64_t i = 0; i < once(args.query_length, view.row_stride); i++)
        for (int64_t j = 0; j < once(args.key_length, view.column_stride); j++)
          static_cast<float*>(view.data)[b * view.batch_stride + h * view.head_stride + i * view.row_stride + j * view.column_stride] = 0;
}

Status run_backward_heads(const Kernels& kernels, const BackwardArgs& args, Host* host) {
  const AttentionArgs& forward = args.forward;
  const int64_t heads = forward.batch * forward.kv_heads / forward.value_share;
  const int64_t rows = forward.query_heads / forward.kv_heads * forward.value_share * forward.query_length;
  constexpr int64_t tanh = 16;  // as multiply-adds; one more for the gradient
  const int64_t score = forward.score == Score::additive ? 2 * (tanh + 2) * forward.head_dim : 5 * forward.head_dim / 2;
  const int64_t work = (rows + 1) * (forward.key_length + 1) * (score + 5 * forward.value_dim / 2 + 1);
  // Heads may add to one and the same bias: then they come one after another, on one thread, so that the sums do not depend on who was
  // first.
  const int64_t together = args.d_bias.data ? heads : 1;
  return in_tasks(host, heads / together, together * work, kernels.backward_scratch(args), [&](int64_t index, float* scratch) {
    if (args.d_bias.data) clear(args.d_bias, forward);
    for (int64_t head = index * together; head < (index + 1) * together; head++) kernels.backward(args, head, scratch);
  });
}

/** What a score's weights add to the way back: the gradients of what they made of q and k, and from those the gradients of both factors. */
struct ProjectionBackward {
  const Kernels& kernels;
  const BackwardArgs& args;
  const Projection projection;
  bool of_queries, of_keys;  // whether dQ and dK are yet to be made
  int64_t stride, query_floats, key_floats, vector_floats;
  float *d_queries, *d_keys, *d_vector;

  ProjectionBackward(const Kernels& kernels, const BackwardArgs& args)
      : kernels(kernels),
        args(args),
        projection(args.forward),
        of_queries(projection.of_queries || args.d_score_bias.data),
        of_keys(projection.of_keys),
        stride(round_up(projection.width, kernels.tile.columns)) {
    const AttentionArgs& forward = args.forward;
    const int64_t b = forward.batch, hq = forward.query_heads;
    query_floats = of_queries ? b * hq * forward.query_length * stride : 0;
    key_floats = of_keys ? b * projection.key_heads * forward.key_length * stride : 0;
    vector_floats = forward.score == Score::additive ? round_up(b * hq * forward.units, 16) : 0;
  }

  int64_t floats() const { return round_up(projection.floats(), 16) + query_floats + key_floats + vector_floats; }

  /** The backward pass of the attention that is left. */
  BackwardArgs rest_of(float* memory) {
    const AttentionArgs& forward = args.forward;
    d_queries = memory + round_up(projection.floats(), 16);
    d_keys = d_queries + query_floats;
    d_vector = d_keys + key_floats;
    const auto dense = [&](float* data, int64_t heads, int64_t length) {
      return View4{data, DType::float32, heads * length * stride, length * stride, stride, 1};
    };
    BackwardArgs rest = args;
    rest.forward = projection.rest_of(forward, memory);
    if (of_queries) rest.d_query = dense(d_queries, forward.query_heads, forward.query_length);
    if (of_keys) rest.d_key = dense(d_keys, projection.key_heads, forward.key_length);
    rest.d_vector = vector_floats > 0 ? d_vector : nullptr;
    return rest;
  }

  Status run(Host* host) const {
    const AttentionArgs& forward = args.forward;
    const int64_t hq = forward.query_heads, columns = projection.width;
    if (of_queries) {
      const Status status = run_projection(host, {forward.batch, hq, hq, forward.query_length, forward.head_dim, columns, stride, d_queries,
                                                  forward.q, args.d_query, forward.query_weight, args.d_query_weight});
      if (status != Status::ok) return status;
    }
    if (of_keys) {
      const Status status =
          run_projection(host, {forward.batch, projection.key_heads, forward.kv_heads, forward.key_length, forward.key_dim, columns, stride,
                                d_keys, forward.k, args.d_key, forward.key_weight, args.d_key_weight});
      if (status != Status::ok) return status;
    }
    const Status status = run_sum(host, {forward.batch, hq, forward.query_length, forward.units, stride, d_queries, args.d_score_bias});
    return status == Status::ok ? run_sum(host, {forward.batch, hq, 1, forward.units, forward.units, d_vector, args.d_score_vector})
                                : status;
  }

  Status run_projection(Host* host, const ProjectBackwardArgs& back) const {
    const int64_t stretches = pieces(back.length, kProjectedRows), rows = smaller(kProjectedRows, back.length);
    const int64_t scratch_floats = kernels.project_backward_scratch(back), product = back.width * back.columns;
    const Status status =
        in_tasks(host, back.batch * back.x_heads * stretches, rows * product * back.heads / back.x_heads, scratch_floats,
                 [&](int64_t index, float* scratch) {
                   const int64_t begin = index % stretches * kProjectedRows;
                   kernels.project_backward_rows(back, index / stretches, begin, smaller(begin + kProjectedRows, back.length), scratch);
                 });
    if (status != Status::ok || !back.d_weight.data) return status;
    const bool shared = back.d_weight.head_stride == 0;
    const int64_t bands = pieces(back.width, kWeightRows);
    const int64_t added = back.batch * back.length * (shared ? back.heads : 1) * smaller(kWeightRows, back.width) * back.columns;
    return in_tasks(host, (shared ? 1 : back.heads) * bands, added, scratch_floats, [&](int64_t index, float* scratch) {
      const int64_t begin = index % bands * kWeightRows;
      kernels.project_backward_weight(back, index / bands, begin, smaller(begin + kWeightRows, back.width), scratch);
    });
  }

  Status run_sum(Host* host, const RowSums& sums) const {
    if (!sums.sum.data) return Status::ok;
    const bool shared = sums.sum.head_stride == 0;
    const int64_t added = sums.batch * sums.length * (shared ? sums.heads : 1) * sums.columns;
    return in_tasks(host, shared ? 1 : sums.heads, added, 0, [&](int64_t head, float*) { kernels.sum_rows(sums, head); });
  }
};

}  // namespace

Status run_backward(const Kernels& kernels, const BackwardArgs& args, Host* host) {
  const AttentionArgs& forward = args.forward;
  if (forward.batch * forward.query_heads == 0) return Status::ok;
  if (forward.score != Score::general && forward.score != Score::additive) return run_backward_heads(kernels, args, host);
  ProjectionBackward back(kernels, args);
  const int64_t bytes = bytes_of(back.floats());
  float* const memory = bytes > 0 ? static_cast<float*>(host->acquire(host, bytes)) : nullptr;
  if (bytes > 0 && !memory) return Status::out_of_memory;
  const BackwardArgs rest = back.rest_of(memory);
  Status status = back.projection.run(kernels, forward, host, memory);
  if (status == Status::ok) status = run_backward_heads(kernels, rest, host);
  return status == Status::ok ? back.run(host) : status;
}

Status run_matmul(const Kernels& kernels, const MatmulArgs& args, Host* host) {
  if (args.panel != 0 && args.panel != kernels.tile.columns) return Status::bad_words;  // packed for another target
  if (args.m == 0 || args.n == 0) return Status::ok;
  // One task is a square of c: large enough that packing its rows of a and columns of b does not count, and smaller for a long k,
  // so that an abort need not wait long.
  constexpr int64_t work = int64_t{1} << 31;
  int64_t side = args.m * args.n > int64_t{512} * 512 ? 512 : 1024;
  while (side > 128 && side * side > work / (args.k + 1)) side /= 2;
  int64_t across = side - (args.panel == 0 ? 0 : side % args.panel);  // where b is packed, tasks begin at panels
  if (args.m <= kStreamedRows && args.panel == 0 && args.b.column_stride == 1) across = kStreamedColumns;
  const int64_t bands = pieces(args.m, side), stretches = pieces(args.n, across);
  const int64_t square = smaller(side, args.m) * smaller(across, args.n) * (args.k + 1);
  return in_tasks(host, product(args.batch, kMatmulBatchRank) * bands * stretches, square, kernels.matmul_scratch(args),
                  [&](int64_t task, float* scratch) {
                    const int64_t m = task / stretches % bands * side, n = task % stretches * across;
                    kernels.matmul(args, task / stretches / bands, m, smaller(m + side, args.m), n, smaller(n + across, args.n), scratch);
                  });
}

namespace {

/** Rows of a softmax in a task. Along a strided axis neighbours are worked on together: as many as stay in cache, fewer of long ones. */
int64_t softmax_rows_of_task(int64_t length, int64_t axis_stride) {
  if (axis_stride == 1) return rows_of_task(length);
  constexpr int64_t work = int64_t{1} << 23;
  int64_t columns = kSoftmaxColumns;
  while (columns > 64 && columns > work / length) columns /= 2;
  return columns;
}

}  // namespace

Status run_softmax(const Kernels& kernels, const SoftmaxArgs& args, Host* host) {
  if (args.length == 0) return Status::ok;
  return in_stretches(host, product(args.outer, kSoftmaxOuterRank), softmax_rows_of_task(args.length, args.x.axis_stride),
                      args.length * kElement, kernels.softmax_scratch(args),
                      [&](int64_t begin, int64_t end, float* scratch) { kernels.softmax(args, begin, end, scratch); });
}

Status run_convert(const Kernels& kernels, const ConvertArgs& args, Host* host) {
  if (args.length == 0) return Status::ok;
  return in_stretches(host, product(args.outer, kConvertOuterRank) * args.length, int64_t{1} << 18, kElement, kernels.convert_scratch(args),
                      [&](int64_t begin, int64_t end, float* scratch) { kernels.convert(args, begin, end, scratch); });
}

Status run_norm(const Kernels& kernels, const NormArgs& args, Host* host) {
  if (args.length == 0) return Status::ok;
  return in_stretches(host, product(args.outer, kNormOuterRank), rows_of_task(args.length), args.length * kElement,
                      kernels.norm_scratch(args),
                      [&](int64_t begin, int64_t end, float* scratch) { kernels.norm(args, begin, end, scratch); });
}

Status run_softmax_backward(const Kernels& kernels, const SoftmaxBackwardArgs& args, Host* host) {
  const GradientViews& views = args.views;
  if (views.length == 0) return Status::ok;
  return in_stretches(host, product(views.outer, kSoftmaxOuterRank), softmax_rows_of_task(views.length, views.x.axis_stride),
                      views.length * kElement, kernels.softmax_backward_scratch(args),
                      [&](int64_t begin, int64_t end, float* scratch) { kernels.softmax_backward(args, begin, end, scratch); });
}

/**
 * Each task adds up what its rows say of gamma and beta, then these sums are added in the order of the rows: which rows belong together is
 * the shape's matter, so that no sum depends on who was first. Few tasks, of some rows each: so the sums stay small beside x.
 */
Status run_norm_backward(const Kernels& kernels, const NormBackwardArgs& args, Host* host) {
  const int64_t n = args.views.length, rows = product(args.views.outer, kSoftmaxOuterRank);
  if (n == 0) return Status::ok;
  constexpr int64_t most_parts = 64, least_rows = 8;
  const int64_t step = larger(larger(rows_of_task(n), least_rows), pieces(rows, most_parts));
  const int64_t parts = pieces(rows, step), floats = round_up(n, 16);
  float* const sums = parts == 0 ? nullptr : static_cast<float*>(host->acquire(host, bytes_of(2 * parts * floats)));
  if (parts > 0 && !sums) return Status::out_of_memory;
  const Status status =
      in_tasks(host, parts, smaller(step, rows) * n * 2 * kElement, kernels.norm_backward_scratch(args), [&](int64_t part, float* scratch) {
        float* const own = sums + 2 * part * floats;
        for (int64_t i = 0; i < 2 * floats; i++) own[i] = 0;
        const int64_t begin = part * step;
        kernels.norm_backward(args, begin, smaller(begin + step, rows), own, own + floats, scratch);
      });
  if (status != Status::ok) return status;
  return in_stretches(host, n, kSoftmaxColumns, parts + 1, kSoftmaxColumns, [&](int64_t begin, int64_t end, float* scratch) {
    const auto add_up = [&](int64_t first, float* to, int64_t stride) {
      kernels.add_up(sums + first * floats + begin, 2 * floats, parts, end - begin, to + begin * stride, stride, scratch);
    };
    add_up(0, args.d_gamma, args.d_gamma_stride);
    if (args.d_beta) add_up(1, args.d_beta, args.d_beta_stride);
  });
}

Status run_activate_backward(const Kernels& kernels, const ActivateBackwardArgs& args, Host* host) {
  const GradientViews& views = args.views;
  if (views.length == 0) return Status::ok;
  return in_stretches(host, product(views.outer, kSoftmaxOuterRank) * views.length, int64_t{1} << 16, kElement,
                      kernels.activate_backward_scratch(args),
                      [&](int64_t begin, int64_t end, float* scratch) { kernels.activate_backward(args, begin, end, scratch); });
}

Status run_pool(const Kernels& kernels, const PoolArgs& args, Host* host) {
  // Rows side by side (kernels/pool.inl) read long stretches of memory, so they share a task: a thread alone takes all. Each is added up by
  // itself, whichever it shares with.
  constexpr int64_t elements = int64_t{1} << 20;
  int64_t rows = rows_of_task(args.columns);
  if (args.x.column_stride != 1) {
    rows = kSoftmaxColumns;
    while (host->threads > 1 && rows > 64 && rows > elements / (args.columns + 1)) rows /= 2;
  }
  return in_stretches(host, args.batch * args.rows, rows, (args.columns + 1) * kElement, kernels.pool_scratch(args),
                      [&](int64_t begin, int64_t end, float* scratch) { kernels.pool(args, begin, end, scratch); });
}

Status run_multiply(const Kernels& kernels, const MultiplyArgs& args, Host* host) {
  if (args.columns == 0) return Status::ok;
  return in_stretches(host, args.batch * args.rows, rows_of_task(args.columns), args.columns * kElement, kernels.multiply_scratch(args),
                      [&](int64_t begin, int64_t end, float* scratch) { kernels.multiply(args, begin, end, scratch); });
}

/** Squares of out as in a matmul, smaller where there are few rows: those of a filter's gradient are few, and their sums long. */
Status run_patches(const Kernels& kernels, const PatchesArgs& args, Host* host) {
  const MatmulArgs& product = args.product;
  if (product.m == 0 || product.n == 0) return Status::ok;
  constexpr int64_t across = 512;
  const int64_t side = product.m > 4 * 512 ? 512 : 128;
  const int64_t bands = pieces(product.m, side), stretches = pieces(product.n, across);
  const int64_t square = smaller(side, product.m) * smaller(across, product.n) * (product.k + 1);
  return in_tasks(host, bands * stretches, square, kernels.patches_scratch(args), [&](int64_t task, float* scratch) {
    const int64_t m = task / stretches * side, n = task % stretches * across;
    kernels.patches(args, m, smaller(m + side, product.m), n, smaller(n + across, product.n), scratch);
  });
}

Status run_convolve(const Kernels& kernels, const ConvolveArgs& args, Host* host) {
  if (args.batch == 0 || args.height == 0 || args.width == 0) return Status::ok;
  const int64_t row_work = args.width * (args.maps * args.kernel_height * args.kernel_width + 1);
  return in_stretches(host, args.batch * args.height, 1, row_work, kernels.convolve_scratch(args),
                      [&](int64_t begin, int64_t end, float* scratch) { kernels.convolve(args, begin, end, scratch); });
}

Status run_activate(const Kernels& kernels, const ActivateArgs& args, Host* host) {
  if (args.length == 0) return Status::ok;
  return in_stretches(host, product(args.outer, kActivateOuterRank) * args.length, int64_t{1} << 16, kElement,
                      kernels.activate_scratch(args),
                      [&](int64_t begin, int64_t end, float* scratch) { kernels.activate(args, begin, end, scratch); });
}

Status run_rotary(const Kernels& kernels, const RotaryArgs& args, Host* host) {
  if (args.length == 0) return Status::ok;
  return in_stretches(host, product(args.outer, kRotaryOuterRank), rows_of_task(args.length), args.length * kElement,
                      kernels.rotary_scratch(args),
                      [&](int64_t begin, int64_t end, float* scratch) { kernels.rotary(args, begin, end, scratch); });
}

Status run_append(const Kernels& kernels, const AppendArgs& args, Host* host) {
  if (args.length == 0) return Status::ok;
  const int64_t floats = kernels.append_scratch(args);
  if (args.pages.dtype == DType::int8) {
    bool finite = true;
    const Status status = in_tasks(host, 1, 0, floats, [&](int64_t, float* scratch) { finite = kernels.append_finite(args, scratch); });
    if (status != Status::ok) return status;
    if (!finite) return Status::not_finite;
  }
  const int64_t elements = args.length * (args.head_dim + args.value_dim);
  return in_stretches(host, args.batch * args.kv_heads, rows_of_task(elements), elements * kElement, floats,
                      [&](int64_t begin, int64_t end, float* scratch) { kernels.append(args, begin, end, scratch); });
}

Status run_merge(const Kernels& kernels, const MergeArgs& args, Host* host) {
  const int64_t rows = args.batch * args.heads * args.query_length;
  const int64_t elements = args.value_dim * args.parts;
  // A task reads where the parts lie, however many: that is worth some rows.
  return in_stretches(host, rows, larger(8, rows_of_task(elements)), elements * kElement, kernels.merge_scratch(args),
                      [&](int64_t begin, int64_t end, float* scratch) { kernels.merge(args, begin, end, scratch); });
}

}  // namespace fovea
