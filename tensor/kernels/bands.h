#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>

#include "integrad/tensor/buffer.h"
#include "integrad/tensor/parallel.h"

namespace integrad::kernels {

/// Rows of one band of a sum over `rows` rows into `size` values: a function of the problem alone.
/// At most 32 bands, fewer when the partial sums would not fit the cache beside the data, a power
/// of two, which threads share evenly; where they are several, of an even number of rows, which
/// cuts no pair (winograd.h) of images of even height. More would only be zeroed and merged, and
/// read the rows at their edges, more often.
inline Index band_rows(Index rows, Index size) {
  constexpr Index kPartials = Index{1} << 18;  // values of all of them together
  const auto fit = static_cast<std::uint64_t>(kPartials / std::max<Index>(size, 1));
  const Index limit = std::clamp<Index>(static_cast<Index>(std::bit_floor(fit)), 4, 32);
  const Index bands = std::clamp<Index>((rows + 3) / 4, 1, limit);
  const Index height = (rows + bands - 1) / bands;
  return bands == 1 ? height : (height + 1) / 2 * 2;
}

/// A sum over rows with the same bits for any number of threads: bands of `height` rows, where
/// band(begin, end, partial) adds its rows to a partial that starts at zero; partials are merged in
/// order of their bands, starting at +0 (a sum never comes to -0), and finish(total) receives the
/// `size` sums.
template <class T, class Band, class Finish>
void sum_bands(Index rows, Index height, Index size, Band&& band, Finish&& finish) {
  const Index bands = (rows + height - 1) / height;
  Buffer<T> partials = Buffer<T>::uninitialized(static_cast<std::size_t>(bands * size));
  T* const total = partials.data();
  parallel_for(rows, height, [&](Index begin, Index end) {
    T* const partial = total + begin / height * size;
    std::fill_n(partial, size, T(0));
    band(begin, end, partial);
  });
  parallel_for(size, 4096, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) total[i] += T(0);
    for (Index b = 1; b < bands; ++b)
      for (Index i = begin; i < end; ++i) total[i] += total[b * size + i];
  });
  finish(static_cast<const T*>(total));
}
/// The same with the usual height of the bands.
template <class T, class Band, class Finish>
void sum_bands(Index rows, Index size, Band&& band, Finish&& finish) {
  sum_bands<T>(rows, band_rows(rows, size), size, band, finish);
}

/// The sum of `count` values `step` apart: four sums of every fourth value, (0 + 1) + (2 + 3). The
/// order lets four additions be under way at once.
template <class T>
T row_sum(const T* values, Index count, Index step) {
  T sums[4] = {};
  for (Index i = 0; i < count; ++i) sums[i % 4] += values[i * step];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

}  // namespace integrad::kernels
