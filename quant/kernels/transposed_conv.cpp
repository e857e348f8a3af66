#include <algorithm>

#include "integrad/quant/kernels/fast.h"

namespace integrad::kernels::int8 {

namespace {

bool side_by_side(const integrad_window& w, std::int32_t inputs, std::int32_t outputs) {
  return w.kernel == w.stride && w.dilation == 1 && w.pad_before == 0 &&
         Index{inputs} * w.stride == outputs;
}

/// One row of every window as a convolution of 1x1. Its pixel is `group` neighbouring pixels of the
/// input, so that layers of few channels fill a vector; its output channels are (pixel of the
/// group, column of the window, output channel), which lie in memory as the output row does.
struct WindowRow {
  integrad_conv conv;
  std::vector<std::int8_t> filter;
  std::vector<std::int32_t> bias;
  std::vector<integrad_scale> scales;
};

WindowRow window_row(const integrad_transposed_conv& layer, std::int32_t ky, std::int32_t group,
                     const std::int8_t* filter, const std::int32_t* bias) {
  constexpr integrad_window kOne{1, 1, 1, 0, 0};
  const std::int32_t inputs = layer.input.channels, outputs = layer.output.channels;
  const integrad_window wy = layer.window_y, wx = layer.window_x;
  WindowRow row;
  integrad_conv& c = row.conv;
  c.input = {layer.input.height, layer.input.width / group, inputs * group};
  c.output = {c.input.height, c.input.width, group * wx.kernel * outputs};
  c.window_y = c.window_x = kOne;
  c.groups = 1;
  c.input_zero_point = layer.input_zero_point;
  c.stage = layer.stage;
  row.filter.assign(static_cast<std::size_t>(Index{c.output.channels} * c.input.channels), 0);
  std::int8_t* weights = row.filter.data();
  for (std::int32_t pixel = 0; pixel < group; ++pixel)
    for (std::int32_t kx = 0; kx < wx.kernel; ++kx)
      for (std::int32_t o = 0; o < outputs; ++o, weights += c.input.channels) {
        const Index tap = (Index{o} * wy.kernel + ky) * wx.kernel + kx;
        std::copy_n(filter + tap * inputs, inputs, weights + Index{pixel} * inputs);
        row.bias.push_back(bias != nullptr ? bias[o] : 0);
        if (layer.stage.scale_step != 0) row.scales.push_back(layer.stage.scales[o]);
      }
  if (layer.stage.scale_step != 0) c.stage.scales = row.scales.data();
  return row;
}

}  // namespace

bool transposed_conv(const integrad_transposed_conv& layer, Index batch, const std::int8_t* input,
                     const std::int8_t* filter, const std::int32_t* bias, std::int8_t* output) {
  const Int8Kernels* kernels = int8_kernels();
  const integrad_window wy = layer.window_y, wx = layer.window_x;
  if (kernels == nullptr || !side_by_side(wy, layer.input.height, layer.output.height) ||
      !side_by_side(wx, layer.input.width, layer.output.width))
    return false;
  // Kept small: the sizes below are 32 bits, and conv_layer refuses more in any case.
  if (Index{wx.kernel} * layer.output.channels > Index{1} << 24) return false;
  std::int32_t group = 1;
  while (layer.input.width % (2 * group) == 0 &&
         2 * group * Index{wx.kernel} * layer.output.channels <= kernels->lanes)
    group *= 2;
  std::vector<std::shared_ptr<const RowLayer>> window_rows;
  for (std::int32_t ky = 0; ky < wy.kernel; ++ky) {
    const WindowRow row = window_row(layer, ky, group, filter, bias);
    window_rows.push_back(
        conv_layer(row.conv, row.filter.data(), row.bias.data(), RowResult::codes));
    if (window_rows.back() == nullptr) return false;
  }
  const Index row_size = integrad_row_size(layer.output);
  run_rows(window_rows.front()->pass, batch, input,
           [&](const std::uint8_t* const* rows, const std::int8_t* next, std::uint8_t* scratch,
               const PairRow& pair, Index row) {
             std::int8_t* into = output + row * wy.kernel * row_size;
             for (const auto& window_row : window_rows) {
               window_row->kernel(rows, next, scratch, pair, into);
               into += row_size;
             }
           });
  return true;
}

}  // namespace integrad::kernels::int8
