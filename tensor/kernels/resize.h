#pragma once
#include <vector>

#include "integrad/tensor/resize.h"
#include "integrad/tensor/shape.h"

/// Resizing of raw NHWC data; the source points along each axis are tabled first. A nearest
/// neighbour is the tap {point, point, 0}.
namespace integrad::kernels {

/// One tap per output point; `lower` and `upper` never decrease.
using ResizeAxis = std::vector<integrad_resize_tap>;

ResizeAxis nearest_axis(Index inputs, Index outputs, bool align_corners, bool half_pixel);
ResizeAxis linear_axis(Index inputs, Index outputs, bool align_corners, bool half_pixel);

/// y [n, |rows|, |columns|, c] from x [n,h,w,c] = `input`: between rows first, then along the row.
template <class T>
void resize_forward(const Shape& input, const ResizeAxis& rows, const ResizeAxis& columns,
                    const T* x, T* y);

/// x_gradient [n,h,w,c] = `input`: each point's sum over the outputs that read it, in row-major
/// order. Overwrites.
template <class T>
void resize_gradient(const Shape& input, const ResizeAxis& rows, const ResizeAxis& columns,
                     const T* cotangent, T* x_gradient);

}  // namespace integrad::kernels
