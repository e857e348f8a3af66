#pragma once

/// The numbers of winograd.h. Along x, exact in float: a, b, their powers, (a b)^2 and -(a^2 +
/// b^2).
namespace integrad::kernels::winograd {

/// Of all pairs of eighths up to 2 those whose sums lose least; 1 and 2 would lose half as much
/// again. docs/kernels.md has the error.
inline constexpr float a = 0.625f, a2 = a * a, a3 = a * a2, b = 1.5f, b2 = b * b, b3 = b * b2;
inline constexpr float ab2 = a2 * b2, minus_sum = -(a2 + b2);

/// Along y: factor k of some rows is row `of` plus `sign` times row `with`.
struct RowFactor {
  int of, with;
  float sign;
};
/// Of the four rows of points that a pair of rows of outputs reads; an upper row has the products 0
/// to 2, a lower one 1 to 3.
inline constexpr RowFactor row_factors[4] = {{0, 2, -1}, {1, 2, 1}, {2, 1, -1}, {3, 1, -1}};
/// Of the cotangents of that pair, for the gradient of factor k of the taps.
inline constexpr RowFactor row_cotangents[4] = {{0, 0, 0}, {0, 1, 1}, {0, 1, -1}, {1, 1, 0}};

}  // namespace integrad::kernels::winograd
