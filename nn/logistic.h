#pragma once
#include <cmath>

#include "integrad/tensor/elementary.h"
#include "integrad/tensor/parallel.h"
#include "integrad/tensor/tensor.h"

// What the losses on logits share.
namespace integrad::losses {

/// A logit's probability p, its complement q = 1 - p, each with full relative accuracy, and
/// log(1 + e^-|z|).
struct Logistic {
  double p, q;

  explicit Logistic(double z) : Logistic(z, elementary::exp(-std::fabs(z))) {}
  /// With e = e^-|z| known.
  Logistic(double z, double e) {
    const double larger = 1.0 / (1.0 + e), smaller = e / (1.0 + e);
    p = z >= 0 ? larger : smaller;
    q = z >= 0 ? smaller : larger;
  }
  /// p - m without cancellation at either end: the derivative of the cross entropy.
  double minus(double m) const { return p * (1.0 - m) - q * m; }
};

/// -m log p - (1 - m) log(1 - p) for the logit z, with e = e^-|z|.
inline double cross_entropy(double z, double m, double e) {
  return (z > 0 ? z : 0.0) - z * m + elementary::log1p(e);
}

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
