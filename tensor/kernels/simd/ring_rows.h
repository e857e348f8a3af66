#pragma once
#include <cstdint>

namespace integrad::kernels {

/// Rows in memory, `step` elements apart; row `wrap` and those behind it lie `back` elements before
/// that, as rows do that go round in a ring. Its functions become part of whoever calls them: the
/// linker finds none that was compiled for the widest registers.
template <class T>
struct RingRows {
  const T* first;
  std::int64_t step;
  std::int64_t wrap = INT64_MAX, back = 0;

  [[gnu::always_inline]] const T* row(std::int64_t i) const {
    return first + (i * step - (i < wrap ? 0 : back));
  }
  /// Row i + 1 from row i, or a place in it.
  [[gnu::always_inline]] const T* below(const T* in_row, std::int64_t i) const {
    return in_row + (step - (i + 1 == wrap ? back : 0));
  }
  /// Row i and those behind it.
  [[gnu::always_inline]] RingRows from(std::int64_t i) const {
    return {row(i), step, i < wrap ? wrap - i : INT64_MAX, back};
  }
  /// Every n-th row.
  [[gnu::always_inline]] RingRows every(std::int64_t n) const {
    return {first, step * n, wrap / n + (wrap % n != 0), back};
  }
  /// Each row from that element on.
  [[gnu::always_inline]] RingRows at(std::int64_t element) const {
    return {first + element, step, wrap, back};
  }
};

}  // namespace integrad::kernels
