#pragma once
#include <cstdint>

/// One row of a 3x3 convolution from 16 to 16 channels, written in several ways; all give the same
/// bits. x: three rows of [width + 2, 16]; filter [3][16][3][16] (ky, ci, kx, co); y [width, 16];
/// width a multiple of 20.
namespace integrad::bench {

inline constexpr int kChannels = 16, kTile = 20;
using RowFunction = void(std::int64_t width, const float* x, const float* filter, float* y);

RowFunction plain_row;       ///< loops over arrays, vectorised by the compiler
RowFunction extension_row;   ///< the compiler's vector types
RowFunction highway_row;     ///< Highway, one target chosen when it is compiled
RowFunction intrinsics_row;  ///< Intel's

}  // namespace integrad::bench
