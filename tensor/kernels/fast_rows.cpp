#include <algorithm>

#include "integrad/tensor/kernels/fast.h"
#include "integrad/tensor/parallel.h"

namespace integrad::kernels::fast {

namespace {

Index scratch_pixels(const Pass& pass) {
  return (kMaxTile - 1) * pass.x.stride + integrad_window_extent(pass.x);
}

Index row_steps(const Pass& pass) {
  return pass.y.dilation * pass.in_width * pass.in_channels;
}

}  // namespace

RowConvolution row_convolution(const Pass& pass, Index lanes) {
  return {.in_width = pass.in_width,
          .in_channels = pass.in_channels,
          .out_width = pass.out_width,
          .out_channels = pass.out_channels,
          .blocks = (pass.out_channels + lanes - 1) / lanes,
          .kernel_y = pass.y.kernel,
          .kernel_x = pass.x.kernel,
          .stride = pass.x.stride,
          .dilation = pass.x.dilation,
          .pad = pass.x.pad_before,
          .row_step = row_steps(pass),
          .out_pixel_step = pass.out_pixel_step,
          .filter = nullptr,
          .bias = nullptr};
}

bool affordable(const Pass& pass, Index filter_values) {
  // In double: the product of hostile extents may exceed 64 bits.
  const double scratch = static_cast<double>(scratch_pixels(pass)) * pass.y.kernel *
                         static_cast<double>(pass.in_channels);
  return scratch <= double{1 << 22} && filter_values <= (Index{1} << 28);
}

void run_rows(RowKernel kernel, const Pass& pass, const RowConvolution& c, Index batch,
              const float* x, float* y, Index image_step) {
  const Index work =
      std::max<Index>(1, pass.out_width * pass.out_channels * pass.y.kernel * pass.x.kernel);
  const Index grain = std::clamp<Index>((Index{1} << 16) / work, 1, 64);
  const Index in_row = pass.in_width * pass.in_channels;
  const Index scratch_floats = scratch_pixels(pass) * pass.y.kernel * pass.in_channels;
  parallel_for(batch * pass.out_height, grain, [&](Index begin, Index end) {
    Buffer<float> scratch =
        Buffer<float>::uninitialized(static_cast<std::size_t>(std::max<Index>(scratch_floats, 1)));
    for (Index row = begin; row < end; ++row) {
      const Index n = row / pass.out_height, oy = row % pass.out_height;
      const std::int32_t start = integrad_window_start(static_cast<std::int32_t>(oy), pass.y);
      const Index first = integrad_window_first_tap(start, pass.y);
      const Index last =
          integrad_window_end_tap(start, static_cast<std::int32_t>(pass.in_height), pass.y);
      const Index iy = first < last ? start + first * pass.y.dilation : 0;
      kernel(c, x + (n * pass.in_height + iy) * in_row, first, std::max(first, last),
             scratch.data(), y + n * image_step + oy * pass.out_row_step);
    }
  });
}

GradientAxis gradient_axis(const integrad_window& w, std::int32_t inputs, std::int32_t first) {
  // Input i reads output (i + pad - tap * dilation) / stride, for the taps that leave no remainder.
  const std::int32_t phase = (first + w.pad_before) % w.stride;
  const std::int32_t taps =
      w.stride == 1 ? w.kernel : (std::max(0, w.kernel - phase) + w.stride - 1) / w.stride;
  const std::int32_t from = (first + w.pad_before - phase) / w.stride;
  GradientAxis axis;
  axis.window = {taps, 1, w.dilation, (taps - 1) * w.dilation - from, 0};
  axis.first = first;
  axis.count = first < inputs ? (inputs - first - 1) / w.stride + 1 : 0;
  axis.tap_end = phase + (taps - 1) * w.stride;
  axis.tap_step = w.stride;
  return axis;
}

RowGradient row_gradient(const ConvGeometry& g, Index lanes) {
  const integrad_window w = g.window.x;
  const Index room = Index{g.in_width} + w.pad_before - integrad_window_extent(w);
  const Index begin = (Index{w.pad_before} + w.stride - 1) / w.stride;
  const Index end = room < 0 ? 0 : std::min<Index>(room / w.stride + 1, g.out_width);
  return {.in_width = g.in_width,
          .in_channels = g.in_channels,
          .out_width = g.out_width,
          .out_channels = g.out_channels,
          .blocks = (g.out_channels + lanes - 1) / lanes,
          .kernel_y = g.window.y.kernel,
          .kernel_x = w.kernel,
          .stride = w.stride,
          .dilation = w.dilation,
          .pad = w.pad_before,
          .row_step = Index{g.window.y.dilation} * g.in_width * g.in_channels,
          .inner_begin = begin < end ? begin : 0,
          .inner_end = begin < end ? end : 0};
}

Index strip_floats(const RowGradient& c) {
  const Index outputs = c.inner_begin + (c.out_width - c.inner_end);
  const Index extent = (c.kernel_x - 1) * c.dilation + 1;
  return (outputs * c.stride + 2 * extent) * c.kernel_y * c.in_channels;
}

}  // namespace integrad::kernels::fast
