#pragma once
#include <algorithm>
#include <cstring>

#include "integrad/tensor/buffer.h"
#include "integrad/tensor/shape.h"

namespace integrad::kernels {

/// Rows of an image that are made when they are first asked for and stay while a window slides down
/// the image: scratch memory in the place of a whole map. make(image, row, into) writes one row.
template <class Make, class T = float>
class RowWindow {
 public:
  /// The last `most` rows can be asked for again. A few more are kept, so that they seldom have to
  /// move.
  RowWindow(Index row_size, Index most, Make make)
      : row_size_(row_size),
        most_(most),
        capacity_(most + spare(row_size, most)),
        make_(std::move(make)) {}

  /// Rows begin .. end - 1 of an image, one behind the other; valid until the next call.
  const T* rows(Index image, Index begin, Index end) {
    if (rows_.size() == 0)
      rows_ = Buffer<T>::uninitialized(static_cast<std::size_t>(capacity_ * row_size_));
    if (image != image_ || begin < begin_ || begin > end_) {
      image_ = image;
      begin_ = end_ = begin;
    } else if (end - begin_ > capacity_) {
      const Index kept = std::min(begin, end - most_);
      std::memmove(rows_.data(), at(kept),
                   static_cast<std::size_t>((end_ - kept) * row_size_) * sizeof(T));
      begin_ = kept;
    }
    for (; end_ < end; ++end_) make_(image, end_, at(end_));
    return at(begin);
  }

 private:
  // Half of what a core keeps close, in rows.
  static Index spare(Index row_size, Index most) {
    if (most == 1) return 0;  // nothing moves
    return std::clamp<Index>((Index{1} << 16) / std::max<Index>(row_size, 1), 4, 32);
  }
  T* at(Index row) { return rows_.data() + (row - begin_) * row_size_; }

  Index row_size_, most_, capacity_;
  Make make_;
  Buffer<T> rows_;
  Index image_ = -1, begin_ = 0, end_ = 0;
};

/// The same for rows that are asked for alone, or in groups of `together` that begin at a multiple
/// of it: they go round in their places and never move.
template <class Make, class T>
class RowRing {
 public:
  /// The last `most` rows can be asked for again.
  RowRing(Index row_size, Index most, Index together, Make make)
      : row_size_(row_size),
        capacity_((most + together - 1) / together * together),
        make_(std::move(make)) {}

  /// Rows begin .. end - 1 of an image, one behind the other; valid until the next call.
  const T* rows(Index image, Index begin, Index end) {
    if (rows_.size() == 0)
      rows_ = Buffer<T>::uninitialized(static_cast<std::size_t>(capacity_ * row_size_));
    if (image != image_ || begin < begin_ || begin > end_) {
      image_ = image;
      begin_ = end_ = begin;
    }
    for (; end_ < end; ++end_) make_(image, end_, at(end_));
    begin_ = std::max(begin_, end_ - capacity_);
    return at(begin);
  }

 private:
  T* at(Index row) { return rows_.data() + row % capacity_ * row_size_; }

  Index row_size_, capacity_;
  Make make_;
  Buffer<T> rows_;
  Index image_ = -1, begin_ = 0, end_ = 0;
};

}  // namespace integrad::kernels
