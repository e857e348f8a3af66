#pragma once
#include <algorithm>
#include <vector>

#include "integrad/tensor/parallel.h"

namespace integrad::kernels {

/// Rows of one band of a sum over `rows` rows into `size` values: a function of the problem alone.
/// At most 64 bands, fewer when the partial sums would not fit the cache beside the data.
inline Index band_rows(Index rows, Index size) {
  const Index bands = std::clamp<Index>(rows, 1, std::clamp<Index>((Index{1} << 20) / size, 4, 64));
  return (rows + bands - 1) / bands;
}

/// A sum over rows with the same bits for any number of threads: band(begin, end, partial) adds its
/// rows to a partial that starts at zero; partials are merged in order of their bands, and
/// finish(total) receives the `size` sums.
template <class T, class Band, class Finish>
void sum_bands(Index rows, Index size, Band&& band, Finish&& finish) {
  const Index height = band_rows(rows, size), bands = (rows + height - 1) / height;
  std::vector<T> partials(static_cast<std::size_t>(bands * size), T(0));
  parallel_for(rows, height, [&](Index begin, Index end) {
    band(begin, end, partials.data() + begin / height * size);
  });
  for (Index b = 1; b < bands; ++b)
    for (Index i = 0; i < size; ++i) partials[static_cast<std::size_t>(i)] += partials[static_cast<std::size_t>(b * size + i)];
  finish(partials.data());
}

}  // namespace integrad::kernels
