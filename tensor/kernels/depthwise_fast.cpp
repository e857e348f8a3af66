#include <algorithm>

#include "integrad/tensor/kernels/bands.h"
#include "integrad/tensor/kernels/fast.h"

namespace integrad::kernels::fast {

namespace {

/// Taps and bias as RowConvolution wants them, channels padded to whole vectors; tap(ky, kx) points
/// at the caller's.
template <class Tap>
void run(const Pass& pass, Index batch, const float* x, Tap&& tap, const float* bias, float* y,
         Index image_step) {
  const FloatKernels& kernels = float_kernels();
  RowConvolution c = row_convolution(pass, kernels.lanes);
  const Index width = c.blocks * kernels.lanes, taps = c.kernel_y * c.kernel_x;
  Buffer<float> packed = Buffer<float>::uninitialized(static_cast<std::size_t>((taps + 1) * width));
  std::fill_n(packed.data(), packed.size(), 0.0f);
  float* into = packed.data();
  if (bias != nullptr) std::copy_n(bias, c.out_channels, into);
  for (Index ky = 0; ky < c.kernel_y; ++ky)
    for (Index kx = 0; kx < c.kernel_x; ++kx)
      std::copy_n(tap(ky, kx), c.out_channels, into += width);
  c.bias = packed.data();
  c.filter = packed.data() + width;
  run_rows(kernels.depthwise_row, pass, c, batch, x, y, image_step);
}

Index padded_filter(const ConvGeometry& g) {
  return Index{g.window.y.kernel} * g.window.x.kernel * ((Index{g.in_channels} + 15) / 16 * 16);
}

Pass forward_pass(const ConvGeometry& g) {
  return {g.window.y,    g.window.x,     g.in_height,
          g.in_width,    g.in_channels,  g.out_height,
          g.out_width,   g.out_channels, Index{g.out_width} * g.out_channels,
          g.out_channels};
}

}  // namespace

bool depthwise_forward(const ConvGeometry& g, const float* x, const float* filter,
                       const float* bias, float* y) {
  const Pass pass = forward_pass(g);
  if (g.in_channels != g.out_channels || !affordable(pass, padded_filter(g))) return false;
  run(
      pass, g.batch, x,
      [&](Index ky, Index kx) { return filter + (ky * g.window.x.kernel + kx) * g.out_channels; },
      bias, y, g.out_height * pass.out_row_step);
  return true;
}

bool depthwise_input_gradient(const ConvGeometry& g, const float* cotangent, const float* filter,
                              float* x_gradient) {
  const integrad_window wy = g.window.y, wx = g.window.x;
  if (g.in_channels != g.out_channels || (wy.stride > 1 && wy.dilation > 1) ||
      (wx.stride > 1 && wx.dilation > 1))
    return false;
  const Index channels = g.in_channels, in_row = g.in_width * channels;
  const auto pass_of = [&](const GradientAxis& y, const GradientAxis& x) {
    return Pass{y.window, x.window, g.out_height, g.out_width,        channels,
                y.count,  x.count,  channels,     in_row * wy.stride, channels * wx.stride};
  };
  if (!affordable(pass_of(gradient_axis(wy, g.in_height, 0), gradient_axis(wx, g.in_width, 0)),
                  padded_filter(g)))
    return false;
  for (std::int32_t iy = 0; iy < std::min(wy.stride, g.in_height); ++iy)
    for (std::int32_t ix = 0; ix < std::min(wx.stride, g.in_width); ++ix) {
      const GradientAxis y = gradient_axis(wy, g.in_height, iy);
      const GradientAxis x = gradient_axis(wx, g.in_width, ix);
      run(
          pass_of(y, x), g.batch, cotangent,
          [&](Index ky, Index kx) {
            const Index tap_y = y.tap_end - ky * y.tap_step, tap_x = x.tap_end - kx * x.tap_step;
            return filter + (tap_y * wx.kernel + tap_x) * channels;
          },
          nullptr, x_gradient + iy * in_row + ix * channels, g.in_height * in_row);
    }
  return true;
}

bool depthwise_filter_gradient(const ConvGeometry& g, const float* x, const float* cotangent,
                               float* filter_gradient, float* bias_gradient) {
  const integrad_window wy = g.window.y;
  if (g.in_channels != g.out_channels || !affordable(forward_pass(g), padded_filter(g)))
    return false;
  const FloatKernels& kernels = float_kernels();
  const RowGradient c = row_gradient(g, kernels.lanes);
  const Index taps = Index{wy.kernel} * g.window.x.kernel, width = c.blocks * kernels.lanes;
  const Index rows = Index{g.batch} * g.out_height, channels = g.out_channels;
  const auto band = [&](Index begin, Index end, float* partial) {
    Buffer<float> scratch = Buffer<float>::uninitialized(static_cast<std::size_t>(strip_floats(c)));
    for (Index row = begin; row < end; ++row) {
      const std::int32_t start =
          integrad_window_start(static_cast<std::int32_t>(row % g.out_height), wy);
      const Index first = integrad_window_first_tap(start, wy);
      const Index last = std::max<Index>(first, integrad_window_end_tap(start, g.in_height, wy));
      const Index iy = first < last ? start + first * wy.dilation : 0;
      kernels.depthwise_filter_row(
          c, x + (row / g.out_height * g.in_height + iy) * g.in_width * channels, first, last,
          cotangent + row * g.out_width * channels, scratch.data(), partial);
    }
  };
  sum_bands<float>(rows, band_rows(rows, (taps + 1) * channels), (taps + 1) * width, band,
                   [&](const float* total) {
                     for (Index tap = 0; tap < taps; ++tap)
                       std::copy_n(total + tap * width, channels, filter_gradient + tap * channels);
                     if (bias_gradient != nullptr)
                       std::copy_n(total + taps * width, channels, bias_gradient);
                   });
  return true;
}

}  // namespace integrad::kernels::fast
