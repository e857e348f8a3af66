#pragma once
#include "integrad/train/image.h"

namespace integrad {

/// Above this red value (0..255) a pixel can belong to the field of view. Photographs' borders stay
/// below; the retina reflects mostly red, and stays above nearly everywhere.
inline constexpr int kFieldOfViewRed = 24;

/// The largest 4-connected group of pixels [1,h,w,1] that are not 0; of equal ones the first in
/// row order. All zero when there is none.
Image largest_component(const Image& mask);

/// The field of view of a photograph [1,h,w,3]: pixels whose red exceeds the threshold, the largest
/// group of them.
Image field_of_view(const Image& photograph, int red_threshold = kFieldOfViewRed);

}  // namespace integrad
