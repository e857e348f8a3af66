#pragma once
#include <cstdint>

#include "integrad/tensor/shape.h"
#include "integrad/tensor/window.h"

namespace integrad {

/// How a window treats the border: `valid` stays inside, `same` is TensorFlow's rule (output =
/// ceil(input / stride), the odd point goes after), `fixed` states the points on each side.
struct Padding {
  enum class Kind { valid, same, fixed };
  Kind kind = Kind::valid;
  std::int32_t top = 0, bottom = 0, left = 0, right = 0;

  static Padding valid() { return {}; }
  static Padding same() { return {.kind = Kind::same}; }
  static Padding fixed(std::int32_t points) { return fixed(points, points, points, points); }
  static Padding fixed(std::int32_t top, std::int32_t bottom, std::int32_t left,
                       std::int32_t right) {
    return {Kind::fixed, top, bottom, left, right};
  }
  bool operator==(const Padding&) const = default;
};

/// A window's attributes, before the input's size is known.
struct WindowSpec {
  std::int32_t kernel_y = 1, kernel_x = 1, stride_y = 1, stride_x = 1, dilation_y = 1,
               dilation_x = 1;
  Padding padding;

  static WindowSpec square(std::int32_t kernel, std::int32_t stride = 1, Padding padding = {}) {
    return {kernel, kernel, stride, stride, 1, 1, padding};
  }
  bool operator==(const WindowSpec&) const = default;
};

/// The window on an input of known size: both axes with their padding in numbers.
struct Window2d {
  integrad_window y, x;
};

/// Throws Error when a kernel, stride or dilation is below 1, padding is negative or not smaller
/// than the window's extent, or no output remains.
Window2d resolve(const WindowSpec& spec, Index height, Index width);

/// Everything a convolution-like kernel needs to know of its operands; extents are checked to be
/// consistent when it is made, so kernels need no checks.
struct ConvGeometry {
  std::int32_t batch, in_height, in_width, in_channels;
  std::int32_t out_height, out_width, out_channels;
  Window2d window;
  std::int32_t groups;  // convolution: groups; depthwise: in_channels
  bool plain = false;   // asks for plain sums of products, so that integers come out exact

  Shape input() const { return {batch, in_height, in_width, in_channels}; }
  Shape output() const { return {batch, out_height, out_width, out_channels}; }
  /// Multiply-accumulates, border taps included.
  Index macs() const;
};

/// Convolution: input [n,h,w,ci], filter [co,kh,kw,ci/groups] (OHWI).
ConvGeometry conv2d_geometry(const Shape& input, const Shape& filter, const WindowSpec& spec,
                             Index groups = 1);
/// Depthwise: filter [1,kh,kw,ci*multiplier]; output channel c*multiplier + m reads input channel
/// c.
ConvGeometry depthwise_geometry(const Shape& input, const Shape& filter, const WindowSpec& spec);
/// Transposed convolution, filter [co,kh,kw,ci]: output side = (in - 1) stride + extent - padding +
/// output_padding (0 <= output_padding < stride). `valid` pads nothing, `same` gives in * stride.
/// The result describes the *mirrored* convolution, from this output (its input, co channels) to
/// this input (its output, ci channels), which asks for plain sums.
ConvGeometry transposed_geometry(const Shape& input, const Shape& filter, const WindowSpec& spec,
                                 std::int32_t output_padding = 0);
/// Throws Error when a window has more points than the one byte that keeps a max pool's winner can
/// tell apart, 256.
void require_winners_fit_a_byte(const WindowSpec& spec);
/// Throws Error when windows overlap: unpooling needs one value for each point.
void require_disjoint_windows(const WindowSpec& spec);
/// Pooling: channels pass through; a window must meet the image in at least one point.
ConvGeometry pool_geometry(const Shape& input, const WindowSpec& spec);

}  // namespace integrad
