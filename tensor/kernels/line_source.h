#pragma once
#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "integrad/tensor/kernels/row_ring.h"
#include "integrad/tensor/kernels/simd/channel_map.h"
#include "integrad/tensor/kernels/simd/upcoming.h"
#include "integrad/tensor/kernels/stored_lines.h"
#include "integrad/tensor/parallel.h"

namespace integrad::kernels {

/// Pixels begin .. end - 1 of a line.
struct Span {
  Index begin, end;
  Index count() const { return end - begin; }
};
/// Writes some pixels of a line of a map. Each thread has its own, with its own scratch memory.
template <class T>
using LineReader = std::function<void(Index line, Span pixels, T* into)>;

/// Pixels of a line that are worked on at a time, so that what several operands need of them stays
/// in the first cache: whole blocks of a line's sums (norm_lines.h).
inline Index piece_pixels(Index channels) {
  constexpr Index kFloats = 2048;
  return std::max<Index>(kFloats / std::max<Index>(channels, 1) / kSumBlock, 1) * kSumBlock;
}
/// Calls visit(span) for the pieces of a line, in order.
template <class Visit>
void for_each_piece(Index pixels, Index piece, Visit&& visit) {
  for (Index begin = 0; begin < pixels; begin += piece)
    visit(Span{begin, std::min(begin + piece, pixels)});
}

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
/// Adds memory to what is read next, as far as there is room.
inline void add_upcoming(const void* from, Index bytes, Upcoming& next) {
  if (next.count == Upcoming::kMost) return;
  next.at[next.count] = static_cast<const char*>(from);
  next.bytes[next.count++] = bytes;
}
/// A line; of its `pixels` pixels some, and nothing where there are none.
inline void add_upcoming(const std::vector<LinePlace>& places, Index line, Span some, Index pixels,
                         Upcoming& next) {
  if (some.count() <= 0) return;
  for (const LinePlace& place : places) {
    const Index begin = place.bytes * some.begin / pixels, end = place.bytes * some.end / pixels;
    const char* const from = static_cast<const char*>(place.base);
    add_upcoming(from + line / place.each * place.bytes + begin, end - begin, next);
  }
}
/// The whole line.
inline void add_upcoming(const std::vector<LinePlace>& places, Index line, Upcoming& next) {
  add_upcoming(places, line, {0, 1}, 1, next);
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

/// Lines, or pieces of them, one after the other.
template <class T>
class LineInput {
 public:
  explicit LineInput(const LineSource<T>& source)
      : whole_(source.whole),
        size_(source.lines.size()),
        channels_(source.lines.channels),
        reader_(whole_ == nullptr ? source.reader() : nullptr) {}
  /// Valid until the next call.
  const T* piece(Index line, Span pixels) {
    const auto wanted = static_cast<std::size_t>(pixels.count() * channels_);
    if (whole_ == nullptr && scratch_.size() < wanted) scratch_ = Buffer<T>::uninitialized(wanted);
    return piece(line, pixels, scratch_.data());
  }
  /// The same in the caller's memory, where it must be made.
  const T* piece(Index line, Span pixels, T* into) {
    if (whole_ != nullptr) return whole_ + line * size_ + pixels.begin * channels_;
    reader_(line, pixels, into);
    return into;
  }

 private:
  const T* whole_;
  Index size_, channels_;
  LineReader<T> reader_;
  Buffer<T> scratch_;
};

/// Gives pieces of lines from whole(line, into), which makes whole lines only.
template <class T, class Whole>
LineReader<T> pieces_of(const Lines& lines, Whole whole) {
  return [lines, whole, made = Index{-1}, scratch = Buffer<T>{}](Index line, Span pixels,
                                                                 T* into) mutable {
    if (pixels.count() == lines.pixels) return whole(line, into);
    if (made != line) {
      if (scratch.size() == 0)
        scratch = Buffer<T>::uninitialized(static_cast<std::size_t>(lines.size()));
      whole(line, scratch.data());
      made = line;
    }
    std::copy_n(scratch.data() + pixels.begin * lines.channels, pixels.count() * lines.channels,
                into);
  };
}

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
        ring_(row_, std::min(most, height),
              {height, source.lines.pixels, source.lines.channels,
               whole_ == nullptr ? source.reader() : nullptr}) {}
  /// Rows begin .. end - 1 of an image, as RowRing gives them.
  RingRows<T> rows(Index image, Index begin, Index end) {
    if (whole_ == nullptr) return ring_.rows(image, begin, end);
    return {whole_ + (image * height_ + begin) * row_, row_};
  }
  /// Row `row` of an image, or the next image's, is read next.
  void add_upcoming(Index image, Index row, Upcoming& next) const {
    const Index line = image * height_ + row;
    if (line < lines_) kernels::add_upcoming(places_, line, next);
  }

 private:
  struct Make {
    Index height, pixels, channels;
    LineReader<T> reader;
    void operator()(Index image, Index row, T* into) const {
      for_each_piece(pixels, piece_pixels(channels), [&](Span span) {
        reader(image * height + row, span, into + span.begin * channels);
      });
    }
  };
  const T* whole_;
  std::vector<LinePlace> places_;
  Index lines_, height_, row_;
  RowRing<Make, T> ring_;
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
