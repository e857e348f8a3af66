#pragma once
#include <algorithm>
#include <vector>

#include "integrad/tensor/parallel.h"

namespace integrad::kernels {

namespace detail {

// sums[c] = sum over p of term(first + p * channels + c): points in order, each channel its own
// sum. With one channel, eight sums take turns and are added in order, so that the loop still
// vectorises.
template <class Term>
void sum_points_band(Index first, Index points, Index channels, Term term, double* sums) {
  if (channels == 1) {
    constexpr Index kLanes = 8;
    double lanes[kLanes] = {};
    const Index whole = points / kLanes * kLanes;
    for (Index p = 0; p < whole; p += kLanes)
      for (Index lane = 0; lane < kLanes; ++lane)
        lanes[lane] += static_cast<double>(term(first + p + lane));
    for (Index p = whole; p < points; ++p) lanes[p - whole] += static_cast<double>(term(first + p));
    double sum = lanes[0];
    for (Index lane = 1; lane < kLanes; ++lane) sum += lanes[lane];
    sums[0] = sum;
    return;
  }
  std::fill(sums, sums + channels, 0.0);
  for (Index p = 0; p < points; ++p)
    for (Index c = 0; c < channels; ++c)
      sums[c] += static_cast<double>(term(first + p * channels + c));
}

}  // namespace detail

/// Sums the middle axis of a [groups, points, channels] array in double:
/// sums[g * channels + c] = sum over p of term((g * points + p) * channels + c).
/// Points are cut into bands by the problem alone and bands are merged in order, so the bits do not
/// depend on the number of threads. `sums` is overwritten.
template <class Term>
void sum_points(Index groups, Index points, Index channels, Term term, double* sums) {
  if (groups == 0 || channels == 0) return;
  const Index height = std::max<Index>(1, kElementwiseGrain / channels);
  const Index bands = std::max<Index>(1, (points + height - 1) / height);
  std::vector<double> partials;
  if (bands > 1) partials.resize(static_cast<std::size_t>(groups * bands * channels));
  double* const into = bands > 1 ? partials.data() : sums;
  const Index band_size = std::clamp<Index>(points, 1, height) * channels;
  parallel_for(groups * bands, std::max<Index>(1, kElementwiseGrain / band_size),
               [=](Index begin, Index end) {
                 for (Index i = begin; i < end; ++i) {
                   const Index group = i / bands, first = i % bands * height;
                   detail::sum_points_band((group * points + first) * channels,
                                           std::min(height, points - first), channels, term,
                                           into + i * channels);
                 }
               });
  if (bands == 1) return;
  for (Index g = 0; g < groups; ++g) {
    const double* partial = into + g * bands * channels;
    std::copy(partial, partial + channels, sums + g * channels);
    for (Index b = 1; b < bands; ++b)
      for (Index c = 0; c < channels; ++c) sums[g * channels + c] += partial[b * channels + c];
  }
}

}  // namespace integrad::kernels
