#pragma once
#include <string>

/// The convolutions of Q-Segment at 960x960, each shape once: what this library and its peers are
/// timed on. Of the standard library alone, so that peers' programs need nothing else.
namespace integrad::bench {

enum class Direction { forward, input_gradient, filter_gradient };
inline constexpr Direction kDirections[] = {Direction::forward, Direction::input_gradient,
                                            Direction::filter_gradient};
inline const char* name_of(Direction direction) {
  constexpr const char* kNames[] = {"forward", "input gradient", "filter gradient"};
  return kNames[static_cast<int>(direction)];
}

/// Stride 1, same padding, batch 1, with bias.
struct LayerCase {
  int kernel, in, out, side;  ///< side of the square image, before and after
  bool depthwise = false;     ///< in == out

  std::string name() const {
    const std::string k = std::to_string(kernel);
    return (depthwise ? "depthwise " : "") + k + "x" + k + " " + std::to_string(in) +
           (depthwise ? "" : " to " + std::to_string(out)) + " at " + std::to_string(side);
  }
  double gflop() const { return 2e-9 * kernel * kernel * (depthwise ? 1 : in) * out * side * side; }
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
};

}  // namespace integrad::bench
