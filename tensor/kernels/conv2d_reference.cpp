#include <algorithm>
#include <cmath>
#include <vector>

#include "integrad/tensor/kernels/bands.h"
#include "integrad/tensor/kernels/conv2d.h"
#include "integrad/tensor/kernels/winograd.h"
#include "integrad/tensor/parallel.h"

namespace integrad::kernels::reference {

template <class T>
void conv2d_forward(const ConvGeometry& g, const T* x, const T* filter, const T* bias, T* y) {
  if (is_winograd(g)) return winograd_forward(g, x, filter, bias, y);
  const Index group_in = g.in_channels / g.groups, group_out = g.out_channels / g.groups;
  const integrad_window wy = g.window.y, wx = g.window.x;
  parallel_for(Index{g.batch} * g.out_height, 1, [&](Index row, Index) {
    const Index n = row / g.out_height;
    const std::int32_t oy = static_cast<std::int32_t>(row % g.out_height);
    const std::int32_t y0 = integrad_window_start(oy, wy);
    for (std::int32_t ox = 0; ox < g.out_width; ++ox) {
      const std::int32_t x0 = integrad_window_start(ox, wx);
      for (Index o = 0; o < g.out_channels; ++o) {
        const Index first = o / group_out * group_in;
        T sum = bias != nullptr ? bias[o] : T(0);
        for (std::int32_t ky = 0; ky < wy.kernel; ++ky) {
          const Index iy = y0 + ky * wy.dilation;
          if (iy < 0 || iy >= g.in_height) continue;
          for (Index ci = 0; ci < group_in; ++ci)
            for (std::int32_t kx = 0; kx < wx.kernel; ++kx) {
              const Index ix = x0 + kx * wx.dilation;
              if (ix < 0 || ix >= g.in_width) continue;
              sum = std::fma(
                  x[((n * g.in_height + iy) * g.in_width + ix) * g.in_channels + first + ci],
                  filter[((o * wy.kernel + ky) * wx.kernel + kx) * group_in + ci], sum);
            }
        }
        y[(row * g.out_width + ox) * g.out_channels + o] = sum + T(0);
      }
    }
  });
}

// Gather form: each input point sums the outputs that read it, so it has one owner.
template <class T>
void conv2d_input_gradient(const ConvGeometry& g, const T* cotangent, const T* filter,
                           T* x_gradient) {
  if (is_winograd(g)) return winograd_input_gradient(g, cotangent, filter, x_gradient);
  const Index group_in = g.in_channels / g.groups, group_out = g.out_channels / g.groups;
  const integrad_window wy = g.window.y, wx = g.window.x;
  parallel_for(Index{g.batch} * g.in_height, 1, [&](Index row, Index) {
    const Index n = row / g.in_height, iy = row % g.in_height;
    for (Index ix = 0; ix < g.in_width; ++ix)
      for (Index ci = 0; ci < g.in_channels; ++ci) {
        const Index group = ci / group_in;
        T sum = T(0);
        for (std::int32_t ky = wy.kernel - 1; ky >= 0; --ky) {
          const Index ty = iy + wy.pad_before - Index{ky} * wy.dilation, oy = ty / wy.stride;
          if (ty < 0 || ty % wy.stride != 0 || oy >= g.out_height) continue;
          for (Index o = group * group_out; o < (group + 1) * group_out; ++o)
            for (std::int32_t kx = wx.kernel - 1; kx >= 0; --kx) {
              const Index tx = ix + wx.pad_before - Index{kx} * wx.dilation, ox = tx / wx.stride;
              if (tx < 0 || tx % wx.stride != 0 || ox >= g.out_width) continue;
              sum = std::fma(
                  cotangent[((n * g.out_height + oy) * g.out_width + ox) * g.out_channels + o],
                  filter[((o * wy.kernel + ky) * wx.kernel + kx) * group_in + ci % group_in], sum);
            }
        }
        x_gradient[(row * g.in_width + ix) * g.in_channels + ci] = sum + T(0);
      }
  });
}

template <class T>
void conv2d_filter_gradient(const ConvGeometry& g, const T* x, const T* cotangent,
                            T* filter_gradient, T* bias_gradient) {
  if (is_winograd(g))
    return winograd_filter_gradient(g, x, cotangent, filter_gradient, bias_gradient);
  const Index group_in = g.in_channels / g.groups, group_out = g.out_channels / g.groups;
  const integrad_window wy = g.window.y, wx = g.window.x;
  const Index weights = Index{g.out_channels} * wy.kernel * wx.kernel * group_in;
  const auto band = [&](Index begin, Index end, T* partial) {
    for (Index row = begin; row < end; ++row) {
      const Index n = row / g.out_height;
      const std::int32_t y0 =
          integrad_window_start(static_cast<std::int32_t>(row % g.out_height), wy);
      for (Index o = 0; o < g.out_channels; ++o)
        partial[weights + o] += row_sum(cotangent + row * g.out_width * g.out_channels + o,
                                        g.out_width, g.out_channels);
      for (std::int32_t ox = 0; ox < g.out_width; ++ox) {
        const std::int32_t x0 = integrad_window_start(ox, wx);
        for (Index o = 0; o < g.out_channels; ++o) {
          const T d = cotangent[(row * g.out_width + ox) * g.out_channels + o];
          const Index first = o / group_out * group_in;
          for (std::int32_t ky = 0; ky < wy.kernel; ++ky)
            for (std::int32_t kx = 0; kx < wx.kernel; ++kx) {
              const Index iy = y0 + ky * wy.dilation, ix = x0 + kx * wx.dilation;
              if (iy < 0 || iy >= g.in_height || ix < 0 || ix >= g.in_width) continue;
              const T* point =
                  x + ((n * g.in_height + iy) * g.in_width + ix) * g.in_channels + first;
              T* into = partial + ((o * wy.kernel + ky) * wx.kernel + kx) * group_in;
              for (Index ci = 0; ci < group_in; ++ci) into[ci] = std::fma(point[ci], d, into[ci]);
            }
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

template void conv2d_forward(const ConvGeometry&, const float*, const float*, const float*, float*);
template void conv2d_forward(const ConvGeometry&, const double*, const double*, const double*,
                             double*);
template void conv2d_input_gradient(const ConvGeometry&, const float*, const float*, float*);
template void conv2d_input_gradient(const ConvGeometry&, const double*, const double*, double*);
template void conv2d_filter_gradient(const ConvGeometry&, const float*, const float*, float*,
                                     float*);
template void conv2d_filter_gradient(const ConvGeometry&, const double*, const double*, double*,
                                     double*);

}  // namespace integrad::kernels::reference
