#pragma once
#include "integrad/tensor/geometry.h"

/// Average pooling on raw NHWC data. A window's sum is taken column by column (ky), then along the
/// row (kx), so that a window of k by k points costs 2k additions, not k^2.
namespace integrad::kernels {

/// y = each window's sum / its number of points: those inside the image, or all of them with
/// `count_padding` (the padding being zeros).
template <class T>
void average_pool_forward(const ConvGeometry& g, bool count_padding, const T* x, T* y);

/// x_gradient = at each point the sum, over the windows that hold it, of cotangent / number of
/// points. Overwrites.
template <class T>
void average_pool_gradient(const ConvGeometry& g, bool count_padding, const T* cotangent,
                           T* x_gradient);

}  // namespace integrad::kernels
