#pragma once
#include "integrad/tensor/kernels/simd/logistic_slopes.h"
#include "integrad/tensor/shape.h"

namespace integrad::kernels {

/// Adds sum w, sum bce, sum w bce, sum w p m and sum w (p + m) over a line of points to `sums` [5]:
/// logits z, targets m in [0,1], weights w, p = sigmoid(z), bce = -m log p - (1 - m) log(1 - p).
/// Point i belongs to partial sum i mod kLogisticSums of its kind; these are added in order.
template <class T>
void add_logistic_sums(Index points, const T* z, const T* m, const T* w, double* sums);

/// The gradient of each point of a line (logistic_slopes.h).
template <class T>
void logistic_gradient_line(const LogisticSlopes& s, Index points, const T* z, const T* m,
                            const T* w, T* gradient);

namespace reference {
template <class T>
void add_logistic_sums(Index points, const T* z, const T* m, const T* w, double* sums);
template <class T>
void logistic_gradient_line(const LogisticSlopes& s, Index points, const T* z, const T* m,
                            const T* w, T* gradient);
}  // namespace reference

}  // namespace integrad::kernels
