#include "integrad/tensor/geometry.h"

#include <algorithm>

#include "integrad/tensor/error.h"

namespace integrad {

namespace {

constexpr std::int32_t kMaxWindow = 1 << 16;  // keeps every product in window.h inside int32

integrad_window resolve_axis(std::int32_t kernel, std::int32_t stride, std::int32_t dilation,
                             Padding::Kind kind, std::int32_t before, std::int32_t after,
                             std::int32_t size) {
  const bool in_range = kernel >= 1 && stride >= 1 && dilation >= 1 && kernel <= kMaxWindow &&
                        stride <= kMaxWindow && dilation <= kMaxWindow &&
                        Index{kernel - 1} * dilation < kMaxWindow;
  require(in_range,
          "a window needs kernel, stride and dilation of at least 1 and an extent of at most ",
          kMaxWindow, "; got kernel ", kernel, ", stride ", stride, ", dilation ", dilation);
  integrad_window window{kernel, stride, dilation, 0, 0};
  const std::int32_t extent = integrad_window_extent(window);
  if (kind == Padding::Kind::same) {
    const std::int32_t outputs = (size + stride - 1) / stride;
    const Index total = std::max<Index>(0, Index{outputs - 1} * stride + extent - size);
    before = static_cast<std::int32_t>(total / 2);
    after = static_cast<std::int32_t>(total - total / 2);
  } else if (kind == Padding::Kind::valid) {
    before = after = 0;
  }
  require(before >= 0 && after >= 0 && before < extent && after < extent,
          "padding must be at least 0 and smaller than the window's extent ", extent, "; got ",
          before, " before and ", after, " after");
  window.pad_before = before;
  window.pad_after = after;
  return window;
}

std::int32_t extent32(Index value) {
  return static_cast<std::int32_t>(value);
}  // Shape bounds it

void require_feature_map(const Shape& input) {
  require(input.rank() == 4 && input.elements() > 0,
          "a feature map needs four non-zero extents [batch,height,width,channels]; got ", input);
  require(input.height() < (1 << 30) && input.width() < (1 << 30),
          "a feature map's sides stay below 2^30; got ", input);
}

ConvGeometry make(const Shape& input, Index out_channels, const Window2d& window, Index groups) {
  const std::int32_t height = extent32(input.height()), width = extent32(input.width());
  return {extent32(input.batch()),
          height,
          width,
          extent32(input.channels()),
          integrad_window_outputs(height, window.y),
          integrad_window_outputs(width, window.x),
          extent32(out_channels),
          window,
          extent32(groups),
          false};
}

// Only dilated taps can all stand beside the image, since padding is smaller than the extent.
bool meets_image(std::int32_t inputs, const integrad_window& window) {
  if (window.dilation == 1) return true;
  for (std::int32_t output = 0; output < integrad_window_outputs(inputs, window); ++output) {
    const std::int32_t start = integrad_window_start(output, window);
    if (integrad_window_first_tap(start, window) >= integrad_window_end_tap(start, inputs, window))
      return false;
  }
  return true;
}

void require_filter(const Shape& filter, const WindowSpec& spec) {
  require(filter.rank() == 4 && filter[1] == spec.kernel_y && filter[2] == spec.kernel_x,
          "a filter needs shape [out,", spec.kernel_y, ",", spec.kernel_x, ",in]; got ", filter);
}

}  // namespace

Window2d resolve(const WindowSpec& spec, Index height, Index width) {
  const Padding& p = spec.padding;
  const Window2d window{resolve_axis(spec.kernel_y, spec.stride_y, spec.dilation_y, p.kind, p.top,
                                     p.bottom, extent32(height)),
                        resolve_axis(spec.kernel_x, spec.stride_x, spec.dilation_x, p.kind, p.left,
                                     p.right, extent32(width))};
  require(integrad_window_outputs(extent32(height), window.y) > 0 &&
              integrad_window_outputs(extent32(width), window.x) > 0,
          "the window of extent ", integrad_window_extent(window.y), "x",
          integrad_window_extent(window.x), " is larger than the padded input of height ", height,
          " and width ", width);
  return window;
}

Index ConvGeometry::macs() const {
  const Index taps = Index{window.y.kernel} * window.x.kernel * (in_channels / groups);
  return output().elements() * taps;
}

ConvGeometry conv2d_geometry(const Shape& input, const Shape& filter, const WindowSpec& spec,
                             Index groups) {
  require_feature_map(input);
  require_filter(filter, spec);
  require(groups >= 1 && input.channels() % groups == 0 && filter[0] % groups == 0 && filter[0] > 0,
          "convolution needs input and output channels divisible by groups ", groups, "; input ",
          input, ", filter ", filter);
  require(filter[3] == input.channels() / groups, "convolution needs filters with ",
          input.channels() / groups, " input channels; input ", input, ", filter ", filter,
          ", groups ", groups);
  return make(input, filter[0], resolve(spec, input.height(), input.width()), groups);
}

ConvGeometry depthwise_geometry(const Shape& input, const Shape& filter, const WindowSpec& spec) {
  require_feature_map(input);
  require_filter(filter, spec);
  require(filter[0] == 1 && filter[3] > 0 && filter[3] % input.channels() == 0,
          "depthwise convolution needs a filter [1,kh,kw,c] whose channels are a multiple of the "
          "input's; input ",
          input, ", filter ", filter);
  return make(input, filter[3], resolve(spec, input.height(), input.width()), input.channels());
}

ConvGeometry transposed_geometry(const Shape& input, const Shape& filter, const WindowSpec& spec,
                                 std::int32_t output_padding) {
  require_feature_map(input);
  require_filter(filter, spec);
  require(filter[3] == input.channels() && filter[0] > 0,
          "transposed convolution needs filters with the input's channels; input ", input,
          ", filter ", filter);
  require(output_padding >= 0 && (output_padding == 0 || (output_padding < spec.stride_y &&
                                                          output_padding < spec.stride_x)),
          "output padding must be at least 0 and smaller than the stride; got ", output_padding);
  const auto side = [&](Index in, std::int32_t kernel, std::int32_t stride, std::int32_t dilation,
                        Index pads) -> Index {
    if (spec.padding.kind == Padding::Kind::same) return in * stride;
    return (in - 1) * stride + Index{kernel - 1} * dilation + 1 - pads + output_padding;
  };
  const bool fixed = spec.padding.kind == Padding::Kind::fixed;
  const Padding& p = spec.padding;
  const Index height = side(input.height(), spec.kernel_y, spec.stride_y, spec.dilation_y,
                            fixed ? Index{p.top} + p.bottom : 0);
  const Index width = side(input.width(), spec.kernel_x, spec.stride_x, spec.dilation_x,
                           fixed ? Index{p.left} + p.right : 0);
  require(height > 0 && width > 0, "transposed convolution leaves no output; input ", input,
          ", filter ", filter);
  ConvGeometry geometry = make(Shape{input.batch(), height, width, filter[0]}, input.channels(),
                               resolve(spec, height, width), 1);
  require(geometry.out_height == input.height() && geometry.out_width == input.width(),
          "transposed convolution's geometry does not invert: output ", geometry.input(),
          " maps back to ", geometry.output(), ", not to the input ", input);
  geometry.plain = true;
  return geometry;
}

void require_winners_fit_a_byte(const WindowSpec& spec) {
  require(Index{spec.kernel_y} * spec.kernel_x <= 256,
          "max pooling keeps a winner in one byte, so a window has at most 256 points; got ",
          spec.kernel_y, "x", spec.kernel_x);
}

void require_disjoint_windows(const WindowSpec& spec) {
  const Index extent_y = Index{spec.kernel_y - 1} * spec.dilation_y + 1,
              extent_x = Index{spec.kernel_x - 1} * spec.dilation_x + 1;
  require(spec.stride_y >= extent_y && spec.stride_x >= extent_x,
          "max unpooling needs windows that do not overlap; extent ", extent_y, "x", extent_x,
          ", stride ", spec.stride_y, "x", spec.stride_x);
}

ConvGeometry pool_geometry(const Shape& input, const WindowSpec& spec) {
  require_feature_map(input);
  const Window2d window = resolve(spec, input.height(), input.width());
  require(meets_image(extent32(input.height()), window.y) &&
              meets_image(extent32(input.width()), window.x),
          "every pooling window must meet the image; with dilation ", spec.dilation_y, "x",
          spec.dilation_x, " some window on the input ", input, " sees padding only");
  return make(input, input.channels(), window, input.channels());
}

}  // namespace integrad
