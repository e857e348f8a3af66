#include <algorithm>
#include <cmath>

#include "integrad/tensor/kernels/bands.h"
#include "integrad/tensor/kernels/depthwise.h"
#include "integrad/tensor/parallel.h"

namespace integrad::kernels::reference {

template <class T>
void depthwise_forward(const ConvGeometry& g, const T* x, const T* filter, const T* bias, T* y) {
  const Index multiplier = g.out_channels / g.in_channels;
  const integrad_window wy = g.window.y, wx = g.window.x;
  parallel_for(Index{g.batch} * g.out_height, 1, [&](Index row, Index) {
    const Index n = row / g.out_height;
    const std::int32_t y0 =
        integrad_window_start(static_cast<std::int32_t>(row % g.out_height), wy);
    for (std::int32_t ox = 0; ox < g.out_width; ++ox) {
      const std::int32_t x0 = integrad_window_start(ox, wx);
      for (Index o = 0; o < g.out_channels; ++o) {
        T sum = bias != nullptr ? bias[o] : T(0);
        for (std::int32_t ky = 0; ky < wy.kernel; ++ky)
          for (std::int32_t kx = 0; kx < wx.kernel; ++kx) {
            const Index iy = y0 + ky * wy.dilation, ix = x0 + kx * wx.dilation;
            if (iy < 0 || iy >= g.in_height || ix < 0 || ix >= g.in_width) continue;
            sum = std::fma(
                x[((n * g.in_height + iy) * g.in_width + ix) * g.in_channels + o / multiplier],
                filter[(Index{ky} * wx.kernel + kx) * g.out_channels + o], sum);
          }
        y[(row * g.out_width + ox) * g.out_channels + o] = sum + T(0);
      }
    }
  });
}

// Gather form: each input point sums the outputs that read it, so it has one owner.
template <class T>
void depthwise_input_gradient(const ConvGeometry& g, const T* cotangent, const T* filter,
                              T* x_gradient) {
  const Index multiplier = g.out_channels / g.in_channels;
  const integrad_window wy = g.window.y, wx = g.window.x;
  parallel_for(Index{g.batch} * g.in_height, 1, [&](Index row, Index) {
    const Index n = row / g.in_height, iy = row % g.in_height;
    for (Index ix = 0; ix < g.in_width; ++ix)
      for (Index c = 0; c < g.in_channels; ++c) {
        T sum = T(0);
        for (std::int32_t ky = wy.kernel - 1; ky >= 0; --ky)
          for (std::int32_t kx = wx.kernel - 1; kx >= 0; --kx) {
            const Index ty = iy + wy.pad_before - Index{ky} * wy.dilation, oy = ty / wy.stride;
            const Index tx = ix + wx.pad_before - Index{kx} * wx.dilation, ox = tx / wx.stride;
            if (ty < 0 || ty % wy.stride != 0 || oy >= g.out_height) continue;
            if (tx < 0 || tx % wx.stride != 0 || ox >= g.out_width) continue;
            const T* d = cotangent + ((n * g.out_height + oy) * g.out_width + ox) * g.out_channels;
            const T* w = filter + (Index{ky} * wx.kernel + kx) * g.out_channels;
            for (Index o = c * multiplier; o < (c + 1) * multiplier; ++o)
              sum = std::fma(d[o], w[o], sum);
          }
        x_gradient[(row * g.in_width + ix) * g.in_channels + c] = sum + T(0);
      }
  });
}

template <class T>
void depthwise_filter_gradient(const ConvGeometry& g, const T* x, const T* cotangent,
                               T* filter_gradient, T* bias_gradient) {
  const Index multiplier = g.out_channels / g.in_channels;
  const integrad_window wy = g.window.y, wx = g.window.x;
  const Index weights = Index{wy.kernel} * wx.kernel * g.out_channels;
  const auto band = [&](Index begin, Index end, T* partial) {
    for (Index row = begin; row < end; ++row) {
      const Index n = row / g.out_height;
      const std::int32_t y0 =
          integrad_window_start(static_cast<std::int32_t>(row % g.out_height), wy);
      const T* d = cotangent + row * g.out_width * g.out_channels;
      for (std::int32_t ox = 0; ox < g.out_width; ++ox, d += g.out_channels) {
        for (Index o = 0; o < g.out_channels; ++o) partial[weights + o] += d[o];
        const std::int32_t x0 = integrad_window_start(ox, wx);
        for (std::int32_t ky = 0; ky < wy.kernel; ++ky)
          for (std::int32_t kx = 0; kx < wx.kernel; ++kx) {
            const Index iy = y0 + ky * wy.dilation, ix = x0 + kx * wx.dilation;
            if (iy < 0 || iy >= g.in_height || ix < 0 || ix >= g.in_width) continue;
            const T* point = x + ((n * g.in_height + iy) * g.in_width + ix) * g.in_channels;
            T* into = partial + (Index{ky} * wx.kernel + kx) * g.out_channels;
            for (Index o = 0; o < g.out_channels; ++o)
              into[o] = std::fma(point[o / multiplier], d[o], into[o]);
          }
      }
    }
  };
  sum_bands<T>(Index{g.batch} * g.out_height, weights + g.out_channels, band, [&](const T* total) {
    std::copy(total, total + weights, filter_gradient);
    if (bias_gradient != nullptr)
      std::copy(total + weights, total + weights + g.out_channels, bias_gradient);
  });
}

template void depthwise_forward(const ConvGeometry&, const float*, const float*, const float*,
                                float*);
template void depthwise_forward(const ConvGeometry&, const double*, const double*, const double*,
                                double*);
template void depthwise_input_gradient(const ConvGeometry&, const float*, const float*, float*);
template void depthwise_input_gradient(const ConvGeometry&, const double*, const double*, double*);
template void depthwise_filter_gradient(const ConvGeometry&, const float*, const float*, float*,
                                        float*);
template void depthwise_filter_gradient(const ConvGeometry&, const double*, const double*, double*,
                                        double*);

}  // namespace integrad::kernels::reference
