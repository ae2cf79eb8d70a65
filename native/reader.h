// Takes single words and buffers out of a call, with every check that memory safety needs; which word means what is args.cc's.
//
// All checks are float64 sums and products of whole numbers: exact up to 2^53, and monotonous beyond, so that what would have
// wrapped around as an integer compares as too large here.
#pragma once

#include "args.h"

namespace fovea {

/** Every word of every call is read so: compiled once where the size of the file counts, as a page downloads the wasm first. */
#ifdef __wasm__
#define FOVEA_READS __attribute__((noinline))
#else
#define FOVEA_READS
#endif

constexpr double kLargestWhole = 9007199254740992.0;  // 2^53, the end of what float64 counts exactly
constexpr double kLargestWork = 72057594037927936.0;  // 2^56: with the padding of tiles, and in bytes, int64 still holds it

/**
 * Reads one call and notes what is wrong with it. Reading never stops: a word that is none reads as 0, a tensor that does not fit
 * as null, and the caller asks for the status at the end. The caller has seen to it that the words are there.
 */
class Reader {
 public:
  Reader(Words words, Buffers buffers) : words_(words.data), buffers_(buffers) {}

  /** The first failure, in the order of Status. */
  Status status() const { return failures_ == 0 ? Status::ok : static_cast<Status>(__builtin_ctz(failures_)); }

  void require(bool condition, Status otherwise) { failures_ |= uint32_t{!condition} << static_cast<int>(otherwise); }

  /** A finite number. */
  double number(int64_t word) {
    const double value = words_[word];
    require(value - value == 0, Status::bad_words);
    return value;
  }

  /** A whole number in [-2^53, 2^53]. */
  int64_t whole(int64_t word) { return whole_from(-kLargestWhole, word); }

  /** A whole number in [0, 2^53]. */
  int64_t size(int64_t word) { return whole_from(0, word); }

  /** A whole number, or Infinity: kUnbounded. */
  int64_t bound(int64_t word) { return words_[word] > kLargestWhole ? kUnbounded : whole(word); }

  /** One of an enum that counts from 0 to `Last`. */
  template <class Enum, Enum Last>
  Enum choice(int64_t word) {
    const int64_t value = size(word);
    const bool known = value <= static_cast<int64_t>(Last);
    require(known, Status::bad_words);
    return known ? static_cast<Enum>(value) : Enum{};
  }

  DType dtype(int64_t word) { return choice<DType, DType::bfloat16>(word); }

  /** What a cache or a packed matrix holds. */
  DType kept_dtype(int64_t word) { return choice<DType, DType::int8>(word); }

  /** What a call writes: float32, or the dtype of what it reads. */
  DType out_dtype(int64_t word, DType in) {
    const DType value = dtype(word);
    require(value == in || value == DType::float32, Status::bad_words);
    return value;
  }

  /** Refuses sizes whose products, any of them, could overflow where tasks are cut and scratch is measured. */
  template <int Rank>
  void limit_work(const int64_t (&sizes)[Rank]) {
    double work = 1;
    for (const int64_t size : sizes) work *= size > 0 ? static_cast<double>(size) : 1;
    require(work <= kLargestWork, Status::bad_words);
  }

  /**
   * Where a tensor's first element lies that a call cannot do without. Reads its offset and strides (words from `word` on) and checks
   * that its last element lies inside the buffer; a tensor with a size of zero touches nothing.
   */
  template <int Rank>
  void* view(int64_t word, int64_t buffer, int64_t element, const int64_t (&sizes)[Rank], int64_t (&strides)[Rank]) {
    require_buffer(buffer, sizes);
    return lent_view(word, buffer, element, sizes, strides);
  }

  /** The same, or null and strides of 0 where the call lends no buffer: its words are not read then, since most calls lend few. */
  template <int Rank>
  void* optional_view(int64_t word, int64_t buffer, int64_t element, const int64_t (&sizes)[Rank], int64_t (&strides)[Rank]) {
    if (lends(buffer)) return lent_view(word, buffer, element, sizes, strides);
    for (int64_t& stride : strides) stride = 0;
    return nullptr;
  }

