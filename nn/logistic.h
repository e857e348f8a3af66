#pragma once
#include "integrad/tensor/kernels/logistic.h"
#include "integrad/tensor/parallel.h"
#include "integrad/tensor/tensor.h"

// What the losses on logits share.
namespace integrad::losses {

using kernels::cross_entropy;
using kernels::Logistic;

/// Throws Error unless the target fits the logits and lies in [0,1].
template <class T>
void check_target(const Shape& logits, const Tensor<T>& target) {
  require(target.shape() == logits, "a loss needs a target of its logits' shape; logits ", logits,
          ", target ", target.shape());
  require(!target.empty(), "a loss needs at least one element; got shape ", logits);
  const T* m = target.data();
  parallel_for(target.size(), kElementwiseGrain, [=](Index begin, Index end) {
    bool inside = true;
    for (Index i = begin; i < end; ++i) inside = inside & (m[i] >= T(0)) & (m[i] <= T(1));
    if (inside) return;
    while (m[begin] >= T(0) && m[begin] <= T(1)) ++begin;
    fail("a loss needs targets in 0..1; element ", begin, " is ", m[begin]);
  });
}

/// Rows of one band, a compromise between sharing out and the rows that a band's first window
/// needs.
inline constexpr Index kBandRows = 64;

/// Sums over each image: band(image, first row, end row, partial) adds its rows to `size` sums that
/// start at zero; an image's bands are merged in order. Returns [images][size].
template <class Band>
std::vector<double> sum_images(Index images, Index rows, Index size, Band band) {
  const Index bands = (rows + kBandRows - 1) / kBandRows;
  std::vector<double> partials(static_cast<std::size_t>(images * bands * size));
  double* const first = partials.data();
  parallel_chunks(images * bands, [=](Index i) {
    const Index row = i % bands * kBandRows;
    band(i / bands, row, std::min(rows, row + kBandRows), first + i * size);
  });
  std::vector<double> totals(static_cast<std::size_t>(images * size));
  for (Index i = 0; i < images * bands; ++i)
    for (Index k = 0; k < size; ++k)
      totals[static_cast<std::size_t>(i / bands * size + k)] += first[i * size + k];
  return totals;
}

}  // namespace integrad::losses
