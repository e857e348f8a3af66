#include "integrad/quant/cmsis_limits.h"

#include <algorithm>
#include <cstdlib>

#include "integrad/quant/cmsis_scratch.h"
#include "integrad/tensor/error.h"

namespace integrad {

namespace {

constexpr Index kLargestExtent = 32767;     // the kernels hold sizes in 16 bits, some signed
constexpr Index kLongestColumn = 65535;     // and the products of one sum, unsigned
constexpr std::int64_t kAddends = 2 * 255;  // two codes less their zero points

struct CheckCounts {
  template <class Windowed>
  void windowed(const Windowed& a) const {
    for (const integrad_dims& d : {a.input, a.output})
      for (const Index extent : {d.height, d.width, d.channels}) check(extent);
    for (const integrad_window& w : {a.window_y, a.window_x})
      for (const Index part : {w.kernel, w.stride, w.dilation, w.pad_before}) check(part);
  }
  void check(Index extent) const {
    require(extent <= kLargestExtent, "CMSIS-NN counts with 16 bits: no size above ",
            kLargestExtent, "; got ", extent);
  }

  void operator()(const quantized::Conv2d& o) const {
    const integrad_conv& a = o.attributes;
    windowed(a);
    const Index column =
        Index{a.window_y.kernel} * a.window_x.kernel * (a.input.channels / a.groups);
    require(column <= kLongestColumn,
            "CMSIS-NN counts the products of a sum with 16 bits: at most ", kLongestColumn,
            "; got ", column);
  }
  void operator()(const quantized::DepthwiseConv2d& o) const { windowed(o.attributes); }
  void operator()(const quantized::TransposedConv2d& o) const {
    const integrad_transposed_conv& a = o.attributes;
    windowed(a);
    if (reverses_filter(a)) return;
    const integrad_window &y = a.window_y, &x = a.window_x;
    const bool fits = fits_rows(a.input.height, a.output.height, y) &&
                      fits_rows(a.input.width, a.output.width, x) &&
                      x.stride <= std::max(x.kernel, y.stride);
    require(fits,
            "CMSIS-NN's transposed convolution of at most 16 channels, or with a stride above "
            "2, is wrong at this kernel, stride and padding; from ",
            a.input.height, "x", a.input.width, " to ", a.output.height, "x", a.output.width,
            ", kernel ", y.kernel, "x", x.kernel, ", stride ", y.stride, "x", x.stride,
            ", padding ", y.pad_before, "x", x.pad_before);
  }
  // It writes its buffer's rows as they fall out, whether the output has them or not.
  static bool fits_rows(Index inputs, Index outputs, const integrad_window& w) {
    const Index steps = inputs * w.stride;
    return steps >= w.pad_before && steps - w.pad_before <= outputs &&
           w.pad_before + outputs <= steps - w.stride + std::max(w.kernel, w.stride);
  }
  void operator()(const quantized::MaxPool& o) const { windowed(o.attributes); }
  void operator()(const quantized::AveragePool& o) const { windowed(o.attributes); }
  template <class Other>
  void operator()(const Other&) const {}
};

// Where its single-rounding build saturates before it shifts, and the scalar one does not.
bool parts_in_single_rounding(integrad_scale scale, std::int64_t bound) {
  return scale.multiplier != 0 && scale.shift >= 0 &&
         bound >= (std::int64_t{1} << (30 - std::min(scale.shift, 30)));
}

struct PartsInSingleRounding {
  template <class Linear>
  static bool linear(const Linear& o) {
    for (std::size_t i = 0; i < o.tables.scales.size(); ++i)
      if (parts_in_single_rounding(o.tables.scales[i], o.tables.bounds[i])) return true;
    return false;
  }
  bool operator()(const quantized::Conv2d& o) const { return linear(o); }
  bool operator()(const quantized::DepthwiseConv2d& o) const { return linear(o); }
  bool operator()(const quantized::TransposedConv2d& o) const { return linear(o); }
  bool operator()(const quantized::FullyConnected& o) const { return linear(o); }
  bool operator()(const quantized::Add& o) const {
    const integrad_add& a = o.attributes;
    const std::int64_t widened = std::int64_t{255} << a.left_shift;
    return parts_in_single_rounding(a.scale1, widened) ||
           parts_in_single_rounding(a.scale2, widened) ||
           parts_in_single_rounding(a.output_scale, kAddends << a.left_shift);
  }
  bool operator()(const quantized::Multiply& o) const {
    return parts_in_single_rounding(o.attributes.scale, std::int64_t{255} * 255);
  }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

// The kernel for images of one row takes an image to be at least as wide as a window, and the
// padding on the right to be that on the left, or one more.
template <class Convolution>
bool misleads_one_row_kernel(const Convolution& a) {
  const integrad_window &y = a.window_y, &x = a.window_x;
  const bool chosen = a.input.height == 1 && y.kernel == 1 && x.dilation == 1 && x.kernel != 1;
  if (!chosen) return false;
  const Index padding = Index{a.output.width - 1} * x.stride + x.kernel - a.input.width;
  const Index more_on_right = padding - 2 * Index{x.pad_before};
  return x.kernel > a.input.width || more_on_right < 0 || more_on_right > 1;
}

struct MisleadsOneRowKernel {
  bool operator()(const quantized::Conv2d& o) const {
    return o.attributes.groups == 1 && misleads_one_row_kernel(o.attributes);
  }
  bool operator()(const quantized::DepthwiseConv2d& o) const {  // one channel: becomes the above
    return o.attributes.input.channels == 1 && o.attributes.output.channels > 1 &&
           misleads_one_row_kernel(o.attributes);
  }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

}  // namespace

void check_cmsis(const QNode& node) {
  if (!has_cmsis_kernel(node.operation)) return;
  try {
    std::visit(CheckCounts{}, node.operation);
    for (int axis = 0; axis < node.shape.rank(); ++axis)
      if (std::holds_alternative<quantized::Concat>(node.operation))
        CheckCounts{}.check(node.shape[axis]);
  } catch (const Error& error) {
    fail("layer '", node.name, "': ", error.what());
  }
}

std::optional<std::string> wrong_on_mve(const QNode& node, integrad_rounding rounding) {
  if (!has_cmsis_kernel(node.operation)) return std::nullopt;
  if (std::visit(MisleadsOneRowKernel{}, node.operation))
    return "layer " + node.name +
           ": CMSIS-NN's Helium kernel for images of one row is wrong at this padding";
  if (rounding == INTEGRAD_ROUNDING_SINGLE && std::visit(PartsInSingleRounding{}, node.operation))
    return "layer " + node.name +
           ": CMSIS-NN's single rounding differs on Helium for multipliers of 1/2 and more";
  return std::nullopt;
}

}  // namespace integrad
