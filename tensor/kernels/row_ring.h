#pragma once
#include <algorithm>
#include <utility>

#include "integrad/tensor/buffer.h"
#include "integrad/tensor/error.h"
#include "integrad/tensor/kernels/simd/ring_rows.h"
#include "integrad/tensor/shape.h"

namespace integrad::kernels {

/// Rows of an image that are made when they are first asked for and stay while a window slides down
/// the image: scratch memory in the place of a whole map. make(image, row, into) writes one row.
/// They go round in their places and never move.
template <class Make, class T = float>
class RowRing {
 public:
  /// The last `most` rows can be asked for again, and so many at once.
  RowRing(Index row_size, Index most, Make make)
      : row_size_(row_size), capacity_(std::max<Index>(most, 1)), make_(std::move(make)) {}

  /// Rows begin .. end - 1 of an image. They stay while only those up to begin + `most` are asked
  /// for. Throws Error for more than `most`.
  RingRows<T> rows(Index image, Index begin, Index end) {
    require(end - begin <= capacity_, "a ring of ", capacity_, " rows was asked for rows ", begin,
            " to ", end - 1);
    if (rows_.size() == 0)
      rows_ = Buffer<T>::uninitialized(static_cast<std::size_t>(capacity_ * row_size_));
    if (image != image_ || begin < begin_ || begin > end_) {
      image_ = image;
      begin_ = end_ = begin;
    }
    for (; end_ < end; ++end_) make_(image, end_, at(end_));
    begin_ = std::max(begin_, end_ - capacity_);
    return {at(begin), row_size_, capacity_ - begin % capacity_, capacity_ * row_size_};
  }

 private:
  T* at(Index row) { return rows_.data() + row % capacity_ * row_size_; }

  Index row_size_, capacity_;
  Make make_;
  Buffer<T> rows_;
  Index image_ = -1, begin_ = 0, end_ = 0;
};

}  // namespace integrad::kernels
