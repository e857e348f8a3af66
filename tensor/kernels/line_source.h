#pragma once
#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "integrad/tensor/kernels/row_window.h"
#include "integrad/tensor/kernels/simd/upcoming.h"
#include "integrad/tensor/kernels/stored_lines.h"
#include "integrad/tensor/parallel.h"

namespace integrad::kernels {

/// Writes a line of a map. Each thread has its own, with its own scratch memory.
template <class T>
using LineReader = std::function<void(Index line, T* into)>;

/// Where lines are in memory: line l from l / each * bytes on.
struct LinePlace {
  const void* base;
  Index bytes, each = 1;
};

/// A map [lines, pixels, channels] as its readers meet it: in memory, or made a line at a time from
/// what memory holds.
template <class T>
struct LineSource {
  Lines lines;
  const T* whole;                         ///< null: not in memory as it is read
  std::function<LineReader<T>()> reader;  ///< for one thread; also when `whole` is set
  int maps_read = 1;                      ///< stored maps that a line is made from
  std::vector<LinePlace> places = {};     ///< of what a line is made from, for fetching it early
  std::shared_ptr<const void> owner = nullptr;  ///< keeps what is read, if anything must
};
template <class T>
std::vector<LinePlace> places_of(const Lines& lines, const Stored<T>& x) {
  const Index size = lines.size();
  if (x.full != nullptr) return {{x.full, size * Index{sizeof(T)}}};
  return {{x.rounded, size * Index{sizeof(BFloat16)}}};
}
/// Adds a line to what is read next, as far as there is room.
inline void add_upcoming(const std::vector<LinePlace>& places, Index line, Upcoming& next) {
  for (const LinePlace& place : places) {
    if (next.count == Upcoming::kMost) return;
    next.at[next.count] = static_cast<const char*>(place.base) + line / place.each * place.bytes;
    next.bytes[next.count++] = place.bytes;
  }
}

/// As memory holds it; with a map, that applied to it.
template <class T>
LineSource<T> stored_lines(const Lines& lines, Stored<T> x);
template <class T>
LineSource<T> stored_lines(const StoredTensor<T>& x) {
  return stored_lines(Lines::of(x.shape()), x.elements());
}
template <class T>
LineSource<T> stored_lines(const Tensor<T>& x) {
  return stored_lines(Lines::of(x.shape()), Stored<T>{x.data()});
}
template <class T>
LineSource<T> mapped_lines(const Lines& lines, Stored<T> x, ChannelMap<T> map);
/// a + b, or a - b, of the same shape.
template <class T>
LineSource<T> sum_lines(LineSource<T> a, LineSource<T> b, bool subtract);

/// One line after the other; asked for the same line again it does not make it again.
template <class T>
class LineInput {
 public:
  explicit LineInput(const LineSource<T>& source)
      : whole_(source.whole), size_(source.lines.size()) {
    if (whole_ != nullptr) return;
    reader_ = source.reader();
    scratch_ = Buffer<T>::uninitialized(static_cast<std::size_t>(size_));
  }
  /// Valid until the next call.
  const T* line(Index line) {
    if (whole_ != nullptr) return whole_ + line * size_;
    if (line != made_) reader_(line, scratch_.data());
    made_ = line;
    return scratch_.data();
  }

 private:
  const T* whole_;
  Index size_, made_ = -1;
  LineReader<T> reader_;
  Buffer<T> scratch_;
};

/// Rows of images for one thread, `most` at once.
template <class T>
class InputRows {
 public:
  InputRows(const LineSource<T>& source, Index height, Index most)
      : whole_(source.whole),
        places_(source.places),
        lines_(source.lines.count),
        height_(height),
        row_(source.lines.size()),
        window_(row_, std::min(most, height),
                {height, whole_ == nullptr ? source.reader() : nullptr}) {}
  /// Rows begin .. end - 1 of an image, one behind the other; valid until the next call.
  const T* rows(Index image, Index begin, Index end) {
    return whole_ != nullptr ? whole_ + (image * height_ + begin) * row_
                             : window_.rows(image, begin, end);
  }
  /// Row `row` of an image, or the next image's, is read next.
  void add_upcoming(Index image, Index row, Upcoming& next) const {
    const Index line = image * height_ + row;
    if (line < lines_) kernels::add_upcoming(places_, line, next);
  }

 private:
  struct Make {
    Index height;
    LineReader<T> reader;
    void operator()(Index image, Index row, T* into) const { reader(image * height + row, into); }
  };
  const T* whole_;
  std::vector<LinePlace> places_;
  Index lines_, height_, row_;
  RowWindow<Make, T> window_;
};

/// Row `row` of an image is read next, if `rows` knows where it comes from.
template <class Rows>
void add_upcoming(const Rows& rows, Index image, Index row, Upcoming& next) {
  if constexpr (requires { rows.add_upcoming(image, row, next); })
    rows.add_upcoming(image, row, next);
}

/// Calls start() in each thread, and what it returns with each line of that thread's share.
template <class Start>
void parallel_lines(const Lines& lines, Start&& start) {
  const Index grain = std::max<Index>(1, kElementwiseGrain / std::max<Index>(1, lines.size()));
  parallel_for(lines.count, grain, [&](Index begin, Index end) {
    auto pass = start();
    for (Index line = begin; line < end; ++line) pass(line);
  });
}

/// The whole map, made.
template <class T>
void make_lines(const LineSource<T>& source, T* into);

}  // namespace integrad::kernels
