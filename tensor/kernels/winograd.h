#pragma once
#include <array>

#include "integrad/tensor/geometry.h"

/// Convolutions whose windows are three points wide, two outputs of a row at a time: Winograd's
/// minimal filtering F(2, 3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks",
/// arXiv 1509.09308), along x. Two outputs read four points d and take four products instead of
/// six:
///   y[0] = (d[0] - d[2]) g[0] + (d[1] + d[2]) (g[0] + g[1] + g[2]) / 2
///        + (d[2] - d[1]) (g[0] - g[1] + g[2]) / 2
///   y[1] = the second product - the third + (d[3] - d[1]) g[2]
/// Outputs 0 and 1 of a row are a pair, 2 and 3, and so on; what the last pair has beyond the row
/// counts as zero. conv2d.h says in which order the products are summed.
namespace integrad::kernels {

/// Fewer channels than this, of the input or of the output, are not worth the sums of points.
inline constexpr std::int32_t kWinogradChannels = 8;

/// Whether a convolution, its input gradient and its filter gradient work on pairs.
inline bool is_winograd(const ConvGeometry& g) {
  const integrad_window& x = g.window.x;
  return g.groups == 1 && x.kernel == 3 && x.stride == 1 && x.dilation == 1 &&
         g.in_channels >= kWinogradChannels && g.out_channels >= kWinogradChannels;
}

/// The four factors of a pair, from the four points that it reads.
template <class T>
std::array<T, 4> winograd_points(T d0, T d1, T d2, T d3) {
  return {d0 - d2, d1 + d2, d2 - d1, d3 - d1};
}
/// Those they are multiplied with, from the three taps.
template <class T>
std::array<T, 4> winograd_taps(T g0, T g1, T g2) {
  const T outer = g0 + g2;
  return {g0, (outer + g1) * T(0.5), (outer - g1) * T(0.5), g2};
}
/// The products' cotangents, from those of the two outputs.
template <class T>
std::array<T, 4> winograd_cotangents(T dy0, T dy1) {
  return {dy0, dy0 + dy1, dy0 - dy1, dy1};
}
/// The gradients of the three taps, from those of their four factors.
template <class T>
std::array<T, 3> winograd_tap_gradients(const std::array<T, 4>& factors) {
  const T sum = (factors[1] + factors[2]) * T(0.5), difference = (factors[1] - factors[2]) * T(0.5);
  return {factors[0] + sum, difference, sum + factors[3]};
}

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
