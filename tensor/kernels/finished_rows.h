#pragma once
#include "integrad/tensor/buffer.h"
#include "integrad/tensor/geometry.h"
#include "integrad/tensor/kernels/input_gradient.h"
#include "integrad/tensor/kernels/mapped.h"
#include "integrad/tensor/kernels/norm_lines.h"

namespace integrad::kernels {

/// Writes the rows of an input gradient: adds what was there before, and takes the sums of what
/// comes out while it is in the cache.
template <class T>
class FinishedRows {
 public:
  FinishedRows(const ConvGeometry& g, const Mapped<T>& x, const InputGradient<T>& into)
      : x_(x),
        into_(into),
        width_(g.in_width),
        channels_(g.in_channels),
        term_(Buffer<T>::uninitialized(
            static_cast<std::size_t>(into.before == nullptr ? 0 : width_ * channels_))) {}

  /// compute(row) writes the new term.
  template <class Compute>
  void row(Index line, Compute&& compute) {
    const Index size = width_ * channels_, at = line * size;
    T* const dx = into_.dx + at;
    if (into_.before == nullptr) {
      compute(dx);
    } else {
      const T *const before = into_.before + at, *const term = term_.data();
      compute(term_.data());
      for (Index i = 0; i < size; ++i) dx[i] = before[i] + term[i];
    }
    if (into_.sums != nullptr)
      add_gradient_sums(*x_.map, width_, channels_, dx, x_.data + at, into_.sums->start(line));
  }

 private:
  Mapped<T> x_;
  InputGradient<T> into_;
  Index width_, channels_;
  Buffer<T> term_;
};

}  // namespace integrad::kernels
