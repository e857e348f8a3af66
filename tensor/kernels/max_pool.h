#pragma once
#include <cstdint>

#include "integrad/tensor/geometry.h"
#include "integrad/tensor/kernels/line_source.h"
#include "integrad/tensor/kernels/simd/float_kernels.h"

/// Max pooling on raw NHWC data. The winner of a window is one byte, its tap ky * kernel_x + kx, so
/// the geometry has at most 256 taps; every array of winners has the shape of the pool's output.
namespace integrad::kernels {

/// Windows side by side that reach no border: the common case, with row kernels for float.
bool windows_tile(const ConvGeometry& g);
PoolRow tiled_row(const ConvGeometry& g);
/// Pixels of row `row` of an image of the pool's input, of windows that tile: zeros, and `pooled`
/// where the winners stand; both of the row of windows that it belongs to, if any. The pixels
/// begin with a window, and end with one or with the row.
void unpool_row(const ConvGeometry& g, const float* pooled, const std::uint8_t* winners, Index row,
                Span pixels, float* into);

/// y = the largest point of each window, winners = where it stands. The first of equal maxima in
/// row-major order wins; the first NaN of a window beats every number. Padding never wins.
template <class T>
void max_pool_forward(const ConvGeometry& g, const LineSource<T>& x, StoredTarget<T> y,
                      std::uint8_t* winners);

/// Lines of the pool's input: at each point the sum of `pooled` [the pool's output] over the
/// windows that the point won, added in row-major order of the windows; 0 where it won none. This
/// is the pool's gradient, and max unpooling where windows do not overlap.
template <class T>
LineSource<T> spread_to_winners(const ConvGeometry& g, LineSource<T> pooled,
                                const std::uint8_t* winners);

/// Lines of the pool's output: the element of `spread` [the pool's input] where each window's
/// winner stands: the gradient of spread_to_winners.
template <class T>
LineSource<T> pick_winners(const ConvGeometry& g, LineSource<T> spread,
                           const std::uint8_t* winners);

}  // namespace integrad::kernels
