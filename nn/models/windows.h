#pragma once
#include "integrad/tensor/geometry.h"

/// The windows that the models are made of.
namespace integrad::windows {

inline const WindowSpec kPoint{};
inline const WindowSpec kThree = WindowSpec::square(3, 1, Padding::same());
/// 2x2 side by side: a pool halves with it, a transposed convolution doubles.
inline const WindowSpec kTwo = WindowSpec::square(2, 2);

}  // namespace integrad::windows
