#include <algorithm>

#include "integrad/tensor/kernels/fast.h"

namespace integrad::kernels::fast {

namespace {

// Lets the kernel read whole vectors to the end.
constexpr Index kSlack = 16;

}  // namespace

bool is_narrow(const ConvGeometry& g) {
  return g.groups == 1 && g.out_channels <= kNarrow && g.in_channels >= 2 * g.out_channels;
}

std::optional<PackedNarrow> pack_narrow(const ConvGeometry& g, const float* filter,
                                        const float* bias) {
  const integrad_window wx = g.window.x;
  const Index span = Index{g.out_width} + integrad_window_extent(wx) + kSlack;
  const Index plane = std::max<Index>(span, Index{wx.pad_before} + g.in_width);
  if (!is_narrow(g) || wx.stride != 1 || plane * g.in_channels > (Index{1} << 22))
    return std::nullopt;
  const Index taps = Index{g.window.y.kernel} * wx.kernel, channels = g.in_channels;
  PackedNarrow packed;
  packed.biases.assign(static_cast<std::size_t>(g.out_channels), 0.0f);
  for (Index o = 0; o < g.out_channels; ++o)
    for (Index ky = 0; ky < g.window.y.kernel; ++ky)
      for (Index ci = 0; ci < channels; ++ci)
        for (Index kx = 0; kx < wx.kernel; ++kx)
          packed.weights.push_back(filter[(o * taps + ky * wx.kernel + kx) * channels + ci]);
  if (bias != nullptr) std::copy_n(bias, g.out_channels, packed.biases.data());
  packed.in_width = g.in_width;
  packed.before = wx.pad_before;
  packed.row = {.in_channels = channels,
                .out_width = g.out_width,
                .out_channels = g.out_channels,
                .kernel_y = g.window.y.kernel,
                .kernel_x = wx.kernel,
                .dilation = wx.dilation,
                .plane = plane,
                .filter = packed.weights.data(),
                .bias = packed.biases.data()};
  return packed;
}

void PackedNarrow::make_planes(const float* x, float* into, Upcoming& next) const {
  for (Index c = 0; c < row.in_channels; ++c) {
    float* const plane = into + c * row.plane;
    std::fill_n(plane, before, 0.0f);
    std::fill(plane + before + in_width, plane + row.plane, 0.0f);
  }
  float_kernels().planes_row(in_width, row.in_channels, row.plane, x, into + before, next);
}

std::optional<PackedForward> pack_forward_rows(Convolution kind, const ConvGeometry& g,
                                               const float* filter, const float* bias) {
  PackedForward packed{g, {}, {}};
  if (kind == Convolution::full) packed.narrow = pack_narrow(g, filter, bias);
  if (packed.narrow) return packed;
  auto passes = pack_forward(kind, g, filter, bias);
  if (passes.empty()) return std::nullopt;
  packed.pass = std::move(passes.front());
  return packed;
}

}  // namespace integrad::kernels::fast
