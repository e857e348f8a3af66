#pragma once
#include <array>
#include <cmath>

#include "integrad/tensor/geometry.h"
#include "integrad/tensor/kernels/simd/winograd_numbers.h"

/// Convolutions of 3x3 points, four outputs of a row and two rows at a time: Winograd's minimal
/// filtering (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", arXiv
/// 1509.09308), F(4, 3) along x and F(2, 3) along y: 24 products for 8 outputs instead of 72.
/// Along x the points' and the taps' product, as polynomials, is evaluated at a, -a, b, -b, 0 and
/// infinity: six factors of six points are multiplied with six of three taps, and four outputs are
/// sums of the products p:
///   y[0] = (p[0] + p[1]) + (p[2] + p[3]) + p[4]
///   y[1] = a (p[0] - p[1]) + b (p[2] - p[3])
///   y[2] = a^2 (p[0] + p[1]) + b^2 (p[2] + p[3])
///   y[3] = a^3 (p[0] - p[1]) + b^3 (p[2] - p[3]) + p[5]
/// Along y likewise at 0, 1, -1 and infinity: an upper and a lower row of outputs read four rows of
/// points, whose sums and differences are the factors (row_factors):
///   upper = q[0] + (q[1] + q[2])
///   lower = (q[1] - q[2]) + q[3]
/// A row needs three of the four, so each can be computed alone; the lower one has two of its three
/// from the upper one. Outputs 0 to 3 of a row are worked on together, 4 to 7, and so on, and rows
/// 0 and 1 of an image, 2 and 3; what lies beyond counts as zero. conv2d.h says in which order the
/// products are summed.
namespace integrad::kernels {

/// Fewer channels than this, of the input or of the output, are not worth the sums of points; rows
/// of fewer outputs are not worth those of taps.
inline constexpr std::int32_t kWinogradChannels = 8, kWinogradWidth = 16;

/// Whether a convolution, its input gradient and its filter gradient work so.
inline bool is_winograd(const ConvGeometry& g) {
  const auto three = [](const integrad_window& w) {
    return w.kernel == 3 && w.stride == 1 && w.dilation == 1;
  };
  return !g.plain && g.groups == 1 && three(g.window.y) && three(g.window.x) &&
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
  return {std::fma(T(a), odd_a, even_a),
          std::fma(T(-a), odd_a, even_a),
          std::fma(T(b), odd_b, even_b),
          std::fma(T(-b), odd_b, even_b),
          std::fma(T(ab2), d[0], std::fma(T(minus_sum), d[2], d[4])),
          std::fma(T(ab2), d[1], std::fma(T(minus_sum), d[3], d[5]))};
}
/// The factors of three taps. (Each operation rounded: compilers turn these into vectors.)
template <class T>
Six<T> taps(T g0, T g1, T g2) {
  const T even_a = g0 + T(a2) * g2, odd_a = T(a) * g1;
  const T even_b = g0 + T(b2) * g2, odd_b = T(b) * g1;
  return {(even_a + odd_a) * per_a<T>,
          (even_a - odd_a) * per_a<T>,
          (even_b + odd_b) * per_b<T>,
          (even_b - odd_b) * per_b<T>,
          g0 * per_0<T>,
          g2};
}
/// The products' cotangents, from those of four outputs.
template <class T>
Six<T> cotangents(const std::array<T, 4>& y) {
  const T even_a = std::fma(T(a2), y[2], y[0]), odd_a = std::fma(T(a3), y[3], T(a) * y[1]);
  const T even_b = std::fma(T(b2), y[2], y[0]), odd_b = std::fma(T(b3), y[3], T(b) * y[1]);
  return {even_a + odd_a, even_a - odd_a, even_b + odd_b, even_b - odd_b, y[0], y[3]};
}
/// The gradients of three taps, from those of their factors.
template <class T>
std::array<T, 3> tap_gradients(const Six<T>& f) {
  const T even_a = (f[0] + f[1]) * per_a<T>, odd_a = (f[0] - f[1]) * per_a<T>;
  const T even_b = (f[2] + f[3]) * per_b<T>, odd_b = (f[2] - f[3]) * per_b<T>;
  return {f[4] * per_0<T> + (even_a + even_b), T(a) * odd_a + T(b) * odd_b,
          (T(a2) * even_a + T(b2) * even_b) + f[5]};
}
/// Factor k of the taps of three rows.
template <class T>
T row_taps(Index k, T g0, T g1, T g2) {
  if (k == 0) return g0;
  if (k == 3) return g2;
  return T(0.5) * (k == 1 ? (g0 + g2) + g1 : (g0 + g2) - g1);
}
/// The gradients of 3x3 taps, from those of their factors: value(k, i) of factor k along y and i
/// along x.
template <class T, class Value>
std::array<T, 9> filter_gradients(Value&& value) {
  std::array<T, 3> f[4];
  for (Index k = 0; k < 4; ++k)
    f[k] = tap_gradients<T>(
        {value(k, 0), value(k, 1), value(k, 2), value(k, 3), value(k, 4), value(k, 5)});
  std::array<T, 9> g;
  for (std::size_t kx = 0; kx < 3; ++kx) {
    const T even = T(0.5) * (f[1][kx] + f[2][kx]), odd = T(0.5) * (f[1][kx] - f[2][kx]);
    g[kx] = (f[0][kx] + even) + T(0);
    g[3 + kx] = odd + T(0);
    g[6 + kx] = (even + f[3][kx]) + T(0);
  }
  return g;
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
