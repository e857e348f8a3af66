#pragma once

namespace integrad::kernels {

/// Partial sums of each kind that a line's points are shared out to (logistic_lines.h).
inline constexpr int kLogisticSums = 16;

/// The gradient of a point with logit z, target m, weight w and p = sigmoid(z):
/// scale * ((w weight_share + plain_share) (p - m)
///          + w (ratio (1 - m) - m) inverse_remainder p (1 - p)).
struct LogisticSlopes {
  double scale, weight_share, plain_share, ratio, inverse_remainder;
};

}  // namespace integrad::kernels
