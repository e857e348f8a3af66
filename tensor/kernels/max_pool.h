#pragma once
#include <cstdint>

#include "integrad/tensor/geometry.h"
#include "integrad/tensor/kernels/input_gradient.h"
#include "integrad/tensor/kernels/mapped.h"
#include "integrad/tensor/kernels/simd/float_kernels.h"

/// Max pooling on raw NHWC data. The winner of a window is one byte, its tap ky * kernel_x + kx, so
/// the geometry has at most 256 taps; every array of winners has the shape of the pool's output.
namespace integrad::kernels {

/// Windows side by side that reach no border: the common case, with row kernels for float.
bool windows_tile(const ConvGeometry& g);
PoolRow pool_row(const ConvGeometry& g);
/// Row `row` of an image of the pool's input, of windows that tile: zeros, and `pooled` where the
/// winners stand; both of the row of windows that it belongs to, if any.
void unpool_row(const ConvGeometry& g, const float* pooled, const std::uint8_t* winners, Index row,
                float* into);

/// y = the largest point of each window, winners = where it stands. The first of equal maxima in
/// row-major order wins; the first NaN of a window beats every number. Padding never wins.
template <class T>
void max_pool_forward(const ConvGeometry& g, const Mapped<T>& x, T* y, std::uint8_t* winners);

/// spread [the pool's input] = at each point the sum of `pooled` [the pool's output] over the
/// windows that the point won, added in row-major order of the windows; 0 where it won none.
/// Overwrites. This is max unpooling where windows do not overlap.
template <class T>
void spread_to_winners(const ConvGeometry& g, const T* pooled, const std::uint8_t* winners,
                       T* spread);
/// The same as the pool's gradient by its input x, added to what was there before.
template <class T>
void max_pool_gradient(const ConvGeometry& g, const T* cotangent, const std::uint8_t* winners,
                       const Mapped<T>& x, const InputGradient<T>& into);

/// pooled [the pool's output] = the element of `spread` [the pool's input] where each window's
/// winner stands: the gradient of spread_to_winners.
template <class T>
void pick_winners(const ConvGeometry& g, const T* spread, const std::uint8_t* winners, T* pooled);

}  // namespace integrad::kernels
