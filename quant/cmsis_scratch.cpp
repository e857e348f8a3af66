#include "integrad/quant/cmsis_scratch.h"

#include <algorithm>

namespace integrad {

namespace {

Index rounded_up(Index value, Index multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

bool is_plain_window(const integrad_window& w) {
  return w.kernel == 1 && w.stride == 1 && w.pad_before == 0 && w.dilation == 1;
}

bool is_dilated(const integrad_window& y, const integrad_window& x) {
  return y.dilation != 1 || x.dilation != 1;
}

/// A convolution of `channels` input channels, whatever its groups.
Index conv_bytes(const integrad_window& y, const integrad_window& x, Index channels, bool grouped,
                 CmsisCore core) {
  const bool pointwise = is_plain_window(y) && is_plain_window(x) && !grouped;
  // Arm Compiler's build for DSP copies two columns even there.
  if (pointwise) return core == CmsisCore::dsp ? 4 * channels : 0;
  const Index column = Index{y.kernel} * x.kernel * channels;
  if (core != CmsisCore::mve) return 4 * rounded_up(column, 4);
  // The kernel for images of one row asks for a window and its padding.
  return std::max(4 * rounded_up(column, 16), (Index{x.kernel} + x.pad_before + 1) * channels);
}

struct ScratchBytes {
  CmsisCore core;

  Index operator()(const quantized::Conv2d& o) const {
    const integrad_conv& a = o.attributes;
    return conv_bytes(a.window_y, a.window_x, a.input.channels, a.groups != 1, core);
  }

  Index operator()(const quantized::DepthwiseConv2d& o) const {
    const integrad_depthwise& a = o.attributes;
    if (misleads_depthwise_wrapper(a)) return 0;
    const Index taps = Index{a.window_y.kernel} * a.window_x.kernel;
    const Index in = a.input.channels, out = a.output.channels;
    // Of one channel, it becomes an ordinary convolution with a transposed filter.
    if (core == CmsisCore::mve && in == 1 && out > 1)
      return conv_bytes(a.window_y, a.window_x, 1, false, core) + out * taps;
    if (in != out || is_dilated(a.window_y, a.window_x)) return 0;
    constexpr Index kBlock = 124;  // channels that the kernel for MVE takes at a time
    if (core == CmsisCore::mve) return 4 * kBlock * taps;
    const bool three_by_three = a.window_y.kernel == 3 && a.window_x.kernel == 3 &&
                                a.window_y.pad_before <= 1 && a.window_x.pad_before <= 1;
    return core == CmsisCore::dsp && !three_by_three ? 2 * in * taps : 0;
  }

  Index operator()(const quantized::TransposedConv2d& o) const {
    const integrad_transposed_conv& a = o.attributes;
    const integrad_window &y = a.window_y, &x = a.window_x;
    const Index outputs = a.output.channels;
    if (reverses_filter(a))
      return reversed_filter_offset(a, core) +
             Index{y.kernel} * x.kernel * a.input.channels * outputs;
    // Sums of 32 bits for the rows that one input row reaches.
    const Index width =
        Index{a.input.width - 1} * x.stride + std::max({x.kernel, x.stride, y.stride});
    return 4 * width * outputs * std::max(y.kernel, y.stride);
  }

  Index operator()(const quantized::FullyConnected& o) const {
    return core == CmsisCore::mve ? 4 * Index{o.attributes.outputs} : 0;  // sums of the weights
  }

  Index operator()(const quantized::AveragePool& o) const {
    return core == CmsisCore::dsp ? 4 * Index{o.attributes.input.channels} : 0;
  }

  template <class Other>
  Index operator()(const Other&) const {
    return 0;
  }
};

// The API has no dilated pool or transposed convolution, and no kernel that keeps the winners of a
// maximum.
struct HasKernel {
  bool operator()(const quantized::Conv2d&) const { return true; }
  bool operator()(const quantized::DepthwiseConv2d&) const { return true; }
  bool operator()(const quantized::TransposedConv2d& o) const {
    return !is_dilated(o.attributes.window_y, o.attributes.window_x);
  }
  bool operator()(const quantized::FullyConnected&) const { return true; }
  bool operator()(const quantized::Concat&) const { return true; }
  bool operator()(const quantized::Pad&) const { return true; }
  bool operator()(const quantized::Softmax&) const { return true; }
  bool operator()(const quantized::Add&) const { return true; }
  bool operator()(const quantized::Multiply&) const { return true; }
  bool operator()(const quantized::MaxPool& o) const {
    return !o.keeps_winners && !is_dilated(o.attributes.window_y, o.attributes.window_x);
  }
  bool operator()(const quantized::AveragePool& o) const {
    return !is_dilated(o.attributes.window_y, o.attributes.window_x);
  }
  bool operator()(const quantized::Input&) const { return false; }
  bool operator()(const quantized::MaxUnpool&) const { return false; }
  bool operator()(const quantized::Subtract&) const { return false; }
  bool operator()(const quantized::ResizeNearest&) const { return false; }
  bool operator()(const quantized::ResizeBilinear&) const { return false; }
  bool operator()(const quantized::Slice&) const { return false; }
  bool operator()(const quantized::Reshape&) const { return false; }
  bool operator()(const quantized::Requantize&) const { return false; }
  bool operator()(const quantized::Logistic&) const { return false; }
  bool operator()(const quantized::HardSwish&) const { return false; }
};

}  // namespace

std::string_view name_of(CmsisCore core) {
  switch (core) {
    case CmsisCore::plain:
      return "plain";
    case CmsisCore::dsp:
      return "dsp";
    case CmsisCore::mve:
      break;
  }
  return "mve";
}

bool has_cmsis_kernel(const Operation& operation) {
  return std::visit(HasKernel{}, operation);
}

Index cmsis_scratch_bytes(const Operation& operation, CmsisCore core) {
  return has_cmsis_kernel(operation) ? std::visit(ScratchBytes{core}, operation) : 0;
}

std::vector<Index> cmsis_scratch(const QGraph& program, CmsisCore core) {
  std::vector<Index> bytes;
  for (const QNode& node : program.nodes)
    bytes.push_back(cmsis_scratch_bytes(node.operation, core));
  return bytes;
}

bool reverses_filter(const integrad_transposed_conv& a) {
  return a.input.channels > 16 && a.window_y.stride <= 2 && a.window_x.stride <= 2;
}

Index reversed_filter_offset(const integrad_transposed_conv& a, CmsisCore core) {
  if (!reverses_filter(a)) return 0;
  const Index column = Index{a.window_y.kernel} * a.window_x.kernel * a.input.channels;
  return rounded_up(4 * rounded_up(column, core == CmsisCore::mve ? 16 : 4), 16);
}

bool misleads_depthwise_wrapper(const integrad_depthwise& a) {
  const integrad_window &y = a.window_y, &x = a.window_x;
  const bool chosen = a.input.channels == a.output.channels && !is_dilated(y, x) && y.kernel == 3 &&
                      x.kernel == 3 && y.pad_before <= 1 && x.pad_before <= 1;
  const Index last_begin = Index{a.output.width - 1} * x.stride - x.pad_before;
  return chosen && last_begin + 1 >= a.input.width;
}

}  // namespace integrad
