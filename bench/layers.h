#pragma once
#include <string>

/// The convolutions of Q-Segment at 960x960, each shape once, and some that it has not: what this
/// library and its peers are timed on. Of the standard library alone, so that peers' programs need
/// nothing else.
namespace integrad::bench {

enum class Direction { forward, input_gradient, filter_gradient };
inline constexpr Direction kDirections[] = {Direction::forward, Direction::input_gradient,
                                            Direction::filter_gradient};
inline const char* name_of(Direction direction) {
  constexpr const char* kNames[] = {"forward", "input gradient", "filter gradient"};
  return kNames[static_cast<int>(direction)];
}

/// Same padding, batch 1, with bias.
struct LayerCase {
  int kernel, in, out, side;  ///< side of the square image
  bool depthwise = false;     ///< in == out
  int stride = 1, dilation = 1;

  int out_side() const { return (side + stride - 1) / stride; }
  /// Zeros around the image; what cannot be halved comes after it.
  int padding() const {
    const int reach = (out_side() - 1) * stride + (kernel - 1) * dilation + 1;
    return reach > side ? reach - side : 0;
  }
  int pad_before() const { return padding() / 2; }
  int pad_after() const { return padding() - pad_before(); }

  std::string name() const {
    const std::string k = std::to_string(kernel);
    return (depthwise ? "depthwise " : "") + k + "x" + k + " " + std::to_string(in) +
           (depthwise ? "" : " to " + std::to_string(out)) + " at " + std::to_string(side) +
           (stride == 1 ? "" : ", stride " + std::to_string(stride)) +
           (dilation == 1 ? "" : ", dilation " + std::to_string(dilation));
  }
  double gflop() const {
    return 2e-9 * kernel * kernel * (depthwise ? 1 : in) * out * out_side() * out_side();
  }
};

inline constexpr LayerCase kLayers[] = {
    // 3x3
    {3, 3, 16, 960},
    {3, 16, 16, 960},
    {3, 16, 32, 480},
    {3, 32, 64, 240},
    {3, 64, 64, 120},
    {3, 64, 32, 240},
    {3, 32, 16, 480},
    {3, 16, 1, 960},
    // 1x1, in the blocks and beside them
    {1, 16, 16, 960},
    {1, 32, 32, 480},
    {1, 16, 32, 480},
    {1, 32, 16, 480},
    {1, 64, 64, 240},
    {1, 32, 64, 240},
    {1, 64, 32, 240},
    {1, 64, 64, 120},
    // depthwise
    {3, 16, 16, 960, true},
    {3, 32, 32, 480, true},
    {3, 64, 64, 240, true},
    {3, 64, 64, 120, true},
    // of other networks
    {3, 16, 32, 480, false, 2},
    {3, 32, 32, 240, false, 1, 2},
    {1, 32, 64, 240, false, 2},
    {3, 32, 32, 240, true, 2},
    {3, 32, 32, 240, true, 1, 2},
};

}  // namespace integrad::bench