  /** A contiguous array from its buffer's start, null where the call lends none. */
  template <class T, int Rank>
  T* optional_array(int64_t buffer, const int64_t (&sizes)[Rank]) {
    double count = 1;
    for (const int64_t size : sizes) count *= static_cast<double>(size);
    return static_cast<T*>(inside(lend(buffer), 0, count, sizeof(T)));
  }

  /** `count` buffers from `first` on, each of at least `bytes`, as wide numbers want them. */
  const Buffer* blocks(int64_t first, int64_t count, int64_t bytes) {
    if (count == 0) return nullptr;
    require(first + count <= buffers_.count, Status::buffer_missing);
    for (int64_t i = first; i < first + count && i < buffers_.count; ++i) {
      const Buffer& block = buffers_.data[i];
      require(block.data != nullptr, Status::buffer_missing);
      require(block.bytes >= bytes, Status::buffer_short);
      require((reinterpret_cast<uintptr_t>(block.data) & (sizeof(float) - 1)) == 0, Status::misaligned);
    }
    return failures_ == 0 ? buffers_.data + first : nullptr;
  }

  /** Whether the call has such a buffer, whatever fits into it. */
  bool lends(int64_t buffer) const { return lend(buffer).data != nullptr; }

  int64_t buffer_count() const { return buffers_.count; }
  const double* words_from(int64_t word) const { return words_ + word; }

  template <class T, int Rank>
  T* array(int64_t buffer, const int64_t (&sizes)[Rank]) {
    require_buffer(buffer, sizes);
    return optional_array<T>(buffer, sizes);
  }

 private:
  FOVEA_READS int64_t whole_from(double least, int64_t word) {
    const double value = words_[word];
    const bool in_range = value >= least && value <= kLargestWhole;
    const auto whole = static_cast<int64_t>(in_range ? value : 0);
    require(in_range && static_cast<double>(whole) == value, Status::bad_words);
    return whole;
  }

  template <int Rank>
  void* lent_view(int64_t word, int64_t buffer, int64_t element, const int64_t (&sizes)[Rank], int64_t (&strides)[Rank]) {
    const int64_t offset = size(word);
    double last = static_cast<double>(offset);
    bool empty = false;
    for (int i = 0; i < Rank; ++i) {
      strides[i] = size(word + 1 + i);
      last += static_cast<double>(sizes[i] - 1) * static_cast<double>(strides[i]);
      empty = empty || sizes[i] == 0;
    }
    return inside(lend(buffer), empty ? 0 : offset, empty ? 0 : last + 1, element);
  }

  Buffer lend(int64_t buffer) const { return buffer < buffers_.count ? buffers_.data[buffer] : Buffer{nullptr, 0}; }

  template <int Rank>
  void require_buffer(int64_t buffer, const int64_t (&sizes)[Rank]) {
    bool empty = false;
    for (const int64_t size : sizes) empty = empty || size == 0;
    require(empty || lend(buffer).data != nullptr, Status::buffer_missing);
  }

  /** The element at `offset` of a buffer in which elements up to `end` are used; null when they are not all there. */
  void* inside(Buffer lent, int64_t offset, double end, int64_t element) {
    if (lent.data == nullptr || end == 0) return lent.data;
    const bool fits = end * static_cast<double>(element) <= static_cast<double>(lent.bytes);
    const bool aligned = (reinterpret_cast<uintptr_t>(lent.data) & static_cast<uintptr_t>(element - 1)) == 0;
    require(fits, Status::buffer_short);
    require(aligned, Status::misaligned);
    return fits ? static_cast<char*>(lent.data) + offset * element : nullptr;
  }

  const double* words_;
  Buffers buffers_;
  uint32_t failures_ = 0;  // bit n: Status n
};

}  // namespace fovea
