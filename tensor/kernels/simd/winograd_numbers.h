#pragma once

/// The numbers of winograd.h, exact in float: a, b, their powers, (a b)^2 and -(a^2 + b^2).
namespace integrad::kernels::winograd {

/// Of all pairs of eighths up to 2 those whose sums lose least; 1 and 2 would lose half as much
/// again. docs/kernels.md has the error.
inline constexpr float a = 0.625f, a2 = a * a, a3 = a * a2, b = 1.5f, b2 = b * b, b3 = b * b2;
inline constexpr float ab2 = a2 * b2, minus_sum = -(a2 + b2);

}  // namespace integrad::kernels::winograd
