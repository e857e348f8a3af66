#pragma once
#include "integrad/tensor/shape.h"

namespace integrad::losses {

/// Writes the structure weights of rows begin .. end - 1 of one image; target and weights point at
/// its first row, [h,w,k] like `image`. The window is odd.
template <class T>
void structure_weights_band(const Shape& image, const T* target, std::int32_t window,
                            std::int32_t weight, Index begin, Index end, T* weights);

/// Throws Error unless the window is odd and at least 1 and the weight at least 0.
void check_structure_window(std::int32_t window, std::int32_t weight);

}  // namespace integrad::losses
