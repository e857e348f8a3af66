#pragma once
#include <cmath>

#include "integrad/tensor/elementary.h"

namespace integrad::kernels {

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

}  // namespace integrad::kernels
