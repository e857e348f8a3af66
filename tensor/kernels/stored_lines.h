#pragma once
#include <algorithm>
#include <type_traits>

#include "integrad/tensor/buffer.h"
#include "integrad/tensor/kernels/batch_norm.h"
#include "integrad/tensor/kernels/simd/row_destination.h"
#include "integrad/tensor/stored_tensor.h"

/// Lines of maps in either storage: kernels compute on lines of T, and lines stored in bfloat16 are
/// expanded when they are read and rounded when they are written, in scratch memory that stays in
/// the cache. What is computed next from a line that was written is computed from its rounded
/// values, as from those that memory will give back.
namespace integrad::kernels {

/// `count` bfloat16 to floats.
void expand_row(const BFloat16* from, Index count, float* to);
/// `values` become the bfloat16 nearest to them (bfloat16.h), which are stored.
void round_row(float* values, Index count, BFloat16* to);

/// map_line(), add_gradient_sums() and gradient_line() (norm_lines.h) of elements at .. in memory.
/// `scratch` holds as many.
template <class T>
void map_line(const ChannelMap<T>& map, Index pixels, Index channels, const Stored<T>& x, Index at,
              T* z);
template <class T>
void add_gradient_sums(const ChannelMap<T>& map, Index pixels, Index channels, const T* d,
                       const Stored<T>& y, Index at, double* sums);
template <class T>
void gradient_line(const ChannelMap<T>& map, const T* slope, const T* offset, Index pixels,
                   Index channels, const Stored<T>& d, const Stored<T>& y, Index at, T* scratch,
                   T* dy);

/// Elements at .. at + count - 1: where they lie, or expanded into `scratch`.
template <class T>
const T* read(const Stored<T>& from, Index at, Index count, T* scratch);
/// Those elements in `into`, wherever they lie.
template <class T>
void read_into(const Stored<T>& from, Index at, Index count, T* into);
/// Rounds `values` and stores them, where they are rounded; nothing where they are computed in
/// place.
template <class T>
void write(const StoredTarget<T>& to, Index at, Index count, T* values);

/// Copies; past the caches if it may (streams_past_caches).
template <class T>
void copy_row(Index count, const T* from, T* to, bool streams);
/// into = a + b, and streamed = a + b unless that is null.
template <class T>
void add_rows(Index count, const T* a, const T* b, T* into, T* streamed = nullptr);

/// Whether a map of such lines is better written past the caches: it has `large` bytes, too many to
/// be read from them again, and its lines suit the vectors. In a training step many other maps are
/// written before it is read; for one that is made alone, large_alone() is large.
bool streams_past_caches(const Lines& lines, Index large = Index{8} << 20);

/// What memory will hold, line by line: after = before + term (before may be empty, for nothing, or
/// the same memory as after). Each thread has its own.
template <class T>
class LineWriter {
 public:
  /// `streams`: lines go past the caches (streams_past_caches).
  LineWriter(StoredTarget<T> after, Stored<T> before, Index line_size, bool streams = false)
      : after_(after),
        before_(before),
        size_(line_size),
        streams_(streams && after.full != nullptr && before.full != after.full),
        scratch_(
            Buffer<T>::uninitialized(static_cast<std::size_t>(in_place() ? 0 : 2 * line_size))) {}

  /// compute(T*), or compute(RowDestination), writes the term. Returns the line as it is stored,
  /// valid until the next.
  template <class Compute>
  const T* line(Index line, Compute&& compute) {
    return part(line * size_, size_, compute);
  }
  /// The same of `count` elements of a line, at .. in memory.
  template <class Compute>
  const T* part(Index at, Index count, Compute&& compute) {
    T* const memory = after_.full != nullptr ? after_.full + at : nullptr;
    T* const streamed = streams_ ? memory : nullptr;
    // The elements for whoever reads them at once.
    T* const near = streams_ || memory == nullptr ? scratch_.data() : memory;
    if (before_.empty()) {
      run(compute, count, near, streamed);
    } else {
      T* const term = scratch_.data();
      run(compute, count, term, nullptr);
      add_rows(count, read(before_, at, count, term + size_), term, near, streamed);
    }
    write(after_, at, count, near);
    return near;
  }

 private:
  template <class Compute>
  void run(Compute& compute, Index count, T* into, T* streamed) const {
    if constexpr (std::is_invocable_v<Compute&, RowDestination>) {
      compute(RowDestination{into, streamed});
    } else {
      compute(into);
      if (streamed != nullptr) copy_row(count, into, streamed, true);
    }
  }
  bool in_place() const { return after_.full != nullptr && before_.empty() && !streams_; }

  StoredTarget<T> after_;
  Stored<T> before_;
  Index size_;
  bool streams_;
  Buffer<T> scratch_;
};

/// All of `after = before + term`.
template <class T>
void add_stored(const StoredTarget<T>& after, const Stored<T>& before, const Stored<T>& term,
                Index size);
/// A whole tensor as T, and the other way: `values` are rounded where storage rounds.
template <class T>
Tensor<T> expanded(const StoredTensor<T>& stored);
template <class T>
StoredTensor<T> stored(Tensor<T> values, Storage storage);

}  // namespace integrad::kernels
