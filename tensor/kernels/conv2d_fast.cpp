#include <algorithm>

#include "integrad/tensor/kernels/bands.h"
#include "integrad/tensor/kernels/fast.h"

namespace integrad::kernels::fast {

namespace {

/// Lays a filter out as RowConvolution wants it; value(o, ky, ci, kx) reads the caller's.
template <class Value>
Buffer<float> pack(const RowConvolution& c, Index lanes, Value&& value) {
  Buffer<float> packed = Buffer<float>::uninitialized(
      static_cast<std::size_t>(c.blocks * lanes * c.kernel_y * c.in_channels * c.kernel_x + 1));
  float* into = packed.data();
  for (Index block = 0; block < c.blocks; block += 2) {
    const Index begin = block * lanes, end = std::min(block + 2, c.blocks) * lanes;
    for (Index ky = 0; ky < c.kernel_y; ++ky)
      for (Index ci = 0; ci < c.in_channels; ++ci)
        for (Index kx = 0; kx < c.kernel_x; ++kx)
          for (Index o = begin; o < end; ++o)
            *into++ = o < c.out_channels ? value(o, ky, ci, kx) : 0.0f;
  }
  return packed;
}

Buffer<float> pack_bias(const RowConvolution& c, Index lanes, const float* bias) {
  Buffer<float> packed = Buffer<float>::uninitialized(static_cast<std::size_t>(c.blocks * lanes));
  std::fill_n(packed.data(), c.blocks * lanes, 0.0f);
  if (bias != nullptr) std::copy_n(bias, c.out_channels, packed.data());
  return packed;
}

template <class Value>
void run(const FloatKernels& kernels, const Pass& pass, Index batch, const float* x, Value&& value,
         const float* bias, float* y, Index image_step) {
  RowConvolution c = row_convolution(pass, kernels.lanes);
  const Buffer<float> filter = pack(c, kernels.lanes, value);
  const Buffer<float> packed_bias = pack_bias(c, kernels.lanes, bias);
  c.filter = filter.data();
  c.bias = packed_bias.data();
  run_rows(kernels.conv_row, pass, c, batch, x, y, image_step);
}

Index padded_filter(const ConvGeometry& g, Index channels) {
  return Index{g.window.y.kernel} * g.window.x.kernel *
         (Index{g.in_channels} + g.out_channels - channels) * ((channels + 15) / 16 * 16);
}

}  // namespace

bool conv2d_forward(const ConvGeometry& g, const float* x, const float* filter, const float* bias,
                    float* y) {
  const Index out_row = Index{g.out_width} * g.out_channels;
  const Pass pass{g.window.y,   g.window.x,  g.in_height,    g.in_width, g.in_channels,
                  g.out_height, g.out_width, g.out_channels, out_row,    g.out_channels};
  if (g.groups != 1 || !affordable(pass, padded_filter(g, g.out_channels))) return false;
  const Index height = g.window.y.kernel, width = g.window.x.kernel, channels = g.in_channels;
  run(
      float_kernels(), pass, g.batch, x,
      [&](Index o, Index ky, Index ci, Index kx) {
        return filter[((o * height + ky) * width + kx) * channels + ci];
      },
      bias, y, g.out_height * out_row);
  return true;
}

bool conv2d_input_gradient(const ConvGeometry& g, const float* cotangent, const float* filter,
                           float* x_gradient) {
  const integrad_window wy = g.window.y, wx = g.window.x;
  if (g.groups != 1 || (wy.stride > 1 && wy.dilation > 1) || (wx.stride > 1 && wx.dilation > 1))
    return false;
  const Index in_row = Index{g.in_width} * g.in_channels;
  // Inputs that lie a stride apart read the same taps: one forward convolution for each such set.
  const auto pass_of = [&](const GradientAxis& y, const GradientAxis& x) {
    return Pass{
        y.window, x.window, g.out_height,  g.out_width,        g.out_channels,
        y.count,  x.count,  g.in_channels, in_row * wy.stride, Index{g.in_channels} * wx.stride};
  };
  if (!affordable(pass_of(gradient_axis(wy, g.in_height, 0), gradient_axis(wx, g.in_width, 0)),
                  padded_filter(g, g.in_channels)))
    return false;
  for (std::int32_t iy = 0; iy < std::min(wy.stride, g.in_height); ++iy)
    for (std::int32_t ix = 0; ix < std::min(wx.stride, g.in_width); ++ix) {
      const GradientAxis y = gradient_axis(wy, g.in_height, iy);
      const GradientAxis x = gradient_axis(wx, g.in_width, ix);
      run(
          float_kernels(), pass_of(y, x), g.batch, cotangent,
          [&](Index ci, Index ky, Index o, Index kx) {
            const Index tap_y = y.tap_end - ky * y.tap_step, tap_x = x.tap_end - kx * x.tap_step;
            return filter[((o * wy.kernel + tap_y) * wx.kernel + tap_x) * g.in_channels + ci];
          },
          nullptr, x_gradient + iy * in_row + Index{ix} * g.in_channels, g.in_height * in_row);
    }
  return true;
}

bool conv2d_filter_gradient(const ConvGeometry& g, const float* x, const float* cotangent,
                            float* filter_gradient, float* bias_gradient) {
  const integrad_window wy = g.window.y, wx = g.window.x;
  const Pass pass{wy,           wx,          g.in_height,    g.in_width, g.in_channels,
                  g.out_height, g.out_width, g.out_channels, 0,          0};
  if (g.groups != 1 || !affordable(pass, padded_filter(g, g.out_channels))) return false;
  const FloatKernels& kernels = float_kernels();
  const RowGradient c = row_gradient(g, kernels.lanes);
  const Index taps = Index{wy.kernel} * wx.kernel * g.in_channels, width = c.blocks * kernels.lanes;
  const Index rows = Index{g.batch} * g.out_height, channels = g.out_channels;
  const Index in_row = Index{g.in_width} * g.in_channels;
  const bool ragged =
      width != channels;  // then each row of the cotangent is copied to whole vectors
  const auto band = [&](Index begin, Index end, float* partial) {
    Buffer<float> scratch = Buffer<float>::uninitialized(static_cast<std::size_t>(strip_floats(c)));
    Buffer<float> wide =
        Buffer<float>::uninitialized(static_cast<std::size_t>(ragged ? g.out_width * width : 0));
    std::fill_n(wide.data(), wide.size(), 0.0f);
    for (Index row = begin; row < end; ++row) {
      const float* d = cotangent + row * g.out_width * channels;
      if (ragged) {
        for (Index ox = 0; ox < g.out_width; ++ox)
          std::copy_n(d + ox * channels, channels, wide.data() + ox * width);
        d = wide.data();
      }
      const std::int32_t start =
          integrad_window_start(static_cast<std::int32_t>(row % g.out_height), wy);
      const Index first = integrad_window_first_tap(start, wy);
      const Index last = std::max<Index>(first, integrad_window_end_tap(start, g.in_height, wy));
      const Index iy = first < last ? start + first * wy.dilation : 0;
      kernels.conv_filter_row(c, x + (row / g.out_height * g.in_height + iy) * in_row, first, last,
                              d, scratch.data(), partial);
    }
  };
  sum_bands<float>(rows, band_rows(rows, (taps + 1) * channels), (taps + 1) * width, band,
                   [&](const float* total) {
                     for (Index o = 0; o < channels; ++o)
                       for (Index tap = 0; tap < taps; ++tap)
                         filter_gradient[o * taps + tap] = total[tap * width + o];
                     if (bias_gradient != nullptr)
                       std::copy_n(total + taps * width, channels, bias_gradient);
                   });
  return true;
}

}  // namespace integrad::kernels::fast
