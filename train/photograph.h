#pragma once
#include "integrad/tensor/tensor.h"
#include "integrad/train/image.h"
#include "integrad/train/resize.h"

namespace integrad {

/// What a photograph can be scaled to, in pixels.
inline constexpr Index kLargestFrame = 16384;

/// How a photograph is brought before a network, and a prediction back onto the photograph.
struct Framing {
  Index photo_height = 0, photo_width = 0;    ///< of the photograph
  Crop part;                                  ///< of it that is looked at
  Index height = 0, width = 0;                ///< of that part as the network sees it
  Index padded_height = 0, padded_width = 0;  ///< with black right and below, to suit the network
};

/// The whole photograph [1,h,w,3], or scaled to size x size pixels (0: as it is), padded to
/// multiples of `side_multiple`.
Framing frame_whole(const Shape& photograph, Index size, Index side_multiple);

/// The retina in the photograph of an eye, scaled so that its field of view (field_of_view.h) has
/// the diameter that the network saw in training. Throws Error where the photograph shows none: its
/// field of view is less than a twentieth of it.
Framing frame_retina(const Image& photograph, Index diameter, Index side_multiple);

/// What the network sees: [1, padded_height, padded_width, 3].
Image framed(const Image& photograph, const Framing& framing);

/// The logits [1, padded_height, padded_width, 1] on the photograph: interpolated between pixels'
/// centres, 255 where they exceed 0; 0 beyond the part that was looked at. [1,h,w,1]
Image mask_on_photograph(const Tensor<float>& logits, const Framing& framing);

}  // namespace integrad
