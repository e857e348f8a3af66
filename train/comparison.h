#pragma once
#include <array>

#include "integrad/train/image.h"

namespace integrad {

using Colour = std::array<std::uint8_t, 3>;

/// The colours of a comparison; told apart with any colour vision (Okabe & Ito's palette).
inline constexpr Colour kFound{240, 240, 240};  ///< in the truth and in the prediction
inline constexpr Colour kFalse{213, 94, 0};     ///< in the prediction only
inline constexpr Colour kMissed{86, 180, 233};  ///< in the truth only
/// "#d55e00"
std::string to_hex(const Colour& colour);

/// The image [1,h,w,3] in dim grey, so that colours on it stand out.
Image dimmed(const Image& image);

/// The truth on the dimmed image, in kFound. Masks are [1,h,w,1]. Throws Error, here and below,
/// when the extents differ.
Image show_truth(const Image& image, const Image& truth);

/// The prediction against the truth: kFound, kFalse, kMissed on the dimmed image.
Image show_prediction(const Image& image, const Image& truth, const Image& prediction);

}  // namespace integrad
