#pragma once
#include <array>
#include <cmath>

#include "integrad/tensor/geometry.h"
#include "integrad/tensor/kernels/simd/winograd_numbers.h"

/// Convolutions whose windows are three points wide, four outputs of a row at a time: Winograd's
/// minimal filtering F(4, 3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks",
/// arXiv 1509.09308), along x. Four outputs read six points and take six products instead of
/// twelve. As polynomials, the points' and the taps' product is evaluated at 0, a, -a, b, -b and
/// infinity; each of the six factors of points is multiplied with one of taps, and the outputs are
/// sums of the products:
///   y[0] = p[0] + (p[1] + p[2]) + (p[3] + p[4])
///   y[1] = a (p[1] - p[2]) + b (p[3] - p[4])
///   y[2] = a^2 (p[1] + p[2]) + b^2 (p[3] + p[4])
///   y[3] = a^3 (p[1] - p[2]) + b^3 (p[3] - p[4]) + p[5]
/// Outputs 0 to 3 of a row are worked on together, 4 to 7, and so on; what the last four have
/// beyond the row counts as zero. conv2d.h says in which order the products are summed.
namespace integrad::kernels {

/// Fewer channels than this, of the input or of the output, are not worth the sums of points; rows
/// of fewer outputs are not worth those of taps.
inline constexpr std::int32_t kWinogradChannels = 8, kWinogradWidth = 16;

/// Whether a convolution, its input gradient and its filter gradient work so.
inline bool is_winograd(const ConvGeometry& g) {
  const integrad_window& x = g.window.x;
  return !g.plain && g.groups == 1 && x.kernel == 3 && x.stride == 1 && x.dilation == 1 &&
         g.in_channels >= kWinogradChannels && g.out_channels >= kWinogradChannels &&
         g.out_width >= kWinogradWidth;
}

namespace winograd {
/// 1 / ((a - 0) (a - -a) (a^2 - b^2)), the same of b, and 1 / (a b)^2.
template <class T>
inline constexpr T per_a = T(1 / (2.0 * a2 * (a2 - b2)));
template <class T>
inline constexpr T per_b = T(1 / (2.0 * b2 * (b2 - a2)));
template <class T>
inline constexpr T per_0 = T(1 / (1.0 * ab2));

template <class T>
using Six = std::array<T, 6>;

/// The factors of six points.
template <class T>
Six<T> points(const Six<T>& d) {
  const T even_a = std::fma(T(-b2), d[2], d[4]), odd_a = std::fma(T(-b2), d[1], d[3]);
  const T even_b = std::fma(T(-a2), d[2], d[4]), odd_b = std::fma(T(-a2), d[1], d[3]);
  return {std::fma(T(ab2), d[0], std::fma(T(minus_sum), d[2], d[4])),
          std::fma(T(a), odd_a, even_a),
          std::fma(T(-a), odd_a, even_a),
          std::fma(T(b), odd_b, even_b),
          std::fma(T(-b), odd_b, even_b),
          std::fma(T(ab2), d[1], std::fma(T(minus_sum), d[3], d[5]))};
}
/// The factors of three taps. (Each operation rounded: compilers turn these into vectors.)
template <class T>
Six<T> taps(T g0, T g1, T g2) {
  const T even_a = g0 + T(a2) * g2, odd_a = T(a) * g1;
  const T even_b = g0 + T(b2) * g2, odd_b = T(b) * g1;
  return {g0 * per_0<T>,
          (even_a + odd_a) * per_a<T>,
          (even_a - odd_a) * per_a<T>,
          (even_b + odd_b) * per_b<T>,
          (even_b - odd_b) * per_b<T>,
          g2};
}
/// The products' cotangents, from those of four outputs.
template <class T>
Six<T> cotangents(const std::array<T, 4>& y) {
  const T even_a = std::fma(T(a2), y[2], y[0]), odd_a = std::fma(T(a3), y[3], T(a) * y[1]);
  const T even_b = std::fma(T(b2), y[2], y[0]), odd_b = std::fma(T(b3), y[3], T(b) * y[1]);
  return {y[0], even_a + odd_a, even_a - odd_a, even_b + odd_b, even_b - odd_b, y[3]};
}
/// The gradients of three taps, from those of their factors.
template <class T>
std::array<T, 3> tap_gradients(const Six<T>& f) {
  const T even_a = (f[1] + f[2]) * per_a<T>, odd_a = (f[1] - f[2]) * per_a<T>;
  const T even_b = (f[3] + f[4]) * per_b<T>, odd_b = (f[3] - f[4]) * per_b<T>;
  return {f[0] * per_0<T> + (even_a + even_b), T(a) * odd_a + T(b) * odd_b,
          (T(a2) * even_a + T(b2) * even_b) + f[5]};
}
}  // namespace winograd

namespace reference {
/// The kernels of conv2d.h where is_winograd(g), in plain loops.
template <class T>
void winograd_forward(const ConvGeometry& g, const T* x, const T* filter, const T* bias, T* y);
template <class T>
void winograd_input_gradient(const ConvGeometry& g, const T* cotangent, const T* filter,
                             T* x_gradient);
template <class T>
void winograd_filter_gradient(const ConvGeometry& g, const T* x, const T* cotangent,
                              T* filter_gradient, T* bias_gradient);
}  // namespace reference

}  // namespace integrad::kernels
