#include <algorithm>
#include <vector>

#include "integrad/tensor/kernels/fast.h"
#include "integrad/tensor/kernels/row_window.h"
#include "integrad/tensor/parallel.h"

namespace integrad::kernels::fast {

namespace {

// Lets the kernel read whole vectors to the end.
constexpr Index kSlack = 16;

// Makes an input row's planes, zeros beside the image.
struct PlanesOfRow {
  const ConvGeometry& g;
  const float* x;
  Index plane;

  void operator()(Index image, Index row, float* into) const {
    const Index channels = g.in_channels, width = g.in_width, before = g.window.x.pad_before;
    std::fill_n(into, channels * plane, 0.0f);
    float_kernels().planes_row(width, channels, plane,
                               x + (image * g.in_height + row) * width * channels, into + before);
  }
};

}  // namespace

bool is_narrow(const ConvGeometry& g) {
  return g.groups == 1 && g.out_channels <= kNarrow && g.in_channels >= 2 * g.out_channels;
}

bool narrow_forward(const ConvGeometry& g, const float* x, const float* filter, const float* bias,
                    float* y) {
  const integrad_window wx = g.window.x;
  const Index span = Index{g.out_width} + integrad_window_extent(wx) + kSlack;
  const Index plane = std::max<Index>(span, wx.pad_before + Index{g.in_width});
  if (!is_narrow(g) || wx.stride != 1 || plane * g.in_channels > (Index{1} << 22)) return false;
  const Index taps = Index{g.window.y.kernel} * wx.kernel, channels = g.in_channels;
  std::vector<float> weights, biases(static_cast<std::size_t>(g.out_channels), 0.0f);
  for (Index o = 0; o < g.out_channels; ++o)
    for (Index ky = 0; ky < g.window.y.kernel; ++ky)
      for (Index ci = 0; ci < channels; ++ci)
        for (Index kx = 0; kx < wx.kernel; ++kx)
          weights.push_back(filter[(o * taps + ky * wx.kernel + kx) * channels + ci]);
  if (bias != nullptr) std::copy_n(bias, g.out_channels, biases.data());
  const NarrowRow row{.in_channels = channels,
                      .out_width = g.out_width,
                      .out_channels = g.out_channels,
                      .kernel_y = g.window.y.kernel,
                      .kernel_x = wx.kernel,
                      .dilation = wx.dilation,
                      .plane = plane,
                      .row_step = g.window.y.dilation * channels * plane,
                      .filter = weights.data(),
                      .bias = biases.data()};
  const Index extent = std::min(integrad_window_extent(g.window.y), g.in_height);
  const Index out_row = Index{g.out_width} * g.out_channels;
  parallel_for(Index{g.batch} * g.out_height, 32, [&](Index begin, Index end) {
    RowWindow<PlanesOfRow> planes(channels * plane, extent, {g, x, plane});
    for (Index i = begin; i < end; ++i) {
      const Reach r = reach(g.window.y, i % g.out_height, g.in_height);
      float_kernels().narrow_row(row, planes.rows(i / g.out_height, r.begin, r.end), r.first_tap,
                                 r.end_tap, y + i * out_row);
    }
  });
  return true;
}

}  // namespace integrad::kernels::fast
