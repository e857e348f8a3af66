#include "integrad/tensor/kernels/logistic_lines.h"

#include <type_traits>

#include "integrad/tensor/kernels/logistic.h"
#include "integrad/tensor/kernels/simd/float_kernels.h"

namespace integrad::kernels {

namespace reference {

template <class T>
void add_logistic_sums(Index points, const T* z, const T* m, const T* w, double* sums) {
  double partial[5][kLogisticSums] = {};
  for (Index i = 0; i < points; ++i) {
    const double logit = static_cast<double>(z[i]), target = static_cast<double>(m[i]);
    const double weight = static_cast<double>(w[i]), e = elementary::exp(-std::fabs(logit));
    const double entropy = cross_entropy(logit, target, e), p = Logistic(logit, e).p;
    const double terms[5] = {weight, entropy, weight * entropy, weight * p * target,
                             weight * (p + target)};
    for (int k = 0; k < 5; ++k) partial[k][i % kLogisticSums] += terms[k];
  }
  for (int k = 0; k < 5; ++k)
    for (double sum : partial[k]) sums[k] += sum;
}

template <class T>
void logistic_gradient_line(const LogisticSlopes& s, Index points, const T* z, const T* m,
                            const T* w, T* gradient) {
  for (Index i = 0; i < points; ++i) {
    const double target = static_cast<double>(m[i]), weight = static_cast<double>(w[i]);
    const Logistic l(static_cast<double>(z[i]));
    const double by_p = weight * (s.ratio * (1.0 - target) - target) * s.inverse_remainder;
    gradient[i] = static_cast<T>(
        s.scale * ((weight * s.weight_share + s.plain_share) * l.minus(target) + by_p * l.p * l.q));
  }
}

}  // namespace reference

template <class T>
void add_logistic_sums(Index points, const T* z, const T* m, const T* w, double* sums) {
  if constexpr (std::is_same_v<T, float>)
    float_kernels().logistic_sums_row(points, z, m, w, sums);
  else
    reference::add_logistic_sums(points, z, m, w, sums);
}

template <class T>
void logistic_gradient_line(const LogisticSlopes& s, Index points, const T* z, const T* m,
                            const T* w, T* gradient) {
  if constexpr (std::is_same_v<T, float>)
    float_kernels().logistic_gradient_row(s, points, z, m, w, gradient);
  else
    reference::logistic_gradient_line(s, points, z, m, w, gradient);
}

template void add_logistic_sums(Index, const float*, const float*, const float*, double*);
template void add_logistic_sums(Index, const double*, const double*, const double*, double*);
template void logistic_gradient_line(const LogisticSlopes&, Index, const float*, const float*,
                                     const float*, float*);
template void logistic_gradient_line(const LogisticSlopes&, Index, const double*, const double*,
                                     const double*, double*);
namespace reference {
template void add_logistic_sums(Index, const float*, const float*, const float*, double*);
template void logistic_gradient_line(const LogisticSlopes&, Index, const float*, const float*,
                                     const float*, float*);
}  // namespace reference

}  // namespace integrad::kernels
